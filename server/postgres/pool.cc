#include "server/postgres/pool.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "server/base/deadline.h"

namespace sluice::postgres {
namespace {

constexpr absl::Duration kMaintenanceInterval = absl::Milliseconds(100);
constexpr absl::Duration kDrainInterval = absl::Milliseconds(5);
// What was used within this time is likely to be used again, so others get it
// only later: about what opening a connection takes, so that two who want the
// same one do not pass it on all the time.
constexpr absl::Duration kHotTime = absl::Milliseconds(10);
constexpr absl::Duration kRecheckInterval = absl::Milliseconds(5);
// How often it is looked whether others want what comes back, and they are told
// of what is wanted here: it takes a lock that all share.
constexpr absl::Duration kGiveBackInterval = absl::Milliseconds(1);
constexpr absl::Duration kClaimInterval = absl::Milliseconds(1);
// How long idle connections are doubted once one was lost that a caller had.
// What ended it may be ending them, and it shows when the loop has come to
// them.
constexpr absl::Duration kDoubtTime = absl::Milliseconds(5);
// From one doubt to the next: a caller may end its own sessions.
constexpr absl::Duration kDoubtInterval = absl::Milliseconds(100);

}  // namespace

class Pool::WaitAwaiter {
 public:
  WaitAwaiter(Pool& pool, Tab& tab, const LeaseRequest& request,
              Cancellation& cancellation)
      : pool_(pool), waiter_{tab, request.access, request.room, cancellation} {}
  WaitAwaiter(const WaitAwaiter&) = delete;

  bool await_ready() const { return false; }
  void await_suspend(std::coroutine_handle<> handle) {
    waiter_.handle = handle;
    pool_.queue_.Push(waiter_);
    waiter_.cancellation.Listen([this] {
      pool_.queue_.Remove(waiter_);
      waiter_.status = CancellationError(waiter_.cancellation.cause(), "queue");
      pool_.Claim();
      waiter_.handle.resume();
    });
    pool_.Claim();
  }
  absl::StatusOr<std::shared_ptr<Connection>> await_resume() {
    if (!waiter_.status.ok()) return waiter_.status;
    return std::move(waiter_.connection);
  }

