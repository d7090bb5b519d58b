#include "server/control/revocation_writer.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "absl/status/status.h"
#include "absl/time/clock.h"
#include "server/base/error.h"
#include "server/telemetry/log.h"

namespace sluice::control {
namespace {

using postgres::TextQuery;

constexpr size_t kMaxWaiters = 100;
constexpr absl::Duration kIdleTimeout = absl::Seconds(30);
constexpr absl::Duration kMaintenanceTime = absl::Seconds(5);
constexpr absl::Duration kPruneInterval = absl::Minutes(10);
constexpr int kPruneRows = 10000;

// Revocations come one at a time: the database puts them in order anyway.
postgres::PoolLimits Limits() {
  postgres::PoolLimits limits;
  limits.min_connections = 0;
  limits.max_waiters = kMaxWaiters;
  limits.idle_timeout = kIdleTimeout;
  return limits;
}

std::shared_ptr<postgres::ConnectionBudget> MakeBudget() {
  postgres::BudgetLimits limits;
  limits.capacity = 1;
  return std::make_shared<postgres::ConnectionBudget>(limits);
}

}  // namespace

RevocationWriter::RevocationWriter(EventLoop& loop,
                                   const ControlSettings& settings)
    : loop_(loop), settings_(settings), timer_(loop), next_prune_(SteadyNow()) {
  for (const postgres::ConnectionSettings& entry : settings.entries) {
    pools_.push_back(
        std::make_unique<postgres::Pool>(loop, entry, Limits(), MakeBudget()));
  }
}

void RevocationWriter::Start() { StartTimer(); }

Task<void> RevocationWriter::Stop() {
  stopping_ = true;
  timer_.Stop();
  if (maintaining_) {
    Latch::WaitAwaiter ended = ended_.Wait();
    co_await ended;
  }
  for (const std::unique_ptr<postgres::Pool>& pool : pools_) {
    Task<void> draining = pool->Drain(postgres::PoolEnd::kServerStops);
    co_await std::move(draining);
  }
}

// Tokens that were valid when it was revoked end by then, on the clock that is
// furthest behind.
absl::Time RevocationWriter::ExpireTimeOf(const Revocation& revocation) const {
  if (revocation.kind == RevocationKind::kCertificate ||
      revocation.kind == RevocationKind::kKey) {
    return revocation.end_time;
  }
  const absl::Duration margin = 3 * settings_.clock_skew + absl::Minutes(1);
  return std::min(revocation.end_time, absl::Now() + settings_.max_ttl) +
         margin;
}

Task<absl::StatusOr<RevocationWriter::Result>> RevocationWriter::Revoke(
    const Revocation& revocation, Deadline deadline) {
  const TextQuery query = RevokeQuery(revocation, ExpireTimeOf(revocation));
  Task<absl::StatusOr<Rows>> running = Run(query, deadline);
  const absl::StatusOr<Rows> rows = co_await std::move(running);
  if (!rows.ok()) co_return rows.status();
  const absl::StatusOr<RevokeAnswer> answer = ParseRevoked(*rows);
  if (!answer.ok()) co_return answer.status();
  Result result;
  result.record.kind = revocation.kind;
  result.record.value = revocation.value;
  result.record.revoke_time = answer->revoke_time;
  result.record.expire_time = ExpireTimeOf(revocation);
  result.revision = answer->revision;
  co_return std::move(result);
}

Task<absl::StatusOr<RevocationWriter::Rows>> RevocationWriter::Run(
    const TextQuery& query, Deadline deadline) {
  absl::StatusOr<Rows> rows;
  for (size_t tried = 0; tried < pools_.size(); ++tried) {
    const size_t entry = current_;
    Task<absl::StatusOr<Rows>> running = RunAt(entry, query, deadline);
    rows = co_await std::move(running);
    if (rows.ok() || absl::IsResourceExhausted(rows.status())) break;
    // Whoever comes next begins with another one; one that ran beside this may
    // have found it already.
    if (current_ == entry) current_ = (entry + 1) % pools_.size();
    if (deadline.Expired()) break;
  }
  co_return std::move(rows);
}

Task<absl::StatusOr<RevocationWriter::Rows>> RevocationWriter::RunAt(
    size_t entry, const TextQuery& query, Deadline deadline) {
  Cancellation cancellation;
  Timer timer(loop_);
  timer.Start(deadline, [&cancellation] {
    cancellation.Request(CancelCause::kDeadline);
  });
  const postgres::LeaseRequest request{postgres::Access::kReadWrite};
  Task<absl::StatusOr<postgres::Lease>> acquiring =
      pools_[entry]->Acquire(request, cancellation);
  absl::StatusOr<postgres::Lease> lease = co_await std::move(acquiring);
  if (!lease.ok()) {
    if (ReasonOf(lease.status()) != v1::ERROR_REASON_BACKEND_UNAVAILABLE) {
      co_return lease.status();
    }
    co_return ControlError(lease.status());
  }
  Task<absl::StatusOr<Rows>> running = RunTextQuery(**lease, query, deadline);
  absl::StatusOr<Rows> rows = co_await std::move(running);
  if (!rows.ok()) {
    telemetry::Log(telemetry::LogLevel::kWarning, "control_database_refused",
                   {{"entry", settings_.entries[entry].database},
                    {"error", rows.status().message()}});
    co_return ControlError(rows.status());
  }
  co_return std::move(rows);
}

void RevocationWriter::StartTimer() {
  if (stopping_) return;
  const absl::Duration around = settings_.entries.size() > 1
                                    ? settings_.max_staleness / 4
                                    : kPruneInterval;
  timer_.Start(Deadline::In(jitter_.Spread(around, 0.5, 1)),
               [this] { Spawn(Maintain()); });
}

Task<void> RevocationWriter::Maintain() {
  maintaining_ = true;
  if (settings_.entries.size() > 1) {
    const TextQuery beat = BeatQuery(settings_.max_staleness / 5);
    Task<absl::StatusOr<Rows>> beating =
        Run(beat, Deadline::In(kMaintenanceTime));
    // What fails comes again with the next turn.
    [[maybe_unused]] const absl::StatusOr<Rows> beaten =
        co_await std::move(beating);
  }
  if (!stopping_ && SteadyNow() >= next_prune_) {
    next_prune_ = SteadyNow() + absl::ToChronoNanoseconds(kPruneInterval);
    const TextQuery prune = PruneQuery(kPruneRows);
    Task<absl::StatusOr<Rows>> pruning =
        Run(prune, Deadline::In(kMaintenanceTime));
    [[maybe_unused]] const absl::StatusOr<Rows> pruned =
        co_await std::move(pruning);
  }
  maintaining_ = false;
  if (stopping_) {
    ended_.Open();
  } else {
    StartTimer();
  }
}

}  // namespace sluice::control
