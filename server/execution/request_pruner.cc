#include "server/execution/request_pruner.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "absl/algorithm/container.h"
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
  if (stopping_) return;
  Use& use = used_[used.name()];
  if (absl::c_linear_search(use.roles, used.role)) return;
  use.database = used.database;
  use.roles.emplace_back(used.role);
  // The first one, or the first that may be allowed to.
  if (std::exchange(use.is_waiting, false) && !running_) StartTimer(kFirstWait);
}

void RequestPruner::StartTimer(absl::Duration around) {
  timer_.Start(Deadline::In(jitter_.Around(around)),
               [this] { Spawn(PruneAll()); });
}

Task<void> RequestPruner::PruneAll() {
  running_ = true;
  std::vector<std::string> names;
  for (const auto& [name, use] : used_) names.push_back(name);
  for (const std::string& name : names) {
    Task<void> pruning = PruneDatabase(name);
    co_await std::move(pruning);
  }
  running_ = false;
  if (stopping_) {
    ended_.Open();
  } else {
    StartTimer(used_.size() <= names.size() ? kInterval : kFirstWait);
  }
}

Task<void> RequestPruner::PruneDatabase(const std::string& name) {
  // One that lacks the right goes behind the others.
  size_t refusals = 0;
  while (refusals < used_[name].roles.size()) {
    GrantedDatabase where;
    where.database = used_[name].database;
    const std::string role = used_[name].roles.front();
    where.role = role;
    bool is_refused = false;
    const bool is_gone = !where.database->CheckRole(role).ok();
    if (!is_gone) {
      Task<absl::Status> pruning = Prune(where);
      const absl::Status pruned = co_await std::move(pruning);
      is_refused = absl::IsPermissionDenied(pruned);
    }
    // Roles that came meanwhile are at the end.
    std::vector<std::string>& roles = used_[name].roles;
    if (is_gone) {
      roles.erase(roles.begin());
    } else if (is_refused) {
      ++refusals;
      std::rotate(roles.begin(), roles.begin() + 1, roles.end());
    } else {
      co_return;
    }
  }
  used_[name].is_waiting = true;
}

Task<absl::Status> RequestPruner::Prune(const GrantedDatabase& where) {
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
    if (!rows.ok() || *rows < kBatchRows) co_return rows.status();
  }
  co_return absl::OkStatus();
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
