// What a pool does with callers whom it has no connection for; the rest needs
// PostgreSQL (tests/integration).

#include "server/postgres/pool.h"

#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <utility>

#include "absl/time/time.h"
#include "server/base/error.h"
#include "server/postgres/test_silent_server.h"

namespace sluice::postgres {
namespace {

// Until a connection fails.
constexpr absl::Duration kPatience = absl::Milliseconds(500);
// Until the pool has told its budget of what it needs.
constexpr absl::Duration kAWhile = absl::Milliseconds(20);

class PoolTest : public testing::Test {
 protected:
  PoolTest() {
    PoolLimits limits;
    limits.min_connections = 0;
    pool_ = std::make_unique<Pool>(loop_, server_.Settings(kPatience), limits,
                                   budget_);
  }
  ~PoolTest() override {
    budget_->Leave(*other_);
    Task<void> draining = pool_->Drain(PoolEnd::kServerStops);
    Run(std::move(draining));
    loop_.Stop();
  }

  static BudgetLimits Limits() {
    BudgetLimits limits;
    limits.capacity = 1;
    return limits;
  }

  // On the loop, to its end.
  void Run(Task<void> task) {
    std::promise<void> ended;
    loop_.Post([&] { Spawn(Finish(std::move(task), ended)); });
    ended.get_future().wait();
  }
  static Task<void> Finish(Task<void> task, std::promise<void>& ended) {
    co_await std::move(task);
    ended.set_value();
  }

  Task<void> Acquire(Cancellation& cancellation, absl::Status& status) {
    Task<absl::StatusOr<Lease>> acquiring =
        pool_->Acquire(LeaseRequest(), cancellation);
    const absl::StatusOr<Lease> lease = co_await std::move(acquiring);
    status = lease.status();
  }
  Task<void> Pause() {
    SleepAwaiter a_while(loop_, Deadline::In(kAWhile));
    co_await a_while;
  }
  // Another pool has all that there is, and a caller waits.
  void HoldAll() {
    budget_->Want(*other_, {1, 0, 0});
    ASSERT_EQ(budget_->TakeGrants(*other_), 1U);
    budget_->NoteOpened(*other_);
  }

  EventLoop loop_{"test-pool"};
  SilentServer server_;
  const std::shared_ptr<ConnectionBudget> budget_ =
      std::make_shared<ConnectionBudget>(Limits());
  const std::shared_ptr<ConnectionBudget::Member> other_ =
      budget_->Join(loop_, [] {});
  std::unique_ptr<Pool> pool_;
};

TEST_F(PoolTest, WhoIsCancelledBeforeDoesNotWait) {
  Cancellation cancellation;
  cancellation.Request(CancelCause::kDeadline);
  absl::Status status;
  Run(Acquire(cancellation, status));
  EXPECT_EQ(status.code(), absl::StatusCode::kDeadlineExceeded) << status;
  EXPECT_EQ(ErrorMetadataOf(status, "phase"), "queue");
}

TEST_F(PoolTest, WhoIsCancelledTakesItsClaimAlong) {
  HoldAll();
  const auto test = [this]() -> Task<void> {
    Cancellation cancellation;
    absl::Status status;
    Spawn(Acquire(cancellation, status));
    Task<void> pause = Pause();
    co_await std::move(pause);
    EXPECT_TRUE(budget_->IsPressed());
    cancellation.Request(CancelCause::kCaller);
    EXPECT_EQ(status.code(), absl::StatusCode::kCancelled) << status;
    EXPECT_FALSE(budget_->IsPressed());
  };
  Run(test());
}

TEST_F(PoolTest, WhoIsGivenUpTakesItsClaimAlong) {
  HoldAll();
  const auto test = [this]() -> Task<void> {
    Cancellation cancellation;
    absl::Status status;
    Spawn(Acquire(cancellation, status));
    Task<void> pause = Pause();
    co_await std::move(pause);
    EXPECT_TRUE(budget_->IsPressed());
    pool_->GiveUpWaiting();
    EXPECT_FALSE(budget_->IsPressed());
    Task<void> another = Pause();
    co_await std::move(another);
    EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable) << status;
  };
  Run(test());
}

}  // namespace
}  // namespace sluice::postgres
