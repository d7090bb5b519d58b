#include "server/base/backoff.h"

#include <gtest/gtest.h>

#include <set>

#include "absl/time/time.h"
#include "server/base/jitter.h"

namespace sluice {
namespace {

void ExpectAround(absl::Duration wait, absl::Duration around) {
  EXPECT_GE(wait, around / 2);
  EXPECT_LE(wait, around * 1.5);
}

TEST(BackoffTest, DoublesUpToItsLimitAndBeginsAnewAfterASuccess) {
  Backoff backoff(absl::Milliseconds(100), absl::Milliseconds(350));
  for (int round = 0; round < 100; ++round) {
    for (const int around : {100, 200, 350, 350}) {
      ExpectAround(backoff.Next(), absl::Milliseconds(around));
    }
    backoff.Reset();
  }
}

TEST(JitterTest, SpreadsOverTheWholeOfItsRange) {
  Jitter jitter;
  std::set<int64_t> tenths;
  for (int i = 0; i < 10'000; ++i) {
    const absl::Duration wait = jitter.Spread(absl::Seconds(10), 0.5, 1.5);
    EXPECT_GE(wait, absl::Seconds(5));
    EXPECT_LE(wait, absl::Seconds(15));
    tenths.insert(absl::ToInt64Seconds(wait - absl::Seconds(5)));
  }
  EXPECT_GE(tenths.size(), 10);
}

}  // namespace
}  // namespace sluice
