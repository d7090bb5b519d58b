// Results for tests, written as protobuf's text.

#ifndef SLUICE_CLIENT_TEST_RESULT_H_
#define SLUICE_CLIENT_TEST_RESULT_H_

#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "sluice/client/rows.h"
#include "sluice/v1/database.pb.h"

namespace sluice::client {

template <typename Message>
Message ParseText(const std::string& text) {
  Message message;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &message))
      << text;
  return message;
}

inline absl::StatusOr<Rows> ParseRows(const std::string& text) {
  return Rows::Make(ParseText<v1::ResultSet>(text), v1::ExecutionSummary());
}

// A result of one column "c".
inline absl::StatusOr<Rows> ParseColumn(const std::string& type,
                                        const std::string& column,
                                        int row_count) {
  return ParseRows(absl::StrCat("metadata { name: 'c' type { ", type,
                                " } } columns { ", column,
                                " } row_count: ", row_count));
}

// What the first row of such a result is as a T.
template <typename T>
absl::StatusOr<T> ReadOne(const std::string& column,
                          const std::string& type = "name: 'its_type'",
                          int row_count = 1) {
  const absl::StatusOr<Rows> rows = ParseColumn(type, column, row_count);
  if (!rows.ok()) return rows.status();
  return (*rows)[0].get<T>("c");
}

}  // namespace sluice::client

#endif  // SLUICE_CLIENT_TEST_RESULT_H_
