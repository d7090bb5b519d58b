// Tests who is woken up, and how often.

#include "server/base/wake_up.h"

#include "gtest/gtest.h"
#include "server/base/task.h"

namespace sluice {
namespace {

Task<void> CountTurns(WakeUp& wake_up, int turns, int* count) {
  for (int i = 0; i < turns; ++i) {
    WakeUp::WaitAwaiter waiting = wake_up.Wait();
    co_await waiting;
    ++*count;
  }
}

TEST(WakeUpTest, ResumesWhoWaitsOnceForEachSignal) {
  WakeUp wake_up;
  int count = 0;
  Spawn(CountTurns(wake_up, 3, &count));
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(count, i);
    wake_up.Signal();
  }
  EXPECT_EQ(count, 3);
}

TEST(WakeUpTest, KeepsOneSignalForTheNextWait) {
  WakeUp wake_up;
  wake_up.Signal();
  wake_up.Signal();
  int count = 0;
  Spawn(CountTurns(wake_up, 2, &count));
  EXPECT_EQ(count, 1);
  wake_up.Signal();
  EXPECT_EQ(count, 2);
}

}  // namespace
}  // namespace sluice
