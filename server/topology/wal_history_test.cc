#include "server/topology/wal_history.h"

#include <gtest/gtest.h>

namespace sluice::topology {
namespace {

using std::chrono::milliseconds;

SteadyTime At(int ms) {
  return SteadyTime() + std::chrono::hours(1) + milliseconds(ms);
}

class WalHistoryTest : public ::testing::Test {
 protected:
  // Asked then, answered 10 ms later.
  void Note(int ms, uint64_t lsn) { history_.Note(At(ms), At(ms + 10), lsn); }

  WalHistory history_;
};

TEST_F(WalHistoryTest, APositionIsAsFreshAsTheNewestAnswerThatItCovers) {
  Note(0, 100);
  Note(500, 200);
  Note(1000, 300);
  EXPECT_EQ(history_.FreshAt(99), std::nullopt);
  EXPECT_EQ(history_.FreshAt(100), At(0));
  EXPECT_EQ(history_.FreshAt(299), At(500));
  EXPECT_EQ(history_.FreshAt(1000), At(1000));
}

TEST_F(WalHistoryTest, AnIdlePrimaryKeepsThePositionFresh) {
  Note(0, 100);
  Note(500, 100);
  Note(1000, 100);
  EXPECT_EQ(history_.FreshAt(100), At(1000));
}

TEST_F(WalHistoryTest, TellsThePositionByTheAnswersThatWereThere) {
  Note(0, 100);
  Note(500, 200);
  Note(1000, 200);
  EXPECT_EQ(history_.LsnAt(At(9)), std::nullopt);
  EXPECT_EQ(history_.LsnAt(At(10)), 100U);
  EXPECT_EQ(history_.LsnAt(At(509)), 100U);
  EXPECT_EQ(history_.LsnAt(At(510)), 200U);
  EXPECT_EQ(history_.newest_lsn(), 200U);
}

TEST_F(WalHistoryTest, ForgetsWhatWasBeyondAPositionThatWentBack) {
  Note(0, 100);
  Note(500, 300);
  Note(1000, 200);
  EXPECT_EQ(history_.FreshAt(250), At(1000));
  EXPECT_EQ(history_.FreshAt(150), At(0));
  EXPECT_EQ(history_.newest_lsn(), 200U);
}

TEST_F(WalHistoryTest, ThinnedOutItMakesNothingYounger) {
  constexpr int kAnswers = 100000;
  for (int i = 0; i < kAnswers; ++i) Note(i, static_cast<uint64_t>(i));
  for (int i = 0; i < kAnswers; i += 997) {
    const auto fresh_at = history_.FreshAt(static_cast<uint64_t>(i));
    ASSERT_TRUE(fresh_at.has_value()) << i;
    EXPECT_LE(*fresh_at, At(i));
  }
  // The newest are all there.
  EXPECT_EQ(history_.FreshAt(kAnswers - 100), At(kAnswers - 100));
}

}  // namespace
}  // namespace sluice::topology
