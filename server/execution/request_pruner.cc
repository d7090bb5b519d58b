#include "server/execution/request_pruner.h"

#include <cstdint>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/base/deadline.h"
#include "server/execution/own_query.h"
#include "server/telemetry/log.h"

namespace sluice::execution {
namespace {

constexpr absl::Duration kFirstWait = absl::Seconds(1);
constexpr absl::Duration kInterval = absl::Minutes(5);
constexpr absl::Duration kStatementTime = absl::Seconds(30);
// Rows of a statement; short enough to lock none for long.
constexpr int64_t kBatchRows = 1000;
// At most a million rows a round: more than three thousand calls a second
// leave behind.
constexpr int kMaxBatches = 1000;

OwnQuery PruneQuery() {
  OwnQuery query;
  query.sql = "SELECT sluice.prune_requests($1::pg_catalog.int4)";
  query.access = postgres::Access::kReadWrite;
  *query.parameters.Add() = IntegerParameter(kBatchRows);
  return query;
}

int64_t PrunedRows(const OwnResult& result) {
  if (result.rows.columns().empty()) return 0;
  const v1::Int64Column& counts = result.rows.columns(0).int64s();
  return counts.values().empty() ? 0 : counts.values(0);
}

// Prunes a batch; how many rows there were.
Task<absl::StatusOr<int64_t>> PruneBatch(postgres::Pool& pool,
                                         Cancellation& cancellation) {
  Task<absl::StatusOr<postgres::Lease>> acquiring =
      pool.Acquire(postgres::Access::kReadWrite, cancellation);
  absl::StatusOr<postgres::Lease> lease = co_await std::move(acquiring);
  if (!lease.ok()) co_return lease.status();
  const OwnQuery query = PruneQuery();
  Task<OwnResult> running = RunOwnQuery(**lease, pool, query, cancellation);
  const OwnResult result = co_await std::move(running);
  if (!result.status.ok()) co_return result.status;
  co_return PrunedRows(result);
}

}  // namespace

RequestPruner::RequestPruner(EventLoop& loop)
    : loop_(loop), timer_(loop), random_(std::random_device{}()) {}

void RequestPruner::NoteUse(const std::string& database,
                            const std::shared_ptr<postgres::Pool>& pool) {
  std::weak_ptr<postgres::Pool>& noted = pools_[database];
  if (stopping_ || !noted.expired()) return;
  noted = pool;
  if (!running_) StartTimer(kFirstWait);
}

// Half as long to half as long again, so that instances that start together do
// not prune together.
void RequestPruner::StartTimer(absl::Duration around) {
  std::uniform_real_distribution<double> share(0.5, 1.5);
  timer_.Start(Deadline::In(around * share(random_)),
               [this] { Spawn(PruneAll()); });
}

Task<void> RequestPruner::PruneAll() {
  running_ = true;
  const std::vector<std::pair<std::string, std::weak_ptr<postgres::Pool>>>
      pools(pools_.begin(), pools_.end());
  for (const auto& [database, noted] : pools) {
    std::shared_ptr<postgres::Pool> pool = noted.lock();
    if (pool == nullptr) continue;
    std::string name = database;
    Task<void> pruning = Prune(std::move(name), std::move(pool));
    co_await std::move(pruning);
  }
  running_ = false;
  if (stopping_) {
    ended_.Open();
  } else {
    StartTimer(pools_.size() == pools.size() ? kInterval : kFirstWait);
  }
}

Task<void> RequestPruner::Prune(std::string database,
                                std::shared_ptr<postgres::Pool> pool) {
  for (int batch = 0; batch < kMaxBatches && !stopping_; ++batch) {
    Cancellation cancellation;
    current_ = &cancellation;
    Timer timer(loop_);
    timer.Start(Deadline::In(kStatementTime), [&cancellation] {
      cancellation.Request(CancelCause::kDeadline);
    });
    Task<absl::StatusOr<int64_t>> pruning = PruneBatch(*pool, cancellation);
    const absl::StatusOr<int64_t> rows = co_await std::move(pruning);
    current_ = nullptr;
    if (!rows.ok() && !stopping_) {
      telemetry::Log(
          telemetry::LogLevel::kWarning, "request_pruning_failed",
          {{"database", database}, {"error", rows.status().message()}});
    }
    if (!rows.ok() || *rows < kBatchRows) co_return;
  }
}

Task<void> RequestPruner::Stop() {
  stopping_ = true;
  timer_.Stop();
  if (current_ != nullptr) current_->Request(CancelCause::kCaller);
  if (!running_) co_return;
  Latch::WaitAwaiter ended = ended_.Wait();
  co_await ended;
}

}  // namespace sluice::execution
