#include "sluice/client/token_source.h"

#include <gmock/gmock.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/server_builder.h>
#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "sluice/client/test_told_tokens.h"

namespace sluice::client {
namespace {

// Those of ToldTokens are valid for three minutes.
constexpr absl::Duration kUntilRenewal = absl::Minutes(2);
constexpr absl::Duration kUntilEnd = absl::Minutes(3);

bool Await(const std::function<bool()>& condition) {
  const absl::Time deadline = absl::Now() + absl::Seconds(10);
  while (!condition()) {
    if (absl::Now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

class TokenSourceTest : public ::testing::Test {
 protected:
  TokenSourceTest() {
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(),
                             &port_);
    builder.RegisterService(&tokens_);
    server_ = builder.BuildAndStart();
    source_ = MakeSource({});
  }

  std::unique_ptr<TokenSource> MakeSource(TokenOptions options) {
    return std::make_unique<TokenSource>(
        grpc::CreateChannel(absl::StrCat("127.0.0.1:", port_),
                            grpc::InsecureChannelCredentials()),
        std::move(options), [this] {
          return absl::UnixEpoch() + absl::Microseconds(now_us_.load());
        });
  }

  void Pass(absl::Duration time) { now_us_ += absl::ToInt64Microseconds(time); }

  // The token of a call now, or the message of its error.
  std::string Get() {
    absl::StatusOr<std::string> token = source_->Get();
    return token.ok() ? *std::move(token)
                      : std::string(token.status().message());
  }

  ToldTokens tokens_;
  std::unique_ptr<TokenSource> source_;

 private:
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
  std::atomic<int64_t> now_us_ = 1'000'000;
};

TEST_F(TokenSourceTest, AsksOnceForCallersWhoComeTogether) {
  tokens_.Hold();
  std::vector<std::string> got(8);
  std::vector<std::thread> callers;
  callers.reserve(got.size());
  for (std::string& token : got) {
    callers.emplace_back([&] { token = Get(); });
  }
  EXPECT_TRUE(Await([&] { return tokens_.waiting_count() == 1; }));
  tokens_.LetGo();
  for (std::thread& caller : callers) caller.join();
  EXPECT_THAT(got, ::testing::Each("token 1"));
  EXPECT_EQ(tokens_.issue_count(), 1);
}

TEST_F(TokenSourceTest, AsksForNoneUntilACallIsMade) {
  EXPECT_EQ(tokens_.issue_count(), 0);
}

TEST_F(TokenSourceTest, GivesTheSameTokenUntilItsRenewalIsDue) {
  EXPECT_EQ(Get(), "token 1");
  Pass(kUntilRenewal - absl::Seconds(1));
  EXPECT_EQ(Get(), "token 1");
  EXPECT_EQ(tokens_.issue_count(), 1);
  EXPECT_EQ(tokens_.renewal_count(), 0);
}

TEST_F(TokenSourceTest, RenewsBehindTheBackOfCalls) {
  EXPECT_EQ(Get(), "token 1");
  Pass(kUntilRenewal);
  tokens_.Hold();
  EXPECT_EQ(Get(), "token 1");
  ASSERT_TRUE(Await([&] { return tokens_.waiting_count() == 1; }));
  EXPECT_EQ(Get(), "token 1");
  tokens_.LetGo();
  EXPECT_TRUE(Await([&] { return Get() == "token 2"; }));
  EXPECT_EQ(tokens_.renewal_count(), 1);
  EXPECT_EQ(tokens_.issue_count(), 1);
  EXPECT_EQ(tokens_.renewed(), "Bearer token 1");
}

TEST_F(TokenSourceTest, HasATokenIssuedWhenItsSessionIsOver) {
  EXPECT_EQ(Get(), "token 1");
  Pass(kUntilRenewal);
  tokens_.TellRenewal(TokenRefusal());
  EXPECT_EQ(Get(), "token 1");
  EXPECT_TRUE(Await([&] { return Get() == "token 2"; }));
  EXPECT_EQ(tokens_.renewal_count(), 1);
  EXPECT_EQ(tokens_.issue_count(), 2);
}

TEST_F(TokenSourceTest, TriesAFailedRenewalAgainLaterWhileTheTokenLives) {
  EXPECT_EQ(Get(), "token 1");
  Pass(kUntilRenewal);
  const grpc::Status lost(grpc::StatusCode::UNAVAILABLE, "lost");
  tokens_.TellRenewal(lost);
  tokens_.TellRenewal(lost);
  // From 100 ms on the pause grows twofold, less half of it at most.
  for (const int renewals : {1, 2}) {
    ASSERT_TRUE(Await([&] {
      EXPECT_EQ(Get(), "token 1");
      return tokens_.renewal_count() == renewals;
    }));
    // Longer than a failure takes to arrive here.
    const absl::Time end = absl::Now() + absl::Milliseconds(50);
    while (absl::Now() < end) EXPECT_EQ(Get(), "token 1");
    Pass(absl::Milliseconds(40));
    EXPECT_EQ(Get(), "token 1");
    EXPECT_EQ(tokens_.renewal_count(), renewals);
    Pass(absl::Milliseconds(200));
  }
  EXPECT_TRUE(Await([&] { return Get() == "token 2"; }));
  EXPECT_EQ(tokens_.issue_count(), 1);
}

TEST_F(TokenSourceTest, WaitsForANewTokenOnceTheOldOneHasEnded) {
  EXPECT_EQ(Get(), "token 1");
  Pass(kUntilEnd - absl::Seconds(1));
  EXPECT_EQ(Get(), "token 2");
  EXPECT_EQ(tokens_.issue_count(), 2);
  EXPECT_EQ(tokens_.renewal_count(), 0);
}

TEST_F(TokenSourceTest, TellsWhyThereIsNoToken) {
  tokens_.TellIssue({grpc::StatusCode::UNAVAILABLE, "the list is old"});
  const absl::Status error = source_->Get().status();
  EXPECT_EQ(error.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(error.message(), "the list is old");
  EXPECT_EQ(Get(), "token 1");
}

TEST_F(TokenSourceTest, WaitsNoLongerThanTheCallMay) {
  tokens_.Hold();
  const absl::Status late =
      source_->Get(absl::Now() + absl::Milliseconds(20)).status();
  EXPECT_EQ(late.code(), absl::StatusCode::kDeadlineExceeded);
  std::stop_source stop;
  stop.request_stop();
  const absl::Status stopped =
      source_->Get(absl::InfiniteFuture(), stop.get_token()).status();
  EXPECT_EQ(stopped.code(), absl::StatusCode::kCancelled);
  tokens_.LetGo();
  EXPECT_EQ(Get(), "token 1");
  EXPECT_EQ(tokens_.issue_count(), 1);
}

TEST_F(TokenSourceTest, ReplacesATokenThatWasRejected) {
  EXPECT_EQ(Get(), "token 1");
  source_->Reject("token 1");
  EXPECT_EQ(Get(), "token 2");
  // Told late, of a call that was made with the one before.
  source_->Reject("token 1");
  EXPECT_EQ(Get(), "token 2");
  EXPECT_EQ(tokens_.issue_count(), 2);
  EXPECT_EQ(tokens_.renewal_count(), 0);
}

TEST_F(TokenSourceTest, AsksForTheScopesAndTheTimeOfItsOptions) {
  source_ = MakeSource(
      {.scopes = {"read", "admin"}, .ttl = absl::Milliseconds(2500)});
  EXPECT_EQ(Get(), "token 1");
  EXPECT_EQ(tokens_.last_issue().ShortDebugString(),
            "ttl { seconds: 2 nanos: 500000000 } scopes: \"read\" "
            "scopes: \"admin\"");
  Pass(kUntilRenewal);
  Get();
  EXPECT_TRUE(Await([&] { return tokens_.renewal_count() == 1; }));
  EXPECT_EQ(tokens_.last_renewal().ShortDebugString(),
            "ttl { seconds: 2 nanos: 500000000 }");
}

TEST_F(TokenSourceTest, GivesNoneWhereTokensAreOff) {
  source_ = MakeSource({.use = TokenUse::kOff});
  EXPECT_EQ(Get(), "");
  EXPECT_EQ(tokens_.issue_count(), 0);
}

TEST_F(TokenSourceTest, EndsARefreshThatIsUnderWay) {
  EXPECT_EQ(Get(), "token 1");
  Pass(kUntilRenewal);
  tokens_.Hold();
  Get();
  ASSERT_TRUE(Await([&] { return tokens_.waiting_count() == 1; }));
  source_.reset();
  EXPECT_TRUE(Await([&] { return tokens_.waiting_count() == 0; }));
}

}  // namespace
}  // namespace sluice::client
