// TransactTest: interactive transactions, and a look at what PostgreSQL holds
// for them.

#ifndef SLUICE_TESTS_INTEGRATION_TRANSACT_H_
#define SLUICE_TESTS_INTEGRATION_TRANSACT_H_

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "tests/support/await.h"
#include "tests/support/call_error.h"
#include "tests/support/column_values.h"
#include "tests/support/stack_test.h"
#include "tests/support/transact_stream.h"
#include "tests/support/values.h"

namespace sluice::testing {

// Of a v1::TransactResponse: an error of this code and reason.
MATCHER_P2(IsRefused, code, reason, "") {
  *result_listener << arg.ShortDebugString();
  return arg.has_error() && arg.error().code() == code &&
         "ERROR_REASON_" + arg.error().reason() == v1::ErrorReason_Name(reason);
}

// The same of one that says that an earlier request has failed.
MATCHER(IsRefusedAsFailed, "") {
  *result_listener << arg.ShortDebugString();
  return arg.has_error() && arg.error().code() == grpc::StatusCode::ABORTED &&
         arg.error().reason() == "TRANSACTION_FAILED" &&
         arg.state() == v1::TRANSACTION_STATE_FAILED;
}

inline google::protobuf::Duration ProtoOf(absl::Duration duration) {
  google::protobuf::Duration out;
  out.set_seconds(absl::ToInt64Seconds(duration));
  out.set_nanos(static_cast<int32_t>(
      absl::ToInt64Nanoseconds(duration - absl::Seconds(out.seconds()))));
  return out;
}

// Each test has the table `item (id int PRIMARY KEY, note text)`, empty.
class TransactTest : public StackTest<TransactTest> {
 protected:
  friend class StackTest<TransactTest>;
  using Code = grpc::StatusCode;

  static StackOptions Options() {
    StackOptions options;
    options.gateway = {{"pool.max_connections", "3"}};
    return options;
  }

  void SetUp() override {
    ASSERT_TRUE(stack()
                    .postgres()
                    .Execute("app",
                             "DROP TABLE IF EXISTS item; CREATE TABLE item "
                             "(id int PRIMARY KEY, note text); "
                             "ALTER TABLE item OWNER TO app")
                    .ok());
  }

  // A transaction that has begun; null, and a failure of the test, when it
  // could not.
  static std::unique_ptr<TransactStream> Open(
      GatewayClient& client, const v1::TransactionOptions& options = {},
      absl::Duration deadline = GatewayClient::kDeadline) {
    std::unique_ptr<TransactStream> stream = client.OpenTransact(deadline);
    const v1::TransactResponse response = stream->Ask(MakeBegin(options));
    if (!response.has_begun()) {
      ADD_FAILURE() << CallError::Of(stream->Finish());
      return nullptr;
    }
    EXPECT_EQ(response.state(), v1::TRANSACTION_STATE_ACTIVE);
    return stream;
  }
  std::unique_ptr<TransactStream> Open(
      const v1::TransactionOptions& options = {}) {
    return Open(client_, options);
  }

  static v1::TransactResponse Insert(TransactStream& stream, int id) {
    return stream.Ask(MakeStatement("INSERT INTO item VALUES ($1)", {Int(id)}));
  }

  // The first value that a statement gives.
  static std::string AskText(TransactStream& stream, const std::string& sql) {
    const v1::TransactResponse response = stream.Ask(MakeStatement(sql));
    EXPECT_TRUE(response.has_result()) << response.ShortDebugString();
    return FirstText(response.result().result_set());
  }

  static void ExpectCommits(TransactStream& stream) {
    const v1::TransactResponse response = stream.Ask(MakeCommit());
    EXPECT_TRUE(response.has_committed()) << response.ShortDebugString();
    EXPECT_EQ(response.state(), v1::TRANSACTION_STATE_COMMITTED);
    EXPECT_THAT(stream.Finish(), IsOk());
  }
  static void ExpectRollsBack(TransactStream& stream) {
    const v1::TransactResponse response = stream.Ask(MakeRollback());
    EXPECT_TRUE(response.has_rolled_back()) << response.ShortDebugString();
    EXPECT_EQ(response.state(), v1::TRANSACTION_STATE_ROLLED_BACK);
    EXPECT_THAT(stream.Finish(), IsOk());
  }

  // Ids of the table, joined with commas.
  static std::string Items() {
    return stack().Ask(
        "SELECT string_agg(id::text, ',' ORDER BY id) FROM item");
  }

  // Sessions of the gateway with an open transaction or a statement, and locks
  // that they hold.
  static std::string CountOpen() {
    return stack().Ask(
        "SELECT count(*) FROM pg_stat_activity AS session "
        "LEFT JOIN pg_locks AS held USING (pid) WHERE usename = 'app' "
        "AND (state <> 'idle' OR held.pid IS NOT NULL)");
  }
  static bool AwaitOpen() {
    return Await(absl::Seconds(5), [] { return CountOpen() != "0"; });
  }
  // How many statements of the gateway run that have that in their text.
  static std::string CountRunning(const std::string& text) {
    return stack().Ask(
        "SELECT count(*) FROM pg_stat_activity WHERE usename = 'app' "
        "AND state = 'active' AND query LIKE '%" +
        text + "%'");
  }
  static bool AwaitRunning(const std::string& text) {
    return Await(absl::Seconds(5), [&] { return CountRunning(text) != "0"; });
  }
  static bool AwaitNoneRunning(const std::string& text) {
    return Await(absl::Seconds(1), [&] { return CountRunning(text) == "0"; });
  }
  // Within the second that the design allows.
  static void ExpectNothingOpen() {
    EXPECT_TRUE(Await(absl::Seconds(1), [] { return CountOpen() == "0"; }))
        << stack().Ask(
               "SELECT string_agg(state || ': ' || query, '; ') "
               "FROM pg_stat_activity WHERE usename = 'app'");
    EXPECT_EQ(Items(), "");
  }

  GatewayClient client_ = stack().MakeClient();
};

}  // namespace sluice::testing

#endif  // SLUICE_TESTS_INTEGRATION_TRANSACT_H_
