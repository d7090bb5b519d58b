#include "server/postgres/wait_queue.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "server/base/error.h"

namespace sluice::postgres {
namespace {

constexpr size_t kCapacity = 20;
constexpr size_t kMaxWaiters = 10;

class WaitQueueTest : public testing::Test {
 protected:
  WaitQueueTest() { share_.SetApps(3); }
  ~WaitQueueTest() override {
    while (Waiter* const waiter = queue_.FindAny()) queue_.Remove(*waiter);
  }

  Waiter& Push(const std::string& app, HoldTime time = HoldTime::kShort,
               QueueRoom room = QueueRoom::kLimited,
               Access access = Access::kReadOnly) {
    waiters_.push_back(std::make_unique<Waiter>(
        Waiter{queue_.FindTab(app, time), access, room, cancellation_}));
    queue_.Push(*waiters_.back());
    return *waiters_.back();
  }
  void Hold(const std::string& app, int count,
            HoldTime time = HoldTime::kShort) {
    for (int i = 0; i < count; ++i) queue_.Charge(queue_.FindTab(app, time));
  }
  // As Pool does, until nobody may have one.
  std::vector<Waiter*> ServeAll() {
    std::vector<Waiter*> served;
    while (Waiter* const next = queue_.FindNext()) {
      queue_.Charge(next->tab);
      queue_.Remove(*next);
      served.push_back(next);
    }
    return served;
  }

  FairShare share_{kCapacity, 1};
  WaitQueue queue_{share_, 0, kMaxWaiters};
  Cancellation cancellation_;
  std::vector<std::unique_ptr<Waiter>> waiters_;
};

TEST_F(WaitQueueTest, TheAppThatHoldsLeastGoesFirst) {
  Hold("a", 2);
  Hold("b", 1);
  Waiter& of_a = Push("a");
  Waiter& of_b = Push("b");
  Waiter& of_c = Push("c");
  EXPECT_EQ(ServeAll(), (std::vector<Waiter*>{&of_c, &of_b, &of_a}));
  EXPECT_TRUE(queue_.empty());
}

TEST_F(WaitQueueTest, AnAppIsServedInTheOrderOfItsArrival) {
  std::vector<Waiter*> pushed;
  for (int i = 0; i < 4; ++i) pushed.push_back(&Push("a"));
  EXPECT_EQ(ServeAll(), pushed);
}

TEST_F(WaitQueueTest, OfAppsThatHoldAlikeWhoCameFirstGoesFirst) {
  Waiter& gone = Push("b");
  Waiter& first = Push("a");
  Waiter& second = Push("b");
  queue_.Remove(gone);
  EXPECT_EQ(ServeAll(), (std::vector<Waiter*>{&first, &second}));
}

TEST_F(WaitQueueTest, WhatAnAppHoldsLongAndShortIsOneCount) {
  Hold("a", 2, HoldTime::kLong);
  Hold("b", 1);
  Push("a", HoldTime::kShort);
  Waiter& of_b = Push("b");
  EXPECT_EQ(queue_.FindNext(), &of_b);
}

TEST_F(WaitQueueTest, AnAppThatHoldsTooManyWaitsWhateverItsPlace) {
  Hold("a", 16);
  Push("a");
  EXPECT_EQ(queue_.FindNext(), nullptr);
  EXPECT_EQ(queue_.CountReady(10), 0U);
  Waiter& of_b = Push("b");
  EXPECT_EQ(queue_.FindNext(), &of_b);
  EXPECT_EQ(queue_.CountReady(10), 1U);
}

TEST_F(WaitQueueTest, ACallGoesPastWaitersOfOtherAppsAndNotPastItsOwn) {
  Push("a");
  EXPECT_FALSE(queue_.MayPass(queue_.FindTab("a", HoldTime::kShort)));
  EXPECT_TRUE(queue_.MayPass(queue_.FindTab("b", HoldTime::kShort)));
  Hold("b", 18);
  EXPECT_FALSE(queue_.MayPass(queue_.FindTab("b", HoldTime::kShort)));
}

TEST_F(WaitQueueTest, ShortAndLongCallsOfAnAppShareItsPartOfTheQueue) {
  for (int i = 0; i < 4; ++i) Push("a", HoldTime::kShort);
  for (int i = 0; i < 3; ++i) Push("a", HoldTime::kLong);
  EXPECT_TRUE(queue_.CheckRoom("a").ok());
  Push("a", HoldTime::kLong);
  const absl::Status full = queue_.CheckRoom("a");
  EXPECT_EQ(ReasonOf(full), v1::ERROR_REASON_QUEUE_FULL);
  EXPECT_EQ(ErrorMetadataOf(full, "executed"), "no");
  EXPECT_TRUE(queue_.CheckRoom("b").ok());
}

TEST_F(WaitQueueTest, AFullQueueTakesNobody) {
  for (size_t i = 0; i < kMaxWaiters; ++i) Push(i < 7 ? "a" : "b");
  EXPECT_EQ(ReasonOf(queue_.CheckRoom("c")), v1::ERROR_REASON_QUEUE_FULL);
  queue_.Remove(*waiters_.front());
  EXPECT_TRUE(queue_.CheckRoom("c").ok());
}

TEST_F(WaitQueueTest, ThoseWhoHaveWaitedElsewhereTakeNobodysPlace) {
  for (size_t i = 0; i < 30 * kMaxWaiters; ++i) {
    Push("a", HoldTime::kShort, QueueRoom::kGranted);
  }
  EXPECT_EQ(queue_.size(), 30 * kMaxWaiters);
  EXPECT_TRUE(queue_.CheckRoom("a").ok());
  EXPECT_TRUE(queue_.CheckRoom("b").ok());
  for (size_t i = 0; i < 8; ++i) Push("a");
  EXPECT_FALSE(queue_.CheckRoom("a").ok());
  // What leaves gives back what it took.
  for (const auto& waiter : waiters_) queue_.Remove(*waiter);
  EXPECT_TRUE(queue_.empty());
  for (size_t i = 0; i < 8; ++i) {
    EXPECT_TRUE(queue_.CheckRoom("a").ok()) << i;
    Push("a");
  }
  EXPECT_FALSE(queue_.CheckRoom("a").ok());
}

TEST_F(WaitQueueTest, OnlyAsManyAreReadyAsMayHaveOneTogether) {
  for (int i = 0; i < 20; ++i) Push("a");
  EXPECT_EQ(queue_.CountReady(100), 16U);
  EXPECT_EQ(queue_.CountReady(5), 5U);
}

TEST_F(WaitQueueTest, WhatIsOpenedIsForThoseWhoWillGetIt) {
  EXPECT_EQ(queue_.ExpectedAccess(0), Access::kReadOnly);
  Push("a", HoldTime::kShort, QueueRoom::kLimited, Access::kReadWrite);
  Push("a", HoldTime::kShort, QueueRoom::kLimited, Access::kReadOnly);
  EXPECT_EQ(queue_.ExpectedAccess(0), Access::kReadWrite);
  EXPECT_EQ(queue_.ExpectedAccess(1), Access::kReadOnly);
}

}  // namespace
}  // namespace sluice::postgres
