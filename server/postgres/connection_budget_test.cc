#include "server/postgres/connection_budget.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <iostream>
#include <memory>
#include <optional>
#include <thread>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "server/base/event_loop.h"

namespace sluice::postgres {
namespace {

using Claim = ConnectionBudget::Claim;

// Longer than a pool without any has to wait until it goes first.
constexpr std::chrono::milliseconds kLong(30);
// Longer than an opening may take before it hangs.
constexpr std::chrono::milliseconds kHung(300);

// A pool, as far as the budget goes.
class TestPool {
 public:
  TestPool(ConnectionBudget& budget, const EventLoop& loop)
      : budget_(budget), member_(budget.Join(loop, [this] { ++wakes_; })) {}
  ~TestPool() { budget_.Leave(*member_); }

  void Want(size_t needed, int app_held = 0) {
    budget_.Want(*member_, {needed, 0, app_held});
  }
  void WantSpare(size_t spare) { budget_.Want(*member_, {0, spare, 0}); }
  // What is granted is open at once; how many those were.
  size_t Open() {
    const size_t granted = budget_.TakeGrants(*member_);
    for (size_t i = 0; i < granted; ++i) budget_.NoteOpened(*member_);
    held_ += granted;
    return granted;
  }
  // All that it is granted, until there is no more.
  size_t OpenAll() {
    size_t opened = 0;
    while (size_t count = Open()) opened += count;
    return opened;
  }
  bool ShouldGiveBack(std::optional<int> own_held) const {
    return budget_.ShouldGiveBack(*member_, own_held);
  }
  void Close() {
    --held_;
    budget_.Release(*member_);
  }
  void CloseAll() {
    while (held_ > 0) Close();
  }

  ConnectionBudget& budget_;
  int wakes_ = 0;
  size_t held_ = 0;
  const std::shared_ptr<ConnectionBudget::Member> member_;
};

class ConnectionBudgetTest : public testing::Test {
 protected:
  static BudgetLimits Limits() {
    BudgetLimits limits;
    limits.capacity = 6;
    limits.max_opening = 2;
    limits.workers = 2;
    return limits;
  }

  EventLoop loop_{"test-a"};
  EventLoop other_loop_{"test-b"};
  ConnectionBudget budget_{Limits()};
  TestPool a_{budget_, loop_};
  TestPool b_{budget_, other_loop_};

