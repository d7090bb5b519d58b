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

absl::Status QueueFull(size_t limit) {
  return MakeError(absl::StatusCode::kResourceExhausted,
                   v1::ERROR_REASON_QUEUE_FULL,
                   absl::StrCat("already ", limit,
                                " calls wait for a connection "
                                "(pool.max_waiters)"),
                   {{"executed", "no"}, {"phase", "queue"}});
}

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
  if (connection_ != nullptr) pool_->Return(std::move(connection_));
}

// A caller in the queue. It leaves with a connection, with an error, or when
// it is cancelled.
struct Pool::Waiter {
  Access access;
  Cancellation& cancellation;
  std::coroutine_handle<> handle;
  std::shared_ptr<Connection> connection;
  absl::Status status;
};

class Pool::WaitAwaiter {
 public:
  WaitAwaiter(Pool& pool, Access access, Cancellation& cancellation)
      : pool_(pool), waiter_{access, cancellation, {}, {}, {}} {}
  WaitAwaiter(const WaitAwaiter&) = delete;

  bool await_ready() const { return false; }
  void await_suspend(std::coroutine_handle<> handle) {
    waiter_.handle = handle;
    pool_.waiters_.push_back(&waiter_);
    waiter_.cancellation.Listen([this] {
      auto& waiters = pool_.waiters_;
      waiters.erase(std::find(waiters.begin(), waiters.end(), &waiter_));
      waiter_.status = CancellationError(waiter_.cancellation.cause(), "queue");
      waiter_.handle.resume();
    });
    pool_.OpenMissing();
  }
  absl::StatusOr<std::shared_ptr<Connection>> await_resume() {
    if (!waiter_.status.ok()) return waiter_.status;
    return std::move(waiter_.connection);
  }

 private:
  Pool& pool_;
  Waiter waiter_;
};

Pool::Pool(EventLoop& loop, ConnectionSettings settings, PoolLimits limits)
    : loop_(loop),
      settings_(std::move(settings)),
      limits_(limits),
      canceller_(loop),
      backoff_(kFirstBackoff),
      random_(std::random_device{}()),
      maintenance_(loop) {
  loop_.Post([this] { Maintain(); });
}

Pool::~Pool() = default;

