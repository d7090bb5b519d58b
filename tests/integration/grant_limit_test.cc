// The limits of one app, within those of the server.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "tests/integration/granted_stack.h"
#include "tests/support/await.h"

namespace sluice::testing {
namespace {

using ::testing::HasSubstr;

constexpr char kSleep[] = "SELECT pg_sleep(10)::text";
constexpr char kSleepAndWrite[] =
    "INSERT INTO item SELECT 1 FROM pg_sleep(10) RETURNING maker";
constexpr auto kReadWrite = v1::TRANSACTION_ACCESS_READ_WRITE;

std::string SeriesSql(int rows) {
  return absl::StrCat("SELECT generate_series(1, ", rows, ")");
}

class GrantLimitTest : public GrantedTest {};

TEST_F(GrantLimitTest, AStatementEndsWhenTheTimeOfTheAppIsUp) {
  EXPECT_EQ(Query("limited", "SELECT session_user::text"), "rw");
  const absl::Time start = absl::Now();
  const grpc::Status status = As("limited").Query(kSleep).status;
  EXPECT_THAT(status, FailsWith(Code::DEADLINE_EXCEEDED,
                                v1::ERROR_REASON_STATEMENT_TIMEOUT));
  EXPECT_EQ(CallError::Of(status).Metadata("limit"), "300ms");
  EXPECT_EQ(Stream("limited", kSleep), "STATEMENT_TIMEOUT");
  EXPECT_EQ(Execute("limited", kSleep), "STATEMENT_TIMEOUT");
  EXPECT_EQ(Execute("limited", kSleepAndWrite), "STATEMENT_TIMEOUT");
  EXPECT_EQ(Execute("limited", "DO 'BEGIN PERFORM pg_sleep(10); END'"),
            "STATEMENT_TIMEOUT");
  EXPECT_EQ(RunSteps("limited", {kSleepAndWrite}), "STATEMENT_TIMEOUT");
  EXPECT_LT(absl::Now() - start, absl::Seconds(8));
  EXPECT_EQ(stack().Ask("SELECT count(*) FROM item"), "0");
}

TEST_F(GrantLimitTest, TheTimeOfAStatementBeginsAfterItWasRouted) {
  // It takes its time whenever a statement is planned.
  stack().Ask(
      "CREATE FUNCTION slow() RETURNS int LANGUAGE plpgsql IMMUTABLE "
      "AS 'BEGIN PERFORM pg_sleep(0.1); RETURN 7; END'");
  v1::ExecuteRequest request = MakeExecute("SELECT slow(), pg_sleep(10)::text");
  request.set_read_routing(v1::READ_ROUTING_AUTO);
  const grpc::Status status = As("limited").Execute(request).status;
  EXPECT_THAT(status, FailsWith(Code::DEADLINE_EXCEEDED,
                                v1::ERROR_REASON_STATEMENT_TIMEOUT));
  EXPECT_EQ(CallError::Of(status).Metadata("limit"), "300ms");
}

TEST_F(GrantLimitTest, ATransactionEndsWhenTheTimeOfTheAppIsUp) {
  const std::string short_sleep = "SELECT pg_sleep(0.2)::text";
  EXPECT_EQ(RunSteps("limited", std::vector<std::string>(15, short_sleep)),
            "TRANSACTION_TIMEOUT");
  GatewayClient client = As("limited");
  const std::unique_ptr<TransactStream> stream = client.OpenTransact();
  ASSERT_EQ(Begin(*stream, kReadWrite), "begun");
  EXPECT_EQ(Ask(*stream, kSleep), "STATEMENT_TIMEOUT");
  EXPECT_THAT(
      stream->Finish(),
      FailsWith(Code::DEADLINE_EXCEEDED, v1::ERROR_REASON_TRANSACTION_TIMEOUT));
}

TEST_F(GrantLimitTest, OneTransactionMoreThanTheAppMayHaveOpenIsRefused) {
  GatewayClient client = As("limited");
  std::unique_ptr<TransactStream> first = client.OpenTransact();
  ASSERT_EQ(Begin(*first, kReadWrite), "begun");
  const std::unique_ptr<TransactStream> second = client.OpenTransact();
  EXPECT_EQ(Begin(*second, kReadWrite), "TOO_MANY_TRANSACTIONS");
  EXPECT_TRUE(first->Ask(MakeCommit()).has_committed());
  EXPECT_THAT(first->Finish(), IsOk());
  const std::unique_ptr<TransactStream> third = client.OpenTransact();
  EXPECT_EQ(Begin(*third, kReadWrite), "begun");
}

TEST_F(GrantLimitTest, OneCallMoreThanTheAppMayHaveInProgressIsRefused) {
  GatewayClient client = As("single");
  const std::unique_ptr<TransactStream> stream = client.OpenTransact();
  ASSERT_EQ(Begin(*stream, kReadWrite), "begun");
  EXPECT_EQ(Query(client, SeriesSql(1)), "TOO_MANY_CALLS");
  EXPECT_EQ(Query("limited", SeriesSql(1)), "1");
  EXPECT_TRUE(stream->Ask(MakeCommit()).has_committed());
  EXPECT_THAT(stream->Finish(), IsOk());
  EXPECT_TRUE(Await(absl::Seconds(10),
                    [&] { return Query(client, SeriesSql(1)) == "1"; }));
}

TEST_F(GrantLimitTest, ResultsAreNoLongerThanTheAppMayHave) {
  EXPECT_EQ(Query("limited", SeriesSql(3)), "1");
  EXPECT_EQ(Query("limited", SeriesSql(4)), "ROW_LIMIT");
  EXPECT_EQ(Query("split", SeriesSql(4)), "1");
  EXPECT_EQ(Query("limited", "SELECT repeat('x', 1001)"), "BYTE_LIMIT");
  EXPECT_EQ(RunSteps("limited", {SeriesSql(4)}), "ROW_LIMIT");
  EXPECT_EQ(Stream("limited", SeriesSql(5)), "1");
  EXPECT_EQ(Stream("limited", SeriesSql(6)), "ROW_LIMIT");
  EXPECT_EQ(Stream("limited", "SELECT repeat('x', 2001)"), "BYTE_LIMIT");
}

TEST_F(GrantLimitTest, ARequestGetsNoMoreByAskingForIt) {
  v1::QueryRequest request = MakeQuery(SeriesSql(4));
  request.mutable_options()->set_max_rows(100);
  EXPECT_THAT(As("limited").Query(request).status,
              FailsWith(Code::RESOURCE_EXHAUSTED, v1::ERROR_REASON_ROW_LIMIT));
  request.mutable_options()->set_max_rows(2);
  const grpc::Status status = As("limited").Query(request).status;
  EXPECT_THAT(status,
              FailsWith(Code::RESOURCE_EXHAUSTED, v1::ERROR_REASON_ROW_LIMIT));
  EXPECT_THAT(status.error_message(), HasSubstr("2"));
}

}  // namespace
}  // namespace sluice::testing
