#include "server/postgres/pool.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/base/error.h"
#include "server/postgres/risky_functions.h"
#include "server/telemetry/log.h"

namespace sluice::postgres {
namespace {

constexpr absl::Duration kMaintenanceInterval = absl::Milliseconds(100);
constexpr absl::Duration kDrainInterval = absl::Milliseconds(5);
constexpr absl::Duration kFirstBackoff = absl::Milliseconds(50);
constexpr absl::Duration kMaxBackoff = absl::Seconds(1);
// What was used within this time is likely to be used again, so others get it
// only later: about what opening a connection takes, so that two who want the
// same one do not pass it on all the time.
constexpr absl::Duration kHotTime = absl::Milliseconds(10);
constexpr absl::Duration kRecheckInterval = absl::Milliseconds(5);
// How often it is looked whether others want what comes back: it takes a lock.
constexpr absl::Duration kGiveBackInterval = absl::Milliseconds(1);

// The words of libpq name sockets and users: they are for the log.
absl::Status ForCaller(const absl::Status& failure) {
  if (ReasonOf(failure) != v1::ERROR_REASON_BACKEND_UNAVAILABLE) return failure;
  return MakeError(failure.code(), ReasonOf(failure),
                   "PostgreSQL cannot be reached; the server's log says why",
                   {{"executed", "no"}, {"phase", "connect"}});
}

absl::Status Draining(PoolEnd end) {
  if (end == PoolEnd::kServerStops) {
    return MakeError(absl::StatusCode::kUnavailable,
                     v1::ERROR_REASON_SHUTTING_DOWN, "the server is stopping",
                     {{"executed", "no"}, {"phase", "queue"}});
  }
  return MakeError(absl::StatusCode::kUnavailable,
                   v1::ERROR_REASON_BACKEND_UNAVAILABLE,
                   "the policy of the database has changed meanwhile",
                   {{"executed", "no"}, {"phase", "queue"}});
}

absl::Status NodeDown() {
  return MakeError(absl::StatusCode::kUnavailable,
                   v1::ERROR_REASON_BACKEND_UNAVAILABLE,
                   "the database's node does not answer",
                   {{"executed", "no"}, {"phase", "queue"}});
}

}  // namespace

Lease& Lease::operator=(Lease&& other) noexcept {
  Return();
  pool_ = other.pool_;
  connection_ = std::move(other.connection_);
  return *this;
}

void Lease::Return() {
  if (connection_ != nullptr) pool_->Return(std::move(connection_), tab_);
}

class Pool::WaitAwaiter {
 public:
  WaitAwaiter(Pool& pool, Tab& tab, Access access, Cancellation& cancellation)
      : pool_(pool), waiter_{tab, access, cancellation} {}
  WaitAwaiter(const WaitAwaiter&) = delete;

