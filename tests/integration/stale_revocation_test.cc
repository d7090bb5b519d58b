// What a gateway does while it does not hear of revocations, and one that has
// no control database.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "tests/integration/signed_token.h"
#include "tests/integration/token_caller.h"
#include "tests/support/await.h"
#include "tests/support/call_error.h"
#include "tests/support/file.h"
#include "tests/support/stack_test.h"
#include "tests/support/temp_dir.h"

namespace sluice::testing {
namespace {

using ::grpc::StatusCode;

constexpr absl::Duration kLimit = absl::Seconds(30);

MATCHER(IsStale, "") {
  return ::testing::ExplainMatchResult(
      FailsWith(StatusCode::UNAVAILABLE, v1::ERROR_REASON_REVOCATION_STALE),
      arg, result_listener);
}

// Each test with a stack of its own.
class StaleRevocationTest : public ::testing::Test {
 protected:
  void StartStack(ControlServers servers) {
    StackOptions options;
    options.control = servers;
    options.gateway = Stale("serve");
    absl::StatusOr<std::unique_ptr<TestStack>> stack =
        TestStack::Start(options);
    ASSERT_TRUE(stack.ok()) << stack.status();
    stack_ = *std::move(stack);
  }

  static Settings Stale(const std::string& what) {
    return {{"revocation.max_staleness", "2s"}, {"revocation.stale", what}};
  }

  TestStack& stack() { return *stack_; }

