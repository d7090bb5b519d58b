// Tests what is made of latencies and failures.

#include "server/routing/node_load.h"

#include <chrono>
#include <vector>

#include "gtest/gtest.h"

namespace sluice::routing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class NodeLoadTest : public testing::Test {
 protected:
  // In nanoseconds.
  static constexpr double kMilli = 1e6;

  double Latency() const { return *load_.LatencyNanos(now_); }
  void Answer(absl::Duration latency) { load_.NoteLatency(latency, now_); }
  void AnswerOften(absl::Duration latency) {
    for (int i = 0; i < 200; ++i) {
      now_ += milliseconds(1);
      Answer(latency);
    }
  }
  void Fail(int times) {
    for (int i = 0; i < times; ++i) load_.NoteFailure(now_);
  }

  NodeLoad load_{{"a", "10.0.0.1", 5432}};
  SteadyTime now_ = SteadyTime() + std::chrono::hours(1);
};

TEST_F(NodeLoadTest, CountsWorkByItsKind) {
  load_.Begin(WorkKind::kRead);
  load_.Begin(WorkKind::kWrite);
  load_.Begin(WorkKind::kSpilledRead);
  load_.Begin(WorkKind::kSpilledRead);
  EXPECT_EQ(load_.in_flight(), 4);
  EXPECT_EQ(load_.in_flight(WorkKind::kSpilledRead), 2);
  load_.End(WorkKind::kSpilledRead);
  load_.End(WorkKind::kRead);
  EXPECT_EQ(load_.in_flight(), 2);
  EXPECT_EQ(load_.in_flight(WorkKind::kRead), 0);
  EXPECT_EQ(load_.in_flight(WorkKind::kWrite), 1);
}

TEST_F(NodeLoadTest, LatencyIsKnownAfterFiveAnswersByTheLeastOfThem) {
  for (int millis : {500, 7, 5, 900}) {
    Answer(absl::Milliseconds(millis));
    EXPECT_FALSE(load_.LatencyNanos(now_).has_value());
  }
  Answer(absl::Milliseconds(8));
  EXPECT_EQ(Latency(), 5 * kMilli);
}

TEST_F(NodeLoadTest, SlownessShowsWithinSomeAnswersAndAHiccupHardly) {
  AnswerOften(absl::Milliseconds(1));
  Answer(absl::Milliseconds(100));
  EXPECT_EQ(Latency(), 1.25 * kMilli);
  for (int i = 0; i < 10; ++i) Answer(absl::Milliseconds(10));
  EXPECT_EQ(Latency(), 10 * kMilli);
}

TEST_F(NodeLoadTest, FallsSlowlyWhileItIsUsed) {
  AnswerOften(absl::Milliseconds(17));
  now_ += milliseconds(1);
  Answer(absl::Milliseconds(1));
  EXPECT_NEAR(Latency(), 16 * kMilli, 0.01 * kMilli);
  AnswerOften(absl::Milliseconds(1));
  EXPECT_NEAR(Latency(), kMilli, 0.01 * kMilli);
}

TEST_F(NodeLoadTest, FallsWithTimeWhileItIsNotUsed) {
  AnswerOften(absl::Milliseconds(100));
  now_ += seconds(10);
  EXPECT_NEAR(Latency(), 36.8 * kMilli, 0.1 * kMilli);
  now_ += seconds(10);
  EXPECT_NEAR(Latency(), 13.5 * kMilli, 0.1 * kMilli);
  now_ += seconds(11);
  EXPECT_FALSE(load_.LatencyNanos(now_).has_value());
}

TEST_F(NodeLoadTest, AfterAPauseOneFastAnswerCountsForMore) {
  AnswerOften(absl::Milliseconds(100));
  now_ += seconds(5);
  Answer(absl::Milliseconds(20));
  EXPECT_NEAR(Latency(), 60 * kMilli, 0.01 * kMilli);
  now_ += seconds(20);
  Answer(absl::Milliseconds(1));
  EXPECT_EQ(Latency(), kMilli);
}