  bool await_ready() const { return false; }
  void await_suspend(std::coroutine_handle<> handle) {
    waiter_.handle = handle;
    pool_.queue_.Push(waiter_);
    waiter_.cancellation.Listen([this] {
      pool_.queue_.Remove(waiter_);
      waiter_.status = CancellationError(waiter_.cancellation.cause(), "queue");
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
      settings_(std::move(settings)),
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
      backoff_(kFirstBackoff, kMaxBackoff),
      maintenance_(loop),
      recheck_(loop) {
  loop_.Post([self = std::weak_ptr<Pool*>(self_)] {
    const std::shared_ptr<Pool*> pool = self.lock();
    if (pool != nullptr) (*pool)->Maintain();
  });
}

Pool::~Pool() { budget_->Leave(*member_); }

Task<absl::StatusOr<Lease>> Pool::Acquire(LeaseRequest request,
                                          Cancellation& cancellation) {
  const Access access = request.access;
  Tab& tab = queue_.FindTab(request.app, request.time);
  // Again, when a connection turns out to have been lost while it was idle.
  for (;;) {
    if (end_.has_value()) co_return Draining(*end_);
    std::shared_ptr<Connection> connection;
    if (queue_.MayPass(tab)) connection = TakeIdle(access);
    if (connection != nullptr) {
      queue_.Charge(tab);
    } else {
      if (request.room == QueueRoom::kLimited) {
        absl::Status room = queue_.CheckRoom(request.app);
        if (!room.ok()) co_return room;
      }
      WaitAwaiter wait(*this, tab, access, cancellation);
      absl::StatusOr<std::shared_ptr<Connection>> given = co_await wait;
      if (!given.ok()) co_return given.status();
      connection = *std::move(given);
    }
    Lease lease(*this, std::move(connection), tab);
    if (lease->access() == access) co_return std::move(lease);
    Task<bool> switching = Switch(*lease, access, cancellation);
    const bool switched = co_await std::move(switching);
    if (switched) co_return std::move(lease);
    if (cancellation.Requested()) {
      co_return CancellationError(cancellation.cause(), "queue");
    }
  }
}

Task<bool> Pool::Switch(Connection& connection, Access access,
                        Cancellation& cancellation) {
  Timer timer(loop_);
  timer.Start(Deadline::In(settings_.connect_timeout),
              [&connection] { connection.Close(); });
  cancellation.Listen([&connection] { connection.Close(); });
  Task<bool> switching = connection.SwitchAccess(access);
  const bool confirmed = co_await std::move(switching);
  cancellation.Unlisten();
  co_return confirmed;
}

std::shared_ptr<Connection> Pool::TakeIdle(Access access) {
  // The most recently used of that access, else the least of the other.
  auto found = std::find_if(idle_.rbegin(), idle_.rend(),
                            [access](const IdleConnection& idle) {
                              return idle.connection->access() == access;
                            });
  if (found == idle_.rend()) {
    if (idle_.empty()) return nullptr;
    found = std::prev(idle_.rend());
  }
  std::shared_ptr<Connection> connection = std::move(found->connection);
  idle_.erase(std::next(found).base());
  connection->OnIdleLoss(nullptr);
  leased_.insert(connection.get());
  return connection;
}

void Pool::Return(std::shared_ptr<Connection> connection, Tab* from) {
  if (from != nullptr) queue_.Discharge(*from);
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
  timer.Start(Deadline::In(settings_.connect_timeout),
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
    PutIdle(std::move(connection));
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

void Pool::PutIdle(std::shared_ptr<Connection> connection) {
  const Connection* key = connection.get();
  connection->OnIdleLoss([this, key] { ForgetIdle(key); });
  idle_.push_back(IdleConnection{std::move(connection), SteadyNow()});
}

void Pool::ForgetIdle(const Connection* connection) {
  auto found = std::find_if(idle_.begin(), idle_.end(),
                            [connection](const IdleConnection& idle) {
                              return idle.connection.get() == connection;
                            });
  if (found == idle_.end()) return;
  idle_.erase(found);
  budget_->Release(*member_);
}

Pool::IdlePosition Pool::CloseIdleAt(const IdlePosition& idle) {
  idle->connection->OnIdleLoss(nullptr);
  idle->connection->Close();
  budget_->Release(*member_);
  return idle_.erase(idle);
}

SteadyTime Pool::RetireTime() {
  // A tenth either way, so that those opened together do not end together.
  return Deadline::In(jitter_.Spread(limits_.max_lifetime, 0.9, 1.1)).at();
}

void Pool::Serve() {
  while (!idle_.empty()) {
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

void Pool::Claim() {
  size_t ready = 0;
  size_t missing = 0;
  size_t floor = 0;
  if (MayOpen()) {
    // More than can be opened at once need not be told yet.
    ready = queue_.CountReady(opening_ + budget_->max_opening());
    missing = ready > opening_ ? ready - opening_ : 0;
    // A backend that was lost is looked for even when nobody asks.
    floor =
        std::max<size_t>(limits_.min_connections, last_failure_.ok() ? 0 : 1);
  }
  const size_t soon = Total() + missing;
  // None, when others have taken the room that there was.
  const Waiter* const next = missing == 0 ? nullptr : queue_.FindNext();
  const ConnectionBudget::Claim claim{missing, floor > soon ? floor - soon : 0,
                                      next == nullptr ? 0 : next->tab.held()};
  // They may come to have room, unseen, by what others give back.
  if (queue_.size() > ready) RecheckSoon();
  // Of rank it is told now and then (Maintain).
  if (told_.has_value() && told_->needed == claim.needed &&
      told_->spare == claim.spare) {
    return;
  }
  told_ = claim;
  budget_->Want(*member_, claim);
}

void Pool::OnBudget() {
  told_.reset();
  for (size_t granted = budget_->TakeGrants(*member_); granted > 0; --granted) {
    const bool is_awaited = queue_.CountReady(opening_ + 1) > opening_;
    const size_t floor =
        std::max<size_t>(limits_.min_connections, last_failure_.ok() ? 0 : 1);
    if (!MayOpen() || (!is_awaited && Total() >= floor)) {
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
  // The front has been idle longest.
  while (!idle_.empty() && budget_->IsPressed() &&
         (idle_.front().since < cold || budget_->IsOver()) &&
         budget_->ShouldGiveBack(*member_, std::nullopt)) {
    CloseIdleAt(idle_.begin());
  }
}

Task<void> Pool::OpenOne(Access access) {
  Task<absl::StatusOr<std::shared_ptr<Connection>>> opening = Connection::Open(
      loop_, settings_, access, Deadline::In(settings_.connect_timeout));
  absl::StatusOr<std::shared_ptr<Connection>> opened =
      co_await std::move(opening);
  if (opened.ok() && !functions_checked_ && !settings_.role.empty()) {
    Task<void> warning = WarnOfFunctions(**opened);
    co_await std::move(warning);
  }
  --opening_;
  if (!opened.ok()) {
    budget_->GiveUpOpening(*member_);
    OnOpenFailure(opened.status());
  } else {
    budget_->NoteOpened();
    OnOpenSuccess();
    server_version_ = (*opened)->server_version();
    (*opened)->set_retire_at(RetireTime());
    // Through the same door as a lease that comes back.
    leased_.insert(opened->get());
    Return(*std::move(opened), nullptr);
  }
}

Task<void> Pool::WarnOfFunctions(Connection& connection) {
  functions_checked_ = true;
  Timer timer(loop_);
  timer.Start(Deadline::In(settings_.connect_timeout),
              [&connection] { connection.Close(); });
  Task<std::string> finding = FindRiskyFunctions(connection);
  const std::string functions = co_await std::move(finding);
  if (functions.empty()) co_return;
  telemetry::Log(telemetry::LogLevel::kWarning, "role_has_risky_functions",
                 {{"entry", settings_.database},
                  {"role", settings_.role},
                  {"functions", functions}});
}

void Pool::OnOpenSuccess() {
  if (!last_failure_.ok()) {
    telemetry::Log(telemetry::LogLevel::kInfo, "backend_reachable",
                   {{"entry", settings_.database}});
  }
  last_failure_ = absl::OkStatus();
  backoff_.Reset();
}

void Pool::OnOpenFailure(const absl::Status& status) {
  if (last_failure_.ok()) {
    telemetry::Log(
        telemetry::LogLevel::kWarning, "backend_unreachable",
        {{"entry", settings_.database}, {"error", status.message()}});
  }
  last_failure_ = status;
  next_open_at_ = Deadline::In(backoff_.Next()).at();
  // Whoever waits on connections that live goes on waiting for those.
  if (Total() == 0) FailWaiters(ForCaller(status));
  Claim();
}

void Pool::Maintain() {
  if (end_.has_value()) return;
  CloseIdle();
  GiveBackIdle();
  // Its rank may have changed.
  told_.reset();
  Serve();
  maintenance_.Start(Deadline::In(kMaintenanceInterval),
                     [this] { Maintain(); });
}

void Pool::CloseIdle() {
  const SteadyTime now = SteadyNow();
  const SteadyTime idle_since =
      now - absl::ToChronoNanoseconds(limits_.idle_timeout);
  size_t surplus =
      Total() > limits_.min_connections ? Total() - limits_.min_connections : 0;
  // The front has been idle longest.
  for (auto idle = idle_.begin(); idle != idle_.end();) {
    const bool unneeded = surplus > 0 && idle->since < idle_since;
    if (!unneeded && now < idle->connection->retire_at()) {
      ++idle;
      continue;
    }
    if (surplus > 0) --surplus;
    idle = CloseIdleAt(idle);
  }
}

void Pool::CloseAllIdle() {
  while (!idle_.empty()) CloseIdleAt(idle_.begin());
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
  FailWaiters(NodeDown());
  CloseAllIdle();
}

Task<void> Pool::Drain(PoolEnd reason) {
  if (!end_.has_value()) end_ = reason;
  maintenance_.Stop();
  recheck_.Stop();
  FailWaiters(Draining(*end_));
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
