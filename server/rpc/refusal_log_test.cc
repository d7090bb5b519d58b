#include "server/rpc/refusal_log.h"

#include <chrono>
#include <optional>

#include "gtest/gtest.h"

namespace sluice::rpc {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr auto kInvalid = v1::ERROR_REASON_TOKEN_INVALID;
constexpr auto kMissing = v1::ERROR_REASON_TOKEN_MISSING;

class RefusalLogTest : public ::testing::Test {
 protected:
  const SteadyTime start_ = SteadyNow();
  RefusalLog log_;
};

TEST_F(RefusalLogTest, TellsTheFirstAtOnce) {
  EXPECT_EQ(log_.Count(kInvalid, start_), 1);
}

TEST_F(RefusalLogTest, CountsTheOthersOfASecondInTheNextLine) {
  log_.Count(kInvalid, start_);
  for (int i = 1; i <= 5; ++i) {
    EXPECT_EQ(log_.Count(kInvalid, start_ + milliseconds(199 * i)),
              std::nullopt);
  }
  EXPECT_EQ(log_.Count(kInvalid, start_ + seconds(1)), 6);
  EXPECT_EQ(log_.Count(kInvalid, start_ + milliseconds(1999)), std::nullopt);
  EXPECT_EQ(log_.Count(kInvalid, start_ + seconds(2)), 2);
}

TEST_F(RefusalLogTest, CountsEachReasonByItself) {
  log_.Count(kInvalid, start_);
  log_.Count(kInvalid, start_);
  EXPECT_EQ(log_.Count(kMissing, start_), 1);
  EXPECT_EQ(log_.Count(kInvalid, start_ + seconds(1)), 2);
}

}  // namespace
}  // namespace sluice::rpc