 private:
  std::unique_ptr<TestStack> stack_;
};

TEST_F(StaleRevocationTest, NoTokenIsIssuedAndTheStrictServesNobody) {
  ASSERT_NO_FATAL_FAILURE(StartStack(ControlServers::kPrimary));
  auto strict = stack().StartGateway(Stale("refuse"));
  ASSERT_TRUE(strict.ok()) << strict.status();
  TokenCaller caller(stack(), stack().gateway());
  TokenCaller strictly(stack(), **strict);
  TokenCaller admin(stack(), stack().gateway(), "admin");
  const std::string token = caller.TokenOf();
  const std::string admin_token = admin.TokenOf("admin");
  EXPECT_THAT(caller.Query(token), IsOk());
  EXPECT_THAT(strictly.Query(token), IsOk());

  stack().control_primary().Stop();
  grpc::Status refused;
  EXPECT_TRUE(Await(kLimit, [&] {
    refused = caller.Issue().status;
    return !refused.ok();
  }));
  EXPECT_THAT(refused, IsStale());
  EXPECT_THAT(caller.Query(token), IsOk());
  EXPECT_TRUE(Await(kLimit, [&] {
    refused = strictly.Query(token);
    return !refused.ok();
  }));
  EXPECT_THAT(refused, IsStale());
  v1::RevokeTokensRequest request;
  request.set_app("app");
  EXPECT_THAT(admin.RevokeTokens(admin_token, request).status, IsStale());
  EXPECT_TRUE(Await(kLimit, [&] {
    return absl::StrContains(stack().gateway().ReadLog(), "revocations_stale");
  }));

  ASSERT_TRUE(stack().control_primary().StartAgain().ok());
  EXPECT_TRUE(Await(kLimit, [&] { return caller.Issue().status.ok(); }));
  EXPECT_TRUE(Await(kLimit, [&] { return strictly.Query(token).ok(); }));
  EXPECT_TRUE(Await(kLimit, [&] {
    return absl::StrContains(stack().gateway().ReadLog(), "revocations_fresh");
  }));
}

// Others last a quarter of an hour.
TEST_F(StaleRevocationTest, ATokenIsGoodForTenMinutesOnly) {
  ASSERT_NO_FATAL_FAILURE(StartStack(ControlServers::kPrimary));
  TokenCaller caller(stack(), stack().gateway());
  const std::string young = caller.TokenOf();
  const std::string old =
      SignToken(stack(), "app", [](identity::TokenClaims& claims) {
        claims.issue_time -= absl::Minutes(11);
      });
  EXPECT_THAT(caller.Query(young), IsOk());
  EXPECT_THAT(caller.Query(old), IsOk());
  stack().control_primary().Stop();
  grpc::Status refused;
  EXPECT_TRUE(Await(kLimit, [&] {
    refused = caller.Query(old);
    return !refused.ok();
  }));
  EXPECT_THAT(refused, IsStale());
  EXPECT_THAT(caller.Query(young), IsOk());
}

TEST_F(StaleRevocationTest, APromotedReplicaTakesThePlaceOfThePrimary) {
  ASSERT_NO_FATAL_FAILURE(StartStack(ControlServers::kPrimaryAndReplica));
  TokenCaller caller(stack(), stack().gateway());
  const std::string revoked = caller.TokenOf();
  const std::string token = caller.TokenOf();
  ASSERT_THAT(caller.RevokeToken(revoked), IsOk());
  stack().control_primary().Stop();
  EXPECT_TRUE(Await(kLimit, [&] { return !caller.Issue().status.ok(); }));
  stack().control_replica().Ask("postgres", "SELECT pg_promote()");
  EXPECT_TRUE(Await(kLimit, [&] { return caller.Issue().status.ok(); }));
  EXPECT_THAT(caller.Query(revoked), FailsWith(StatusCode::UNAUTHENTICATED,
                                               v1::ERROR_REASON_TOKEN_INVALID));
  EXPECT_THAT(caller.Query(token), IsOk());
}

TEST_F(StaleRevocationTest, WithoutAControlDatabaseTheDenyListRevokes) {
  ASSERT_NO_FATAL_FAILURE(StartStack(ControlServers::kNone));
  const TempDir folder = TempDir::Make().value();
  const std::string file = folder.Path("deny-list");
  ASSERT_TRUE(WriteFile(file, "# None yet.\n", 0644).ok());
  auto gateway = stack().StartGateway({{"revocation.deny_list_file", file}});
  ASSERT_TRUE(gateway.ok()) << gateway.status();
  TokenCaller caller(stack(), **gateway);
  const std::string token = caller.TokenOf();
  const std::string another = caller.TokenOf();
  EXPECT_THAT(caller.Query(token), IsOk());
  const std::string id = caller.Introspect(token).token_id();
  ASSERT_TRUE(WriteFile(file, absl::StrCat("token_id ", id, "\n"), 0644).ok());
  grpc::Status refused;
  EXPECT_TRUE(Await(kLimit, [&] {
    refused = caller.Query(token);
    return !refused.ok();
  }));
  EXPECT_THAT(refused, FailsWith(StatusCode::UNAUTHENTICATED,
                                 v1::ERROR_REASON_TOKEN_INVALID));
  EXPECT_THAT(caller.Query(another), IsOk());

  // One with a fault leaves the one before in force.
  ASSERT_TRUE(WriteFile(file, "token_id\n", 0644).ok());
  EXPECT_TRUE(Await(kLimit, [&] {
    return absl::StrContains((*gateway)->ReadLog(), "deny_list");
  }));
  EXPECT_FALSE(caller.Query(token).ok());
}

TEST_F(StaleRevocationTest, AnAppWaitsForATokenThatIsNotRevokedToo) {
  ASSERT_NO_FATAL_FAILURE(StartStack(ControlServers::kNone));
  const TempDir folder = TempDir::Make().value();
  const std::string file = folder.Path("deny-list");
  ASSERT_TRUE(WriteFile(file, "", 0644).ok());
  auto gateway = stack().StartGateway({{"revocation.deny_list_file", file}});
  ASSERT_TRUE(gateway.ok()) << gateway.status();
  TokenCaller caller(stack(), **gateway);
  const std::string token = caller.TokenOf();
  // Within what the clocks of instances may be apart.
  const absl::Time until = absl::Now() + absl::Seconds(4);
  const auto revoke_until = [&](absl::Time time) {
    const std::string line = absl::StrCat(
        "app app ",
        absl::FormatTime(absl::RFC3339_full, time, absl::UTCTimeZone()), "\n");
    ASSERT_TRUE(WriteFile(file, line, 0644).ok());
  };
  revoke_until(until);
  EXPECT_TRUE(Await(kLimit, [&] { return !caller.Query(token).ok(); }));
  const std::string next = caller.TokenOf();
  EXPECT_GT(absl::Now(), until);
  EXPECT_THAT(caller.Query(next), IsOk());

  revoke_until(absl::Now() + absl::Hours(1));
  grpc::Status refused;
  EXPECT_TRUE(Await(kLimit, [&] {
    refused = caller.Issue().status;
    return !refused.ok();
  }));
  EXPECT_THAT(refused, FailsWith(StatusCode::UNAUTHENTICATED,
                                 v1::ERROR_REASON_TOKEN_INVALID));
}

TEST_F(StaleRevocationTest, WithoutAControlDatabaseNothingIsRevokedByCalls) {
  ASSERT_NO_FATAL_FAILURE(StartStack(ControlServers::kNone));
  TokenCaller caller(stack(), stack().gateway());
  const std::string token = caller.TokenOf();
  const auto is_unavailable = FailsWith(
      StatusCode::FAILED_PRECONDITION, v1::ERROR_REASON_REVOCATION_UNAVAILABLE);
  EXPECT_THAT(caller.RevokeToken(token), is_unavailable);
  TokenCaller admin(stack(), stack().gateway(), "admin");
  v1::RevokeTokensRequest request;
  request.set_app("app");
  EXPECT_THAT(admin.RevokeTokens(admin.TokenOf("admin"), request).status,
              is_unavailable);
  EXPECT_THAT(caller.Query(token), IsOk());
}

}  // namespace
}  // namespace sluice::testing
