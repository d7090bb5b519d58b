// A connection over which invalid tokens come is closed; nobody else's is.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "tests/integration/token_caller.h"
#include "tests/support/await.h"
#include "tests/support/call_error.h"
#include "tests/support/stack_test.h"

namespace sluice::testing {
namespace {

using ::grpc::StatusCode;

constexpr absl::Duration kSoon = absl::Seconds(20);

class InvalidTokenTest : public StackTest<InvalidTokenTest> {
 protected:
  friend class StackTest<InvalidTokenTest>;

  static StackOptions Options() {
    StackOptions options;
    options.gateway = {{"listener.max_invalid_tokens", "3"}};
    return options;
  }

  // A call in progress, which ends with its connection. `mark` tells it apart.
  static std::future<grpc::Status> StartCall(TokenCaller& caller,
                                             const std::string& token,
                                             const std::string& mark) {
    std::future<grpc::Status> call =
        std::async(std::launch::async, [&caller, token, mark] {
          return caller.Query(token,
                              absl::StrCat("SELECT pg_sleep(50) -- ", mark));
        });
    EXPECT_TRUE(Await(kSoon, [&] { return Runs(mark); }));
    return call;
  }

  static bool Runs(const std::string& mark) {
    return stack().Ask(absl::StrCat(
               "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' "
               "AND usename = 'app' AND query LIKE '%-- ",
               mark, "'")) != "0";
  }

  static void CancelAll() {
    stack().Ask(
        "SELECT pg_cancel_backend(pid) FROM pg_stat_activity "
        "WHERE usename = 'app' AND state = 'active'");
  }
};

TEST_F(InvalidTokenTest, TheLastOneThatAConnectionMaySendClosesIt) {
  TokenCaller hostile(stack(), stack().gateway());
  TokenCaller bystander(stack(), stack().gateway());
  const std::string token = hostile.TokenOf();
  std::future<grpc::Status> first = StartCall(hostile, token, "of the hostile");
  std::future<grpc::Status> second =
      StartCall(bystander, token, "of the bystander");
  // What is right does not count.
  for (int i = 0; i < 5; ++i) EXPECT_THAT(hostile.Query(token), IsOk());
  for (int i = 0; i < 2; ++i) {
    EXPECT_THAT(
        hostile.Query(absl::StrCat(token, "x")),
        FailsWith(StatusCode::UNAUTHENTICATED, v1::ERROR_REASON_TOKEN_INVALID));
  }
  EXPECT_THAT(hostile.Query(token), IsOk());
  EXPECT_TRUE(Runs("of the hostile"));

  // Its answer may or may not come through.
  EXPECT_FALSE(hostile.Query(absl::StrCat(token, "x")).ok());
  const grpc::Status cut = first.get();
  EXPECT_EQ(cut.error_code(), StatusCode::UNAVAILABLE);
  EXPECT_FALSE(CallError::Of(cut).IsTyped()) << CallError::Of(cut);
  EXPECT_TRUE(Await(kSoon, [] { return !Runs("of the hostile"); }));

  EXPECT_TRUE(Runs("of the bystander"));
  EXPECT_THAT(bystander.Query(token), IsOk());
  // It may come again.
  EXPECT_TRUE(Await(kSoon, [&] { return hostile.Query(token).ok(); }));
  CancelAll();
  EXPECT_FALSE(second.get().ok());
}

TEST_F(InvalidTokenTest, ACallWithoutATokenClosesNothing) {
  ClientOptions options =
      stack().client_options("app", stack().gateway().port());
  options.authorization = std::vector<std::string>();
  GatewayClient silent(options);
  TokenCaller caller(stack(), stack().gateway());
  const std::string token = caller.TokenOf();
  EXPECT_THAT(caller.Query(token), IsOk());
  for (int i = 0; i < 10; ++i) {
    EXPECT_THAT(
        silent.GetCapabilities().status,
        FailsWith(StatusCode::UNAUTHENTICATED, v1::ERROR_REASON_TOKEN_MISSING));
  }
}

}  // namespace
}  // namespace sluice::testing