  void TearDown() override {
    a_.CloseAll();
    b_.CloseAll();
  }
};

TEST_F(ConnectionBudgetTest, PoolsTogetherHoldNoMoreThanThereIs) {
  a_.Want(4);
  EXPECT_EQ(a_.OpenAll(), 4U);
  b_.Want(4);
  EXPECT_EQ(b_.OpenAll(), 2U);
  EXPECT_EQ(budget_.use().held, 6U);
  a_.Close();
  EXPECT_EQ(b_.OpenAll(), 1U);
}

TEST_F(ConnectionBudgetTest, FewAreOpenedAtOnceByAllPoolsTogether) {
  a_.Want(3);
  b_.Want(3);
  const size_t at_once =
      budget_.TakeGrants(*a_.member_) + budget_.TakeGrants(*b_.member_);
  EXPECT_EQ(at_once, 2U);
  budget_.NoteOpened(*a_.member_);
  EXPECT_EQ(budget_.TakeGrants(*a_.member_) + budget_.TakeGrants(*b_.member_),
            1U);
  a_.held_ = 2;
  b_.held_ = 1;
}

TEST_F(ConnectionBudgetTest, WhatCouldNotBeOpenedGoesToTheNext) {
  budget_.SetCapacity(1);
  a_.Want(1);
  b_.Want(1);
  ASSERT_EQ(budget_.TakeGrants(*a_.member_), 1U);
  EXPECT_EQ(b_.Open(), 0U);
  budget_.GiveUpOpening(*a_.member_);
  EXPECT_EQ(b_.Open(), 1U);
}

TEST_F(ConnectionBudgetTest, WhatLiesIdleIsAskedForOnceThereIsNoMore) {
  a_.Want(6);
  ASSERT_EQ(a_.OpenAll(), 6U);
  EXPECT_FALSE(budget_.IsPressed());
  const int wakes = a_.wakes_;
  b_.Want(1);
  EXPECT_TRUE(budget_.IsPressed());
  EXPECT_GT(a_.wakes_, wakes);
  ASSERT_TRUE(a_.ShouldGiveBack(std::nullopt));
  a_.Close();
  EXPECT_FALSE(budget_.IsPressed());
  EXPECT_FALSE(a_.ShouldGiveBack(std::nullopt));
  EXPECT_EQ(b_.Open(), 1U);
}

TEST_F(ConnectionBudgetTest, WhatComesBackGoesToTheAppThatHoldsLess) {
  a_.Want(6);
  ASSERT_EQ(a_.OpenAll(), 6U);
  b_.Want(1, 3);
  EXPECT_FALSE(a_.ShouldGiveBack(2));
  EXPECT_TRUE(a_.ShouldGiveBack(5));
}

TEST_F(ConnectionBudgetTest, OfOneAppThePoolThatHasMoreGivesUntilTheyAreEven) {
  a_.Want(6);
  ASSERT_EQ(a_.OpenAll(), 6U);
  b_.Want(6, 6);
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(a_.ShouldGiveBack(6)) << i;
    a_.Close();
    ASSERT_EQ(b_.Open(), 1U);
  }
  EXPECT_TRUE(a_.ShouldGiveBack(6));
  a_.Close();
  ASSERT_EQ(b_.Open(), 1U);
  EXPECT_FALSE(a_.ShouldGiveBack(6));
}

TEST_F(ConnectionBudgetTest, OneAtATimeIsTakenFromThoseWhoNeedThem) {
  a_.Want(6);
  ASSERT_EQ(a_.OpenAll(), 6U);
  b_.Want(4, 0);
  ASSERT_TRUE(a_.ShouldGiveBack(6));
  a_.Close();
  EXPECT_FALSE(a_.ShouldGiveBack(6));
  ASSERT_EQ(b_.Open(), 1U);
  EXPECT_TRUE(a_.ShouldGiveBack(6));
}

TEST_F(ConnectionBudgetTest, APoolWithoutAnyGetsOneAfterAWhileWhateverItsApp) {
  budget_.SetCapacity(1);
  a_.Want(1);
  ASSERT_EQ(a_.OpenAll(), 1U);
  b_.Want(1, 5);
  EXPECT_FALSE(a_.ShouldGiveBack(0));
  std::this_thread::sleep_for(kLong);
  EXPECT_TRUE(a_.ShouldGiveBack(0));
}

TEST_F(ConnectionBudgetTest, APoolWithoutAnyNeedNotWaitForOpeningsToEnd) {
  budget_.SetCapacity(3);
  a_.Want(2);
  ASSERT_EQ(a_.OpenAll(), 2U);
  // Of yet another pool, and under way.
  TestPool opener(budget_, loop_);
  opener.Want(1);
  ASSERT_EQ(budget_.TakeGrants(*opener.member_), 1U);
  b_.Want(1, 5);
  std::this_thread::sleep_for(kLong);
  EXPECT_TRUE(a_.ShouldGiveBack(0));
}

TEST_F(ConnectionBudgetTest, WhatHangsAtItsOpeningHoldsUpItsOwnPoolAlone) {
  a_.Want(5);
  ASSERT_EQ(budget_.TakeGrants(*a_.member_), 2U);
  b_.Want(1);
  EXPECT_EQ(b_.Open(), 0U);
  std::this_thread::sleep_for(kHung);
  b_.Want(1);
  EXPECT_EQ(b_.Open(), 1U);
  // It gets no more before one of its own has ended.
  a_.Want(3);
  EXPECT_EQ(budget_.TakeGrants(*a_.member_), 0U);
  a_.held_ = 2;
  for (int i = 0; i < 2; ++i) budget_.NoteOpened(*a_.member_);
  EXPECT_EQ(budget_.TakeGrants(*a_.member_), 2U);
  a_.held_ = 4;
}

TEST_F(ConnectionBudgetTest, NothingIsAskedBackForAPoolThatHangs) {
  budget_.SetCapacity(3);
  a_.Want(1);
  ASSERT_EQ(a_.OpenAll(), 1U);
  b_.Want(2);
  ASSERT_EQ(budget_.TakeGrants(*b_.member_), 2U);
  b_.Want(4);
  ASSERT_TRUE(a_.ShouldGiveBack(std::nullopt));
  std::this_thread::sleep_for(kHung);
  EXPECT_FALSE(a_.ShouldGiveBack(std::nullopt));
  b_.Want(4);
  EXPECT_FALSE(budget_.IsPressed());
  for (int i = 0; i < 2; ++i) budget_.GiveUpOpening(*b_.member_);
}

TEST_F(ConnectionBudgetTest, HoldersAreWokenNowAndThenHoweverOftenPoolsClaim) {
  a_.Want(5);
  ASSERT_EQ(a_.OpenAll(), 5U);
  b_.Want(1);
  ASSERT_EQ(b_.OpenAll(), 1U);
  const int wakes = a_.wakes_;
  const int own_wakes = b_.wakes_;
  const SteadyTime start = SteadyNow();
  for (int i = 0; i < 2000; ++i) {
    b_.Want(1);
    b_.Want(0);
    budget_.TakeGrants(*a_.member_);
    budget_.TakeGrants(*b_.member_);
  }
  const auto milliseconds =
      std::chrono::ceil<std::chrono::milliseconds>(SteadyNow() - start).count();
  std::cout << a_.wakes_ - wakes << " wake-ups in " << milliseconds << " ms\n";
  EXPECT_GE(a_.wakes_ - wakes, 1);
  EXPECT_LE(a_.wakes_ - wakes, milliseconds + 1);
  // Not by its own claims.
  EXPECT_EQ(b_.wakes_, own_wakes);
}

TEST_F(ConnectionBudgetTest, AClaimTakesThePlaceOfTheOneBefore) {
  budget_.SetCapacity(4);
  a_.Want(4);
  ASSERT_EQ(a_.OpenAll(), 4U);
  b_.Want(3);
  b_.Want(1);
  a_.CloseAll();
  EXPECT_EQ(b_.OpenAll(), 1U);
  // What was granted and not seen yet is part of what is wanted.
  b_.Want(2);
  b_.Want(2);
  EXPECT_EQ(b_.OpenAll(), 2U);
}

TEST_F(ConnectionBudgetTest, PoolsWithoutAnyGoByTheirAppThenBySince) {
  budget_.SetCapacity(2);
  a_.Want(2);
  ASSERT_EQ(a_.OpenAll(), 2U);
  TestPool first(budget_, loop_);
  TestPool second(budget_, loop_);
  first.Want(1, 2);
  second.Want(1, 2);
  b_.Want(1, 1);
  a_.Close();
  EXPECT_EQ(b_.Open(), 1U);
  a_.Close();
  EXPECT_EQ(first.Open(), 1U);
  b_.Close();
  EXPECT_EQ(second.Open(), 1U);
  first.CloseAll();
  second.CloseAll();
}

TEST_F(ConnectionBudgetTest, OfOneAppThePoolThatHoldsLessGoesFirst) {
  budget_.SetCapacity(4);
  a_.Want(3);
  ASSERT_EQ(a_.OpenAll(), 3U);
  b_.Want(1);
  ASSERT_EQ(b_.OpenAll(), 1U);
  a_.Want(1, 4);
  b_.Want(1, 4);
  a_.Close();
  EXPECT_EQ(b_.Open(), 1U);
  EXPECT_EQ(a_.Open(), 0U);
}

TEST_F(ConnectionBudgetTest, ALargerCapacityServesWhoWaits) {
  budget_.SetCapacity(2);
  a_.Want(5);
  ASSERT_EQ(a_.OpenAll(), 2U);
  budget_.SetCapacity(4);
  EXPECT_EQ(a_.OpenAll(), 2U);
  EXPECT_TRUE(budget_.IsPressed());
  budget_.SetCapacity(6);
  EXPECT_EQ(a_.OpenAll(), 1U);
  EXPECT_FALSE(budget_.IsPressed());
}

TEST_F(ConnectionBudgetTest, ACapacityThatPressesWakesWhoHoldsSome) {
  a_.Want(2);
  ASSERT_EQ(a_.OpenAll(), 2U);
  b_.Want(4);
  ASSERT_EQ(budget_.TakeGrants(*b_.member_), 2U);
  ASSERT_FALSE(budget_.IsPressed());
  const int wakes = a_.wakes_;
  // As much as is held, and less than is wanted.
  budget_.SetCapacity(4);
  EXPECT_TRUE(budget_.IsPressed());
  EXPECT_GT(a_.wakes_, wakes);
  b_.Want(0);
  for (int i = 0; i < 2; ++i) budget_.GiveUpOpening(*b_.member_);
}

TEST_F(ConnectionBudgetTest, WhatIsOnlyToBeReadyTakesNothingFromOthers) {
  a_.Want(6);
  ASSERT_EQ(a_.OpenAll(), 6U);
  b_.WantSpare(2);
  EXPECT_FALSE(budget_.IsPressed());
  EXPECT_FALSE(a_.ShouldGiveBack(std::nullopt));
  a_.Want(1);
  a_.Close();
  EXPECT_EQ(b_.Open(), 0U);
  EXPECT_EQ(a_.Open(), 1U);
  a_.Close();
  EXPECT_EQ(b_.Open(), 1U);
}

TEST_F(ConnectionBudgetTest, ASmallerCapacityAsksBackWhatIsTooMuch) {
  a_.Want(6);
  ASSERT_EQ(a_.OpenAll(), 6U);
  const int wakes = a_.wakes_;
  budget_.SetCapacity(4);
  EXPECT_GT(a_.wakes_, wakes);
  for (int i = 0; i < 2; ++i) {
    EXPECT_TRUE(budget_.IsOver());
    ASSERT_TRUE(a_.ShouldGiveBack(0));
    a_.Close();
  }
  EXPECT_FALSE(budget_.IsOver());
  EXPECT_FALSE(a_.ShouldGiveBack(0));
  EXPECT_FALSE(budget_.IsPressed());
}

TEST_F(ConnectionBudgetTest, APoolThatLeavesGivesBackWhatItWasGranted) {
  {
    TestPool gone(budget_, loop_);
    gone.Want(2);
    b_.Want(2);
    EXPECT_EQ(b_.Open(), 0U);
  }
  EXPECT_EQ(b_.OpenAll(), 2U);
  EXPECT_EQ(budget_.use().held, 2U);
}

}  // namespace
}  // namespace sluice::postgres
