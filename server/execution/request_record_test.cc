#include "server/execution/request_record.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"
#include "server/base/error.h"

namespace sluice::execution {
namespace {

using google::protobuf::TextFormat;

template <typename Message>
Message Parse(const std::string& text) {
  Message message;
  EXPECT_TRUE(TextFormat::ParseFromString(text, &message)) << text;
  return message;
}

std::string ExecuteDigest(const std::string& text) {
  return RequestDigest(Parse<v1::ExecuteRequest>(text));
}

std::string RunDigest(const std::string& text) {
  return RequestDigest(Parse<v1::RunTransactionRequest>(text));
}

absl::Status ErrorOf(absl::string_view sqlstate) {
  return MakeError(absl::StatusCode::kUnknown, v1::ERROR_REASON_UNSPECIFIED,
                   "of PostgreSQL", {{"sqlstate", sqlstate}});
}

TEST(RequestRecordTest, IdIsShortAndPrintable) {
  for (const std::string& id :
       {std::string(), std::string("a"), std::string(128, '~'),
        std::string("b 1/2:x")}) {
    EXPECT_TRUE(CheckRequestId(id).ok()) << id;
  }
  for (const std::string& id :
       {std::string(129, 'x'), std::string("a\n"), std::string("\x7f"),
        std::string("\xc3\xa9"), std::string("a\0b", 3)}) {
    const absl::Status status = CheckRequestId(id);
    EXPECT_EQ(ReasonOf(status), v1::ERROR_REASON_INVALID_REQUEST) << id;
    EXPECT_EQ(ErrorMetadataOf(status, "field"), "request_id");
  }
}

TEST(RequestRecordTest, DigestIsOfWhatTheCallSays) {
  const std::string digest = ExecuteDigest(
      "database: 'a' statement { sql: 'x' } parameters { int64_value: 1 }");
  EXPECT_EQ(digest.size(), 32u);
  EXPECT_EQ(digest, ExecuteDigest("parameters { int64_value: 1 } "
                                  "statement { sql: 'x' } database: 'a'"));
  for (const char* other :
       {"database: 'b' statement { sql: 'x' } parameters { int64_value: 1 }",
        "database: 'a' statement { sql: 'y' } parameters { int64_value: 1 }",
        "database: 'a' statement { sql: 'x' } parameters { int64_value: 2 }",
        "database: 'a' statement { sql: 'x' } parameters { int64_value: 1 } "
        "options { max_rows: 1 }"}) {
    EXPECT_NE(ExecuteDigest(other), digest) << other;
  }
}

TEST(RequestRecordTest, IdAndTagAreNoPartOfTheDigest) {
  EXPECT_EQ(ExecuteDigest("database: 'a' request_id: 'r' options { tag: 't' }"),
            ExecuteDigest("database: 'a' options { }"));
  EXPECT_EQ(RunDigest("database: 'a' request_id: 'r' options { tag: 't' }"),
            RunDigest("database: 'a' request_id: 's' options { tag: 'u' }"));
}

TEST(RequestRecordTest, SameBytesOfAnotherMethodAreAnotherCall) {
  EXPECT_EQ(
      Parse<v1::ExecuteRequest>("database: 'a'").SerializeAsString(),
      Parse<v1::RunTransactionRequest>("database: 'a'").SerializeAsString());
  EXPECT_NE(ExecuteDigest("database: 'a'"), RunDigest("database: 'a'"));
}

TEST(RequestRecordTest, ReplyThatWasKeptIsToldAsReplayed) {
  const auto reply = Parse<v1::ExecuteResponse>(
      "result_set { row_count: 2 } summary { command_tag: 'INSERT 0 2' }");
  v1::ExecuteResponse replayed;
  ASSERT_TRUE(ReplayInto(reply.SerializeAsString(), replayed).ok());
  EXPECT_TRUE(replayed.summary().replayed());
  EXPECT_EQ(replayed.summary().command_tag(), "INSERT 0 2");
  EXPECT_EQ(replayed.result_set().row_count(), 2u);
  EXPECT_EQ(ReasonOf(ReplayInto(std::string("\xff"), replayed)),
            v1::ERROR_REASON_BACKEND_FAULT);
}

TEST(RequestRecordTest, ErrorsOfAClaimAreToldApart) {
  EXPECT_TRUE(RequestRecord::IsClaimed(ErrorOf("SL001")));
  EXPECT_FALSE(RequestRecord::IsClaimed(ErrorOf("23505")));
  EXPECT_FALSE(RequestRecord::IsClaimed(absl::OkStatus()));
  for (const char* sqlstate : {"3F000", "42883", "42501"}) {
    const absl::Status status =
        RequestRecord::ClaimError(ErrorOf(sqlstate), "orders");
    EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
    EXPECT_EQ(ReasonOf(status), v1::ERROR_REASON_REQUEST_ID_UNAVAILABLE);
    EXPECT_EQ(ErrorMetadataOf(status, "executed"), "no");
  }
  const absl::Status other = ErrorOf("40001");
  EXPECT_EQ(RequestRecord::ClaimError(other, "orders"), other);
}

TEST(RequestRecordTest, StatementsNameTheRecordFirst) {
  const RequestRecord record("demo", "id-1", std::string(32, 'd'));
  v1::ExecuteResponse reply;
  reply.mutable_result_set()->set_row_count(1);
  for (const OwnQuery& statement : {record.Claim(), record.Keep(reply)}) {
    ASSERT_EQ(statement.parameters.size(), 3);
    EXPECT_EQ(statement.parameters[0].text_value(), "demo");
    EXPECT_EQ(statement.parameters[1].text_value(), "id-1");
  }
  EXPECT_EQ(record.Claim().parameters[2].bytes_value(), std::string(32, 'd'));
  EXPECT_EQ(record.Keep(reply).parameters[2].bytes_value(),
            reply.SerializeAsString());
}

}  // namespace
}  // namespace sluice::execution
