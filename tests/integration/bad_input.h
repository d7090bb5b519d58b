// BadInputTest: after every refusal the same connection answers the next
// query. One connection, so that nothing can hide on another.

#ifndef SLUICE_TESTS_INTEGRATION_BAD_INPUT_H_
#define SLUICE_TESTS_INTEGRATION_BAD_INPUT_H_

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/support/await.h"
#include "tests/support/call_batch.h"
#include "tests/support/call_error.h"
#include "tests/support/column_values.h"
#include "tests/support/stack_test.h"
#include "tests/support/values.h"

namespace sluice::testing {

class BadInputTest : public StackTest<BadInputTest> {
 protected:
  friend class StackTest<BadInputTest>;
  using Code = grpc::StatusCode;

  static constexpr int kMaxRows = 5000;

  static StackOptions Options() {
    StackOptions options;
    options.gateway = {{"pool.max_connections", "1"},
                       {"limits.max_rows", std::to_string(kMaxRows)}};
    return options;
  }

  static void SetUpTestSuite() {
    StackTest::SetUpTestSuite();
    if (HasFatalFailure()) return;
    // As the app itself, whose tables they are.
    GatewayClient client = stack().MakeClient();
    for (const char* sql :
         {"CREATE TABLE item (id int PRIMARY KEY, note text)",
          "CREATE SEQUENCE ticket",
          "CREATE FUNCTION write_item(number int) RETURNS int LANGUAGE sql "
          "VOLATILE AS 'INSERT INTO item VALUES (number) RETURNING id'"}) {
      ASSERT_THAT(client.Execute(sql).status, IsOk()) << sql;
    }
  }

  void SetUp() override {
    ASSERT_THAT(client_.Execute("TRUNCATE item").status, IsOk());
    backend_ = BackendPid();
    ASSERT_NE(backend_, "");
    logins_ = CountLogins();
  }

  void TearDown() override { ExpectInStep(); }

  // The process that answers the next query.
  std::string BackendPid() {
    const QueryOutcome outcome = client_.Query("SELECT pg_backend_pid()");
    EXPECT_THAT(outcome.status, IsOk());
    return FirstText(outcome.response.result_set());
  }

  // The statement may have changed its session, which the gateway then gives
  // up.
  void ExpectNewLogins() {
    backend_ = BackendPid();
    logins_ = CountLogins();
  }

  // Connections that the gateway has opened; pgbouncer logs each.
  static int CountLogins() {
    const std::string log = stack().pgbouncer().ReadLog();
    int count = 0;
    for (size_t at = 0; (at = log.find("db=app", at)) != log.npos; ++at) {
      ++count;
    }
    return count;
  }

  // The connection that answered before the test does so now, and is the only
  // one.
  void ExpectInStep() {
    EXPECT_EQ(BackendPid(), backend_);
    EXPECT_EQ(CountLogins(), logins_);
    EXPECT_EQ(stack().Ask("SELECT string_agg(pid || ' ' || state, ', ')"
                          "  FROM pg_stat_activity WHERE usename = 'app'"),
              backend_ + " idle");
  }

  grpc::Status Call(const v1::QueryRequest& request) {
    return client_.Query(request).status;
  }
  grpc::Status Call(const v1::ExecuteRequest& request) {
    return client_.Execute(request).status;
  }

  template <typename Request>
  CallError ExpectFailure(const Request& request, Code code,
                          v1::ErrorReason reason) {
    SCOPED_TRACE(request.GetTypeName() + " " +
                 request.statement().sql().substr(0, 200));
    const grpc::Status status = Call(request);
    EXPECT_THAT(status, FailsWith(code, reason));
    EXPECT_EQ(BackendPid(), backend_);
    EXPECT_EQ(CountLogins(), logins_) << "the connection was given up";
    logins_ = CountLogins();
    return CallError::Of(status);
  }

  // By Query and by Execute.
  void ExpectBothFail(const std::string& sql,
                      const std::vector<v1::Value>& parameters, Code code,
                      v1::ErrorReason reason) {
    ExpectFailure(MakeQuery(sql, parameters), code, reason);
    ExpectFailure(MakeExecute(sql, parameters), code, reason);
  }
  void ExpectBothPass(const std::string& sql,
                      const std::vector<v1::Value>& parameters = {}) {
    EXPECT_THAT(Call(MakeQuery(sql, parameters)), IsOk()) << sql.substr(0, 200);
    EXPECT_THAT(Call(MakeExecute(sql, parameters)), IsOk())
        << sql.substr(0, 200);
  }

  static std::string ItemCount() {
    return stack().Ask("SELECT count(*) FROM item");
  }

  GatewayClient client_ = stack().MakeClient();

 private:
  std::string backend_;
  int logins_ = 0;
};

}  // namespace sluice::testing

#endif  // SLUICE_TESTS_INTEGRATION_BAD_INPUT_H_