Task<absl::StatusOr<Lease>> Pool::Acquire(Access access,
                                          Cancellation& cancellation) {
  // Again, when a connection turns out to have been lost while it was idle.
  for (;;) {
    if (end_.has_value()) co_return Draining(*end_);
    std::shared_ptr<Connection> connection = TakeIdle(access);
    if (connection == nullptr) {
      if (waiters_.size() >= limits_.max_waiters) {
        co_return QueueFull(limits_.max_waiters);
      }
      WaitAwaiter wait(*this, access, cancellation);
      absl::StatusOr<std::shared_ptr<Connection>> given = co_await wait;
      if (!given.ok()) co_return given.status();
      connection = *std::move(given);
    }
    Lease lease(*this, std::move(connection));
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

void Pool::Return(std::shared_ptr<Connection> connection) {
  if (!end_.has_value() && connection->NeedsReset() &&
      SteadyNow() < connection->retire_at()) {
    Spawn(Reset(std::move(connection)));
    return;
  }
  leased_.erase(connection.get());
  if (end_.has_value() || !connection->Reusable() ||
      SteadyNow() >= connection->retire_at()) {
    connection->Close();
  } else {
    PutIdle(std::move(connection));
  }
  Serve();
}

Task<void> Pool::Reset(std::shared_ptr<Connection> connection) {
  // Of whoever it is likely to go to.
  const Access access =
      waiters_.empty() ? connection->access() : waiters_.front()->access;
  Timer timer(loop_);
  timer.Start(Deadline::In(settings_.connect_timeout),
              [&connection] { connection->Close(); });
  Task<bool> resetting = connection->Reset(access);
  co_await std::move(resetting);
  timer.Stop();
  // Clean, or closed.
  Return(std::move(connection));
}

void Pool::PutIdle(std::shared_ptr<Connection> connection) {
  const Connection* key = connection.get();
  connection->OnIdleLoss([this, key] { ForgetIdle(key); });
  idle_.push_back(IdleConnection{std::move(connection), SteadyNow()});
}

void Pool::ForgetIdle(const Connection* connection) {
  idle_.erase(std::remove_if(idle_.begin(), idle_.end(),
                             [connection](const IdleConnection& idle) {
                               return idle.connection.get() == connection;
                             }),
              idle_.end());
}

SteadyTime Pool::RetireTime() {
  // A tenth either way, so that those opened together do not end together.
  std::uniform_real_distribution<double> spread(0.9, 1.1);
  return Deadline::In(limits_.max_lifetime * spread(random_)).at();
}

void Pool::Serve() {
  while (!waiters_.empty()) {
    std::shared_ptr<Connection> connection = TakeIdle(waiters_.front()->access);
    if (connection == nullptr) break;
    ServeFront(std::move(connection));
  }
  OpenMissing();
}

void Pool::ServeFront(std::shared_ptr<Connection> connection) {
  Waiter* waiter = waiters_.front();
  waiter->connection = std::move(connection);
  ReleaseFront();
}

void Pool::ReleaseFront() {
  Waiter* waiter = waiters_.front();
  waiters_.pop_front();
  waiter->cancellation.Unlisten();
  // From the loop: the caller may return its lease at once, and so on through
  // the queue.
  loop_.Post([waiter] { waiter->handle.resume(); });
}

void Pool::FailWaiters(const absl::Status& status) {
  while (!waiters_.empty()) {
    waiters_.front()->status = status;
    ReleaseFront();
  }
}

void Pool::OpenMissing() {
  if (end_.has_value() || SteadyNow() < next_open_at_) return;
  // A backend that was lost is looked for even when nobody asks.
  const size_t least = last_failure_.ok() ? 0 : 1;
  const size_t floor =
      std::clamp(limits_.min_connections, least, limits_.max_connections);
  while (opening_ < limits_.max_opening && Total() < limits_.max_connections &&
         (opening_ < waiters_.size() || Total() < floor)) {
    const Access access = opening_ < waiters_.size()
                              ? waiters_[opening_]->access
                              : Access::kReadOnly;
    ++opening_;
    loop_.Post([this, access] { Spawn(OpenOne(access)); });
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
    OnOpenFailure(opened.status());
  } else {
    OnOpenSuccess();
    server_version_ = (*opened)->server_version();
    (*opened)->set_retire_at(RetireTime());
    // Through the same door as a lease that comes back.
    leased_.insert(opened->get());
    Return(*std::move(opened));
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
  backoff_ = kFirstBackoff;
}

void Pool::OnOpenFailure(const absl::Status& status) {
  if (last_failure_.ok()) {
    telemetry::Log(
        telemetry::LogLevel::kWarning, "backend_unreachable",
        {{"entry", settings_.database}, {"error", status.message()}});
  }
  last_failure_ = status;
  std::uniform_real_distribution<double> jitter(0.5, 1.5);
  next_open_at_ = Deadline::In(backoff_ * jitter(random_)).at();
  backoff_ = std::min(backoff_ * 2, kMaxBackoff);
  // Whoever waits on connections that live goes on waiting for those.
  if (Total() == 0) FailWaiters(ForCaller(status));
}

void Pool::Maintain() {
  if (end_.has_value()) return;
  CloseIdle();
  OpenMissing();
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
    idle->connection->OnIdleLoss(nullptr);
    idle->connection->Close();
    idle = idle_.erase(idle);
  }
}

void Pool::CloseAllIdle() {
  for (IdleConnection& idle : std::exchange(idle_, {})) {
    idle.connection->OnIdleLoss(nullptr);
    idle.connection->Close();
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
  FailWaiters(NodeDown());
  CloseAllIdle();
}

Task<void> Pool::Drain(PoolEnd reason) {
  if (!end_.has_value()) end_ = reason;
  maintenance_.Stop();
  FailWaiters(Draining(*end_));
  CloseAllIdle();
  while (leased_.size() + opening_ > 0) {
    SleepAwaiter a_while(loop_, Deadline::In(kDrainInterval));
    co_await a_while;
  }
}

PoolSize Pool::size() const {
  return PoolSize{idle_.size(), leased_.size(), opening_, waiters_.size()};
}

}  // namespace sluice::postgres
