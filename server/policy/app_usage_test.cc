// Tests that an app gets what its limits say, and not one call more.

#include "server/policy/app_usage.h"

#include <atomic>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/cord.h"
#include "absl/types/optional.h"
#include "google/rpc/error_details.pb.h"
#include "gtest/gtest.h"
#include "server/base/error.h"
#include "server/base/proto_duration.h"

namespace sluice::policy {
namespace {

const absl::Time kStart = absl::FromUnixSeconds(1'000'000);

App MakeApp(const std::string& name) {
  App app{};
  app.name = name;
  app.limits.max_calls = UINT32_MAX;
  app.limits.max_open_transactions = UINT32_MAX;
  return app;
}

App WithRate(double calls_per_second, uint32_t burst_calls) {
  App app = MakeApp("fast");
  app.limits.max_calls_per_second = calls_per_second;
  app.limits.burst_calls = burst_calls;
  return app;
}

absl::Duration RetryDelayOf(const absl::Status& status) {
  const absl::optional<absl::Cord> payload =
      status.GetPayload(DetailUrl("google.rpc.RetryInfo"));
  google::rpc::RetryInfo retry;
  if (!payload.has_value() || !retry.ParseFromString(std::string(*payload))) {
    return absl::ZeroDuration();
  }
  return FromProto(retry.retry_delay());
}

// How many of `count` calls at `now` are admitted.
int CountAdmitted(AppUsage& usage, const App& app, absl::Time now, int count) {
  int admitted = 0;
  for (int i = 0; i < count; ++i) {
    if (usage.AdmitCall(app, now).ok()) ++admitted;
  }
  return admitted;
}

TEST(AppUsageTest, CallsInProgressAreLimitedAndGiveTheirPlacesBack) {
  AppUsage usage;
  App app = MakeApp("orders");
  app.limits.max_calls = 2;
  std::optional<AppUsage::Place> first = *usage.AdmitCall(app, kStart);
  const absl::StatusOr<AppUsage::Place> second = usage.AdmitCall(app, kStart);
  ASSERT_TRUE(second.ok());
  const absl::StatusOr<AppUsage::Place> third = usage.AdmitCall(app, kStart);
  EXPECT_TRUE(absl::IsResourceExhausted(third.status()));
  EXPECT_EQ(ReasonOf(third.status()), v1::ERROR_REASON_TOO_MANY_CALLS);
  EXPECT_EQ(ErrorMetadataOf(third.status(), "executed"), "no");
  EXPECT_EQ(ErrorMetadataOf(third.status(), "limit"), "2");
  first.reset();
  EXPECT_TRUE(usage.AdmitCall(app, kStart).ok());
}

TEST(AppUsageTest, AppsDoNotTakeEachOthersPlaces) {
  AppUsage usage;
  App one = MakeApp("one");
  App other = MakeApp("other");
  one.limits.max_calls = 1;
  other.limits.max_calls = 1;
  const absl::StatusOr<AppUsage::Place> held = usage.AdmitCall(one, kStart);
  EXPECT_FALSE(usage.AdmitCall(one, kStart).ok());
  EXPECT_TRUE(usage.AdmitCall(other, kStart).ok());
}

TEST(AppUsageTest, TransactionsAreCountedApartFromCalls) {
  AppUsage usage;
  App app = MakeApp("orders");
  app.limits.max_calls = 1;
  app.limits.max_open_transactions = 1;
  const absl::StatusOr<AppUsage::Place> call = usage.AdmitCall(app, kStart);
  std::optional<AppUsage::Place> transaction = *usage.AdmitTransaction(app);
  const absl::Status refused = usage.AdmitTransaction(app).status();
  EXPECT_EQ(ReasonOf(refused), v1::ERROR_REASON_TOO_MANY_TRANSACTIONS);
  transaction.reset();
  EXPECT_TRUE(usage.AdmitTransaction(app).ok());
  EXPECT_FALSE(usage.AdmitCall(app, kStart).ok());
}

TEST(AppUsageTest, APlaceThatIsMovedIsGivenBackOnce) {
  AppUsage usage;
  App app = MakeApp("orders");
  app.limits.max_calls = 2;
  AppUsage::Place first = *usage.AdmitCall(app, kStart);
  AppUsage::Place second = *usage.AdmitCall(app, kStart);
  // Its own is given back, the other's is kept.
  first = std::move(second);
  EXPECT_EQ(CountAdmitted(usage, app, kStart, 1), 1);
  const absl::StatusOr<AppUsage::Place> third = usage.AdmitCall(app, kStart);
  ASSERT_TRUE(third.ok());
  EXPECT_FALSE(usage.AdmitCall(app, kStart).ok());
}

TEST(AppUsageTest, ALimitThatShrinksHoldsForNewCalls) {
  AppUsage usage;
  App app = MakeApp("orders");
  app.limits.max_calls = 3;
  std::vector<AppUsage::Place> held;
  for (int i = 0; i < 3; ++i) held.push_back(*usage.AdmitCall(app, kStart));
  app.limits.max_calls = 1;
  held.pop_back();
  held.pop_back();
  EXPECT_FALSE(usage.AdmitCall(app, kStart).ok());
  held.clear();
  EXPECT_TRUE(usage.AdmitCall(app, kStart).ok());
}

TEST(AppUsageTest, AsManyCallsAsTheBurstComeAtOnce) {
  AppUsage usage;
  EXPECT_EQ(CountAdmitted(usage, WithRate(10, 5), kStart, 20), 5);
}

TEST(AppUsageTest, TheRateHoldsOverALongerTime) {
  AppUsage usage;
  const App app = WithRate(10, 5);
  int admitted = 0;
  for (int millisecond = 0; millisecond < 10'000; ++millisecond) {
    admitted +=
        CountAdmitted(usage, app, kStart + absl::Milliseconds(millisecond), 1);
  }
  // 10 a second for 10 seconds, and the burst.
  EXPECT_GE(admitted, 104);
  EXPECT_LE(admitted, 105);
}

TEST(AppUsageTest, TellsWhenThereIsRoomAgain) {
  AppUsage usage;
  const App app = WithRate(4, 1);
  ASSERT_EQ(CountAdmitted(usage, app, kStart, 1), 1);
  const absl::Status refused = usage.AdmitCall(app, kStart).status();
  EXPECT_EQ(ReasonOf(refused), v1::ERROR_REASON_RATE_LIMIT);
  EXPECT_EQ(ErrorMetadataOf(refused, "executed"), "no");
  const absl::Duration wait = RetryDelayOf(refused);
  EXPECT_EQ(wait, absl::Milliseconds(250));
  EXPECT_EQ(CountAdmitted(usage, app, kStart + wait - absl::Milliseconds(1), 1),
            0);
  EXPECT_EQ(CountAdmitted(usage, app, kStart + wait, 2), 1);
}

TEST(AppUsageTest, RefusedCallsUseNothingUp) {
  AppUsage usage;
  const App app = WithRate(1, 1);
  EXPECT_EQ(CountAdmitted(usage, app, kStart, 1000), 1);
  EXPECT_EQ(CountAdmitted(usage, app, kStart + absl::Seconds(1), 1), 1);
}

TEST(AppUsageTest, AnotherRateHoldsAtOnce) {
  AppUsage usage;
  ASSERT_EQ(CountAdmitted(usage, WithRate(0.01, 100), kStart, 1000), 100);
  const App other = WithRate(10, 1);
  EXPECT_EQ(CountAdmitted(usage, other, kStart, 10), 0);
  EXPECT_EQ(CountAdmitted(usage, other, kStart + absl::Milliseconds(100), 10),
            1);
}

TEST(AppUsageTest, AClockReadingThatComesLateIsNoFreeCall) {
  AppUsage usage;
  const App app = WithRate(10, 2);
  EXPECT_EQ(CountAdmitted(usage, app, kStart, 2), 2);
  EXPECT_EQ(CountAdmitted(usage, app, kStart - absl::Milliseconds(5), 2), 0);
}

TEST(AppUsageTest, IsExactWhenManyThreadsCallAtOnce) {
  constexpr int kThreads = 8;
  constexpr int kRounds = 2'000;
  constexpr int kMaxCalls = 3;
  AppUsage usage;
  App app = MakeApp("orders");
  app.limits.max_calls = kMaxCalls;
  std::atomic<int> in_progress = 0;
  std::atomic<int> most = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&] {
      for (int round = 0; round < kRounds; ++round) {
        const absl::StatusOr<AppUsage::Place> place =
            usage.AdmitCall(app, kStart);
        if (!place.ok()) continue;
        const int now = ++in_progress;
        for (int seen = most; now > seen;) {
          if (most.compare_exchange_weak(seen, now)) break;
        }
        std::this_thread::yield();
        --in_progress;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_LE(most, kMaxCalls);
  // All places have come back.
  std::vector<AppUsage::Place> held;
  for (int i = 0; i < kMaxCalls; ++i) {
    absl::StatusOr<AppUsage::Place> place = usage.AdmitCall(app, kStart);
    ASSERT_TRUE(place.ok()) << place.status();
    held.push_back(*std::move(place));
  }
  EXPECT_FALSE(usage.AdmitCall(app, kStart).ok());
}

}  // namespace
}  // namespace sluice::policy