TEST_F(NodeLoadTest, AfterALongPauseItIsMeasuredAnew) {
  AnswerOften(absl::Milliseconds(1));
  now_ += seconds(31);
  Answer(absl::Milliseconds(100));
  EXPECT_FALSE(load_.LatencyNanos(now_).has_value());
  AnswerOften(absl::Milliseconds(100));
  EXPECT_EQ(Latency(), 100 * kMilli);
}

TEST_F(NodeLoadTest, ThreeFailuresInARowEjectIt) {
  Fail(2);
  EXPECT_FALSE(load_.IsEjected(now_));
  Answer(absl::Milliseconds(1));
  Fail(2);
  EXPECT_FALSE(load_.IsEjected(now_));
  Fail(1);
  EXPECT_TRUE(load_.IsEjected(now_));
  EXPECT_FALSE(load_.TakesRead(now_));
  EXPECT_TRUE(load_.IsEjected(now_ + milliseconds(999)));
  EXPECT_FALSE(load_.IsEjected(now_ + seconds(1)));
}

TEST_F(NodeLoadTest, EachEjectionLastsTwiceAsLongUpToHalfAMinute) {
  Fail(2);
  for (int expected : {1, 2, 4, 8, 16, 30, 30}) {
    Fail(1);
    EXPECT_TRUE(load_.IsEjected(now_ + seconds(expected) - milliseconds(1)))
        << expected;
    now_ += seconds(expected);
    EXPECT_FALSE(load_.IsEjected(now_)) << expected;
  }
}

TEST_F(NodeLoadTest, AfterAnEjectionOneReadAtATimeTriesIt) {
  // However long it takes.
  load_.Begin(load_.KindOfRead(now_));
  Fail(3);
  EXPECT_EQ(load_.KindOfRead(now_), WorkKind::kRead);
  now_ += seconds(1);
  EXPECT_TRUE(load_.TakesRead(now_));
  EXPECT_EQ(load_.KindOfRead(now_), WorkKind::kTrialRead);
  load_.Begin(WorkKind::kTrialRead);
  EXPECT_FALSE(load_.TakesRead(now_));
  Answer(absl::Milliseconds(1));
  EXPECT_TRUE(load_.TakesRead(now_));
  EXPECT_EQ(load_.KindOfRead(now_), WorkKind::kRead);
}

TEST_F(NodeLoadTest, WorkOfBeforeTheEjectionNeitherEndsNorProlongsIt) {
  Fail(3);
  Fail(10);
  Answer(absl::Milliseconds(1));
  EXPECT_TRUE(load_.IsEjected(now_));
  now_ += seconds(1);
  EXPECT_FALSE(load_.IsEjected(now_));
  // Still on trial.
  Fail(1);
  EXPECT_TRUE(load_.IsEjected(now_ + seconds(1)));
}

TEST_F(NodeLoadTest, IsForgivenAfterAsLongWithoutAFailure) {
  Fail(3);
  now_ += seconds(1);
  Fail(1);
  now_ += seconds(2);
  Answer(absl::Milliseconds(1));
  now_ += milliseconds(1'999);
  Answer(absl::Milliseconds(1));
  Fail(3);
  EXPECT_TRUE(load_.IsEjected(now_ + seconds(3)));
  now_ += seconds(4);
  Answer(absl::Milliseconds(1));
  now_ += seconds(4);
  Answer(absl::Milliseconds(1));
  Fail(3);
  EXPECT_FALSE(load_.IsEjected(now_ + seconds(1)));
}

TEST_F(NodeLoadTest, IsAsNewWhenItIsBackButForItsWork) {
  load_.Begin(WorkKind::kRead);
  AnswerOften(absl::Milliseconds(5));
  Fail(3);
  load_.Renew();
  EXPECT_EQ(load_.in_flight(), 1);
  EXPECT_FALSE(load_.LatencyNanos(now_).has_value());
  EXPECT_TRUE(load_.TakesRead(now_));
  Fail(3);
  EXPECT_FALSE(load_.IsEjected(now_ + seconds(1)));
}

}  // namespace
}  // namespace sluice::routing
