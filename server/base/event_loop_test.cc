#include "server/base/event_loop.h"

#include <future>
#include <memory>
#include <vector>

#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "server/base/cancellation.h"
#include "server/base/error.h"
#include "server/base/latch.h"
#include "server/base/task.h"

namespace sluice {
namespace {

// Runs `work` on the loop and waits for it.
template <typename Work>
void RunOn(EventLoop& loop, Work work) {
  std::promise<void> done;
  loop.Post([&] {
    work();
    done.set_value();
  });
  done.get_future().wait();
}

Task<int> Add(int a, int b) { co_return a + b; }

Task<void> AddTwice(int* sum) {
  Task<int> first = Add(1, 2);
  const int three = co_await std::move(first);
  Task<int> second = Add(three, 4);
  *sum = co_await std::move(second);
}

TEST(TaskTest, RunsOnlyWhenAwaitedAndGivesItsValue) {
  int sum = 0;
  Task<void> task = AddTwice(&sum);
  EXPECT_EQ(sum, 0);
  Spawn(std::move(task));
  EXPECT_EQ(sum, 7);
}

TEST(TaskTest, DroppedTaskFreesWhatItHolds) {
  auto held = std::make_shared<int>(1);
  {
    auto hold = [](std::shared_ptr<int> value) -> Task<int> {
      co_return *value;
    };
    Task<int> never_awaited = hold(held);
    EXPECT_EQ(held.use_count(), 2);
  }
  EXPECT_EQ(held.use_count(), 1);
}

TEST(EventLoopTest, RunsPostedWorkInOrderOnItsThread) {
  EventLoop loop("test");
  std::vector<int> order;
  for (int i = 0; i < 100; ++i) loop.Post([&order, i] { order.push_back(i); });
  bool on_thread = false;
  RunOn(loop, [&] { on_thread = loop.OnThread(); });
  EXPECT_TRUE(on_thread);
  EXPECT_FALSE(loop.OnThread());
  ASSERT_EQ(order.size(), 100U);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(order[static_cast<size_t>(i)], i);
}

Task<void> Hop(EventLoop& loop, std::promise<bool>& arrived) {
  EventLoop::EnterAwaiter entering = loop.Enter();
  co_await entering;
  arrived.set_value(loop.OnThread());
}

TEST(EventLoopTest, EnterContinuesOnTheLoop) {
  EventLoop loop("test");
  std::promise<bool> arrived;
  Spawn(Hop(loop, arrived));
  EXPECT_TRUE(arrived.get_future().get());
}

TEST(TimerTest, FiresInTheOrderOfDeadlinesHoweverArmed) {
  EventLoop loop("test");
  std::promise<void> last;
  std::vector<int> order;
  std::vector<std::unique_ptr<Timer>> timers;
  RunOn(loop, [&] {
    for (const int ms : {30, 10, 20}) {
      timers.push_back(std::make_unique<Timer>(loop));
      timers.back()->Start(Deadline::In(absl::Milliseconds(ms)), [&, ms] {
        order.push_back(ms);
        if (ms == 30) last.set_value();
      });
    }
  });
  last.get_future().wait();
  EXPECT_EQ(order, (std::vector<int>{10, 20, 30}));
  RunOn(loop, [&] { timers.clear(); });
}

TEST(TimerTest, StoppedAndReplacedTimersDoNotFire) {
  EventLoop loop("test");
  std::promise<void> fired;
  int stopped = 0;
  int replaced = 0;
  std::unique_ptr<Timer> first;
  std::unique_ptr<Timer> second;
  RunOn(loop, [&] {
    first = std::make_unique<Timer>(loop);
    second = std::make_unique<Timer>(loop);
    first->Start(Deadline::In(absl::Milliseconds(1)), [&] { ++stopped; });
    first->Stop();
    second->Start(Deadline::In(absl::Milliseconds(1)), [&] { ++replaced; });
    second->Start(Deadline::In(absl::Milliseconds(20)),
                  [&] { fired.set_value(); });
  });
  fired.get_future().wait();
  EXPECT_EQ(stopped, 0);
  EXPECT_EQ(replaced, 0);
  RunOn(loop, [&] {
    first.reset();
    second.reset();
  });
}

Task<void> Wait(Latch& latch, bool& passed) {
  Latch::WaitAwaiter waiting = latch.Wait();
  co_await waiting;
  passed = true;
}

TEST(LatchTest, HoldsUntilItIsOpenAndNotAfter) {
  Latch latch;
  bool first = false;
  Spawn(Wait(latch, first));
  EXPECT_FALSE(first);
  latch.Open();
  EXPECT_TRUE(first);
  bool second = false;
  Spawn(Wait(latch, second));
  EXPECT_TRUE(second);
}

TEST(CancellationTest, TellsTheListenerOnceAndKeepsTheFirstCause) {
  Cancellation cancellation;
  int told = 0;
  cancellation.Listen([&] { ++told; });
  EXPECT_FALSE(cancellation.Requested());
  cancellation.Request(CancelCause::kDeadline);
  cancellation.Request(CancelCause::kCaller);
  EXPECT_EQ(told, 1);
  EXPECT_EQ(cancellation.cause(), CancelCause::kDeadline);
  EXPECT_EQ(ReasonOf(CancellationError(cancellation.cause(), "queue")),
            v1::ERROR_REASON_DEADLINE_EXCEEDED);
}

TEST(CancellationTest, DoesNotTellWhoNoLongerListens) {
  Cancellation cancellation;
  int told = 0;
  cancellation.Listen([&] { ++told; });
  cancellation.Unlisten();
  cancellation.Request(CancelCause::kCaller);
  EXPECT_EQ(told, 0);
  EXPECT_TRUE(cancellation.Requested());
}

}  // namespace
}  // namespace sluice