 private:
  Pool& pool_;
  Waiter waiter_;
};

Pool::Pool(EventLoop& loop, ConnectionSettings settings, PoolLimits limits,
           std::shared_ptr<ConnectionBudget> budget)
    : loop_(loop),
      limits_(limits),
      canceller_(loop),
      budget_(std::move(budget)),
      self_(std::make_shared<Pool*>(this)),
      member_(budget_->Join(loop,
                            [&loop, self = std::weak_ptr<Pool*>(self_)] {
                              loop.Post([self] {
                                const std::shared_ptr<Pool*> pool = self.lock();
                                if (pool != nullptr) (*pool)->OnBudget();
                              });
                            })),
      queue_(budget_->share(), budget_->WorkerOf(*member_), limits.max_waiters),
      idle_([this] {
        budget_->Release(*member_);
        Claim();
      }),
      opener_(loop, std::move(settings), limits.max_lifetime),
      maintenance_(loop),
      recheck_(loop),
      doubt_(loop) {
  loop_.Post([self = std::weak_ptr<Pool*>(self_)] {
    const std::shared_ptr<Pool*> pool = self.lock();
    if (pool != nullptr) (*pool)->Maintain();
  });
}

Pool::~Pool() { budget_->Leave(*member_); }

Task<absl::StatusOr<Lease>> Pool::Acquire(LeaseRequest request,
                                          Cancellation& cancellation) {
  Tab& tab = queue_.FindTab(request.app, request.time);
  // Again, when a connection turns out to have been lost while it was idle.
  for (;;) {
    if (cancellation.Requested()) break;
    if (end_.has_value()) co_return PoolEndError(*end_);
    std::shared_ptr<Connection> connection;
    if (queue_.MayPass(tab)) connection = TakeIdle(request.access);
    if (connection != nullptr) {
      queue_.Charge(tab);
    } else {
      if (request.room == QueueRoom::kLimited) {
        absl::Status room = queue_.CheckRoom(request.app);
        if (!room.ok()) co_return room;
      }
      WaitAwaiter wait(*this, tab, request, cancellation);
      absl::StatusOr<std::shared_ptr<Connection>> given = co_await wait;
      if (!given.ok()) co_return given.status();
      connection = *std::move(given);
    }
    Lease lease(*this, std::move(connection), tab);
    // Since its turn came, too.
    if (cancellation.Requested()) break;
    if (lease->access() == request.access) co_return std::move(lease);
    Task<bool> switching = Switch(*lease, request.access, cancellation);
    const bool switched = co_await std::move(switching);
    if (switched) co_return std::move(lease);
  }
  co_return CancellationError(cancellation.cause(), "queue");
}

Task<bool> Pool::Switch(Connection& connection, Access access,
                        Cancellation& cancellation) {
  Timer timer(loop_);
  timer.Start(Deadline::In(opener_.settings().connect_timeout),
              [&connection] { connection.Close(); });
  cancellation.Listen([&connection] { connection.Close(); });
  Task<bool> switching = connection.SwitchAccess(access);
  const bool confirmed = co_await std::move(switching);
  cancellation.Unlisten();
  co_return confirmed;
}

std::shared_ptr<Connection> Pool::TakeIdle(Access access) {
  if (doubts_idle_) return nullptr;
  std::shared_ptr<Connection> connection = idle_.Take(access);
  if (connection != nullptr) leased_.insert(connection.get());
  return connection;
}

void Pool::NoteEnd(const Connection& connection) {
  if (!connection.closed() || idle_.empty() || end_.has_value()) return;
  const SteadyTime now = SteadyNow();
  if (now < next_doubt_at_) return;
  next_doubt_at_ = now + absl::ToChronoNanoseconds(kDoubtInterval);
  doubts_idle_ = true;
  doubt_.Start(Deadline::In(kDoubtTime), [this] {
    doubts_idle_ = false;
    Serve();
  });
}

void Pool::Return(std::shared_ptr<Connection> connection, Tab* from) {
  if (from != nullptr) {
    queue_.Discharge(*from);
    NoteEnd(*connection);
  }
  if (!end_.has_value() && connection->NeedsReset() &&
      SteadyNow() < connection->retire_at()) {
    Spawn(Reset(std::move(connection), from));
    return;
  }
  PutBack(std::move(connection), from);
}

Task<void> Pool::Reset(std::shared_ptr<Connection> connection, Tab* from) {
  // Of whoever it is likely to go to.
  const Waiter* const next = queue_.FindNext();
  const Access access = next == nullptr ? connection->access() : next->access;
  Timer timer(loop_);
  timer.Start(Deadline::In(opener_.settings().connect_timeout),
              [&connection] { connection->Close(); });
  Task<bool> resetting = connection->Reset(access);
  co_await std::move(resetting);
  timer.Stop();
  // Clean, or closed.
  PutBack(std::move(connection), from);
}

void Pool::PutBack(std::shared_ptr<Connection> connection, const Tab* from) {
  leased_.erase(connection.get());
  if (end_.has_value() || !connection->Reusable() ||
      SteadyNow() >= connection->retire_at() || ShouldGiveBack(from)) {
    connection->Close();
    budget_->Release(*member_);
  } else {
    idle_.Put(std::move(connection));
  }
  Serve();
}

bool Pool::ShouldGiveBack(const Tab* from) {
  if (!budget_->IsPressed()) return false;
  // A new connection is what somebody here was to have.
  if (from == nullptr) return budget_->IsOver();
  const SteadyTime now = SteadyNow();
  if (now < next_give_back_at_) return false;
  next_give_back_at_ = now + absl::ToChronoNanoseconds(kGiveBackInterval);
  const Waiter* const next = queue_.FindNext();
  return budget_->ShouldGiveBack(
      *member_, next == nullptr ? from->held() : next->tab.held());
}

void Pool::Serve() {
  while (!idle_.empty() && !doubts_idle_) {
    Waiter* const next = queue_.FindNext();
    if (next == nullptr) break;
    next->connection = TakeIdle(next->access);
    queue_.Charge(next->tab);
    Release(*next);
  }
  Claim();
  if (!idle_.empty() && budget_->IsPressed()) RecheckSoon();
}

void Pool::Release(Waiter& waiter) {
  queue_.Remove(waiter);
  waiter.cancellation.Unlisten();
  // From the loop: the caller may return its lease at once, and so on through
  // the queue.
  loop_.Post([handle = waiter.handle] { handle.resume(); });
}

void Pool::FailWaiters(const absl::Status& status) {
  while (Waiter* const waiter = queue_.FindAny()) {
    waiter->status = status;
    Release(*waiter);
  }
}

void Pool::RecheckSoon() {
  if (is_rechecking_ || end_.has_value()) return;
  is_rechecking_ = true;
  recheck_.Start(Deadline::In(kRecheckInterval), [this] {
    is_rechecking_ = false;
    GiveBackIdle();
    Serve();
  });
}

ConnectionBudget::Claim Pool::MakeClaim() {
  size_t missing = 0;
  size_t ready = 0;
  // More than can be opened at once need not be told yet.
  const size_t most = opening_ + idle_.size() + budget_->max_opening();
  if (MayOpen()) {
    ready = queue_.CountReady(most);
    const size_t coming = opening_ + idle_.size();
    missing = ready > coming ? ready - coming : 0;
    // One by one, where the last one failed.
    if (opener_.last_failed()) {
      missing = opening_ > 0 ? 0 : std::min<size_t>(missing, 1);
    }
  }
  // Whom FairShare holds back, or all, while nothing may be opened: that comes
  // to an end unseen.
  if (ready < most && ready < queue_.size()) RecheckSoon();
  const size_t soon = Total() + missing;
  const size_t floor = MayOpen() ? Floor() : 0;
  // None, when others have taken the room that there was.
  const Waiter* const next = missing == 0 ? nullptr : queue_.FindNext();
  return {missing, floor > soon ? floor - soon : 0,
          next == nullptr ? 0 : next->tab.held()};
}

void Pool::Claim() {
  const ConnectionBudget::Claim claim = MakeClaim();
  // Of rank it is told now and then (Maintain).
  if (told_.has_value() && told_->needed == claim.needed &&
      told_->spare == claim.spare) {
    return;
  }
  const SteadyTime now = SteadyNow();
  // That nobody needs any more what others were to give back is told at once.
  if (claim.needed > 0 && now < next_claim_at_) return RecheckSoon();
  told_ = claim;
  budget_->Want(*member_, claim);
  if (budget_->IsPressed()) {
    next_claim_at_ = now + absl::ToChronoNanoseconds(kClaimInterval);
  }
}

void Pool::OnBudget() {
  size_t granted = budget_->TakeGrants(*member_);
  if (granted > 0) told_.reset();
  for (; granted > 0; --granted) {
    const bool is_awaited = queue_.CountReady(opening_ + 1) > opening_;
    if (!MayOpen() || (!is_awaited && Total() >= Floor())) {
      budget_->GiveUpOpening(*member_);
      continue;
    }
    const Access access =
        is_awaited ? queue_.ExpectedAccess(opening_) : Access::kReadOnly;
    ++opening_;
    Spawn(OpenOne(access));
  }
  GiveBackIdle();
  Serve();
}

void Pool::GiveBackIdle() {
  const SteadyTime cold = SteadyNow() - absl::ToChronoNanoseconds(kHotTime);
  while (!idle_.empty() && budget_->IsPressed() &&
         (idle_.longest_since() < cold || budget_->IsOver()) &&
         budget_->ShouldGiveBack(*member_, std::nullopt)) {
    idle_.CloseLongest();
    budget_->Release(*member_);
  }
}

Task<void> Pool::OpenOne(Access access) {
  Task<absl::StatusOr<std::shared_ptr<Connection>>> opening =
      opener_.Open(access);
  absl::StatusOr<std::shared_ptr<Connection>> opened =
      co_await std::move(opening);
  --opening_;
  if (opened.ok()) {
    budget_->NoteOpened(*member_);
    // Through the same door as a lease that comes back.
    leased_.insert(opened->get());
    Return(*std::move(opened), nullptr);
    co_return;
  }
  budget_->GiveUpOpening(*member_);
  // Whoever waits on connections that live goes on waiting for those.
  if (Total() == 0) FailWaiters(OpeningError(opened.status()));
  Claim();
}

void Pool::Maintain() {
  if (end_.has_value()) return;
  const SteadyTime since =
      SteadyNow() - absl::ToChronoNanoseconds(limits_.idle_timeout);
  const size_t least = limits_.min_connections;
  CloseOld(since, Total() > least ? Total() - least : 0);
  GiveBackIdle();
  // Its rank may have changed.
  if (!queue_.empty()) told_.reset();
  Serve();
  maintenance_.Start(Deadline::In(kMaintenanceInterval),
                     [this] { Maintain(); });
}

void Pool::CloseOld(SteadyTime since, size_t surplus) {
  for (size_t closed = idle_.CloseOld(since, surplus); closed > 0; --closed) {
    budget_->Release(*member_);
  }
}

void Pool::CloseLeased(Access access) {
  // Whoever hears of a loss may give back others.
  const std::vector<Connection*> leased(leased_.begin(), leased_.end());
  for (Connection* connection : leased) {
    if (leased_.contains(connection) && connection->access() == access) {
      connection->Close();
    }
  }
}

void Pool::GiveUpWaiting() {
  FailWaiters(NodeDownError());
  CloseAllIdle();
  Claim();
}

Task<void> Pool::Drain(PoolEnd reason) {
  if (!end_.has_value()) end_ = reason;
  maintenance_.Stop();
  recheck_.Stop();
  doubt_.Stop();
  FailWaiters(PoolEndError(*end_));
  CloseAllIdle();
  Claim();
  while (leased_.size() + opening_ > 0) {
    SleepAwaiter a_while(loop_, Deadline::In(kDrainInterval));
    co_await a_while;
  }
}

PoolSize Pool::size() const {
  return PoolSize{idle_.size(), leased_.size(), opening_, queue_.size()};
}

}  // namespace sluice::postgres
