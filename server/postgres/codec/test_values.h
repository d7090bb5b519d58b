// Parameters for tests, given as protobuf text.

#ifndef SLUICE_SERVER_POSTGRES_CODEC_TEST_VALUES_H_
#define SLUICE_SERVER_POSTGRES_CODEC_TEST_VALUES_H_

#include <string>

#include "absl/strings/string_view.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"
#include "sluice/v1/types.pb.h"

namespace sluice::postgres {

inline v1::Value MakeValue(absl::string_view text) {
  v1::Value value;
  EXPECT_TRUE(
      google::protobuf::TextFormat::ParseFromString(std::string(text), &value))
      << text;
  return value;
}

}  // namespace sluice::postgres

#endif  // SLUICE_SERVER_POSTGRES_CODEC_TEST_VALUES_H_
