#include "server/postgres/fair_share.h"

#include <gtest/gtest.h>

#include <cstddef>

namespace sluice::postgres {
namespace {

constexpr size_t kCapacity = 20;

class FairShareTest : public testing::Test {
 protected:
  FairShareTest() { share_.SetApps(3); }

  // Until it may not; how many that were.
  int TakeAll(FairShare::Account& account, HoldTime time = HoldTime::kShort) {
    int taken = 0;
    for (; share_.MayHold(account, time); ++taken) {
      share_.Take(account, time, taken % 2);
    }
    return taken;
  }

  FairShare share_{kCapacity, 2};
  FairShare::Account& a_ = share_.FindAccount("a");
  FairShare::Account& b_ = share_.FindAccount("b");
};

TEST_F(FairShareTest, TheOnlyAppMayHoldAll) {
  share_.SetApps(1);
  for (size_t i = 0; i < 2 * kCapacity; ++i) {
    EXPECT_TRUE(share_.MayHold(a_, HoldTime::kShort));
    share_.Take(a_, HoldTime::kShort, 0);
  }
}

TEST_F(FairShareTest, AnAppAloneLeavesAFifthForOthers) {
  EXPECT_EQ(TakeAll(a_), 16);
  EXPECT_EQ(a_.held(), 16);
  EXPECT_EQ(share_.held(), 16);
}

TEST_F(FairShareTest, TheNextAppFindsSomeAndShrinksTheFirst) {
  TakeAll(a_);
  EXPECT_EQ(TakeAll(b_), 3);
  // What the first gives back goes to the other, until they are even.
  while (a_.held() > b_.held()) {
    share_.GiveBack(a_, HoldTime::kShort, 0);
    if (share_.MayHold(a_, HoldTime::kShort)) break;
    TakeAll(b_);
  }
  EXPECT_NEAR(a_.held(), b_.held(), 1);
}

TEST_F(FairShareTest, WhoHoldsNoneMayHaveTheLastOne) {
  for (size_t i = 0; i < kCapacity - 1; ++i) {
    share_.Take(a_, HoldTime::kShort, 0);
  }
  EXPECT_FALSE(share_.MayHold(a_, HoldTime::kShort));
  EXPECT_EQ(TakeAll(b_), 1);
}

TEST_F(FairShareTest, RoomIsWhatCanBeTakenOneByOne) {
  for (size_t capacity = 1; capacity <= 40; ++capacity) {
    FairShare share(capacity, 1);
    share.SetApps(2);
    FairShare::Account& app = share.FindAccount("app");
    size_t room = share.RoomFor(app, HoldTime::kShort);
    for (; room > 0; --room) {
      ASSERT_TRUE(share.MayHold(app, HoldTime::kShort)) << capacity;
      share.Take(app, HoldTime::kShort, 0);
    }
    EXPECT_FALSE(share.MayHold(app, HoldTime::kShort)) << capacity;
    EXPECT_GE(app.held(), 1) << capacity;
    EXPECT_TRUE(capacity == 1 || app.held() < static_cast<int>(capacity));
  }
}

TEST_F(FairShareTest, WhatIsHeldLongLeavesAQuarterForCallsOfTheOnlyAppToo) {
  share_.SetApps(1);
  EXPECT_EQ(TakeAll(a_, HoldTime::kLong), 15);
  EXPECT_TRUE(share_.MayHold(a_, HoldTime::kShort));
  share_.GiveBack(a_, HoldTime::kLong, 0);
  EXPECT_TRUE(share_.MayHold(b_, HoldTime::kLong));
}

TEST_F(FairShareTest, OfFewConnectionsOneMayBeHeldLong) {
  for (size_t capacity = 1; capacity <= 3; ++capacity) {
    FairShare share(capacity, 1);
    FairShare::Account& app = share.FindAccount("app");
    EXPECT_TRUE(share.MayHold(app, HoldTime::kLong)) << capacity;
    share.SetApps(2);
    EXPECT_TRUE(share.MayHold(app, HoldTime::kLong)) << capacity;
  }
}

TEST_F(FairShareTest, WhatIsHeldLongAndShortCountsTogether) {
  for (int i = 0; i < 8; ++i) share_.Take(a_, HoldTime::kLong, 0);
  EXPECT_EQ(TakeAll(a_), 8);
  EXPECT_EQ(a_.held(), 16);
  EXPECT_FALSE(share_.MayHold(a_, HoldTime::kLong));
  // Back as what it was taken as: short ones leave room for long ones.
  for (int i = 0; i < 8; ++i) share_.GiveBack(a_, HoldTime::kShort, 0);
  EXPECT_EQ(TakeAll(a_, HoldTime::kLong), 7);
  EXPECT_FALSE(share_.MayHold(b_, HoldTime::kLong));
  EXPECT_TRUE(share_.MayHold(b_, HoldTime::kShort));
}

TEST_F(FairShareTest, PlacesInTheQueueAreSharedByTheSameRule) {
  EXPECT_TRUE(share_.MayWait(0, 0, 10));
  EXPECT_TRUE(share_.MayWait(7, 7, 10));
  EXPECT_FALSE(share_.MayWait(8, 8, 10));
  // What others wait for leaves less.
  EXPECT_FALSE(share_.MayWait(7, 8, 10));
  EXPECT_TRUE(share_.MayWait(3, 8, 10));
  EXPECT_TRUE(share_.MayWait(0, 9, 10));
  EXPECT_FALSE(share_.MayWait(0, 10, 10));
  share_.SetApps(1);
  EXPECT_TRUE(share_.MayWait(9, 9, 10));
}

TEST_F(FairShareTest, ASmallerCapacityHoldsBackWhoHoldsMuch) {
  for (int i = 0; i < 8; ++i) share_.Take(a_, HoldTime::kShort, 0);
  EXPECT_TRUE(share_.MayHold(a_, HoldTime::kShort));
  share_.SetCapacity(10);
  EXPECT_FALSE(share_.MayHold(a_, HoldTime::kShort));
  EXPECT_TRUE(share_.MayHold(b_, HoldTime::kShort));
}

}  // namespace
}  // namespace sluice::postgres
