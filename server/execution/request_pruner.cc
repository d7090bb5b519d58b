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
Task<absl::StatusOr<int64_t>> PruneBatch(const GrantedDatabase& where,
                                         Cancellation& cancellation) {
  Task<absl::StatusOr<Placement>> placing =
      PlaceOnPrimary(where, postgres::Access::kReadWrite, cancellation);
  const absl::StatusOr<Placement> placed = co_await std::move(placing);
  if (!placed.ok()) co_return placed.status();
  const OwnQuery query = PruneQuery();
  Task<OwnResult> running =
      RunOwnQuery(placed->connection(), placed->pool(), query, cancellation);
  const OwnResult result = co_await std::move(running);
  if (!result.status.ok()) co_return result.status;
  co_return PrunedRows(result);
}

}  // namespace

RequestPruner::RequestPruner(EventLoop& loop) : loop_(loop), timer_(loop) {}

void RequestPruner::NoteUse(const GrantedDatabase& used) {
  if (stopping_ || used_.contains(used.name())) return;
  used_[used.name()] = Use{used.database, std::string(used.role)};
  if (!running_) StartTimer(kFirstWait);
}

void RequestPruner::StartTimer(absl::Duration around) {
  timer_.Start(Deadline::In(jitter_.Around(around)),
               [this] { Spawn(PruneAll()); });
}

Task<void> RequestPruner::PruneAll() {
  running_ = true;
  const std::vector<std::pair<std::string, Use>> uses(used_.begin(),
                                                      used_.end());
  for (const auto& [name, use] : uses) {
    if (!use.database->CheckRole(use.role).ok()) {
      // The next call notes the role that is served now.
      used_.erase(name);
      continue;
    }
    Task<void> pruning = Prune(use);
    co_await std::move(pruning);
  }
  running_ = false;
  if (stopping_) {
    ended_.Open();
  } else {
    StartTimer(used_.size() <= uses.size() ? kInterval : kFirstWait);
  }
}

Task<void> RequestPruner::Prune(Use use) {
  GrantedDatabase where;
  where.database = use.database;
  where.role = use.role;
  for (int batch = 0; batch < kMaxBatches && !stopping_; ++batch) {
    Cancellation cancellation;
    current_ = &cancellation;
    Timer timer(loop_);
    timer.Start(Deadline::In(kStatementTime), [&cancellation] {
      cancellation.Request(CancelCause::kDeadline);
    });
    Task<absl::StatusOr<int64_t>> pruning = PruneBatch(where, cancellation);
    const absl::StatusOr<int64_t> rows = co_await std::move(pruning);
    current_ = nullptr;
    if (!rows.ok() && !stopping_) {
      telemetry::Log(
          telemetry::LogLevel::kWarning, "request_pruning_failed",
          {{"database", where.name()}, {"error", rows.status().message()}});
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
