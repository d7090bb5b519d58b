#include "server/execution/lone_statement.h"

#include <cstdint>
#include <string>
#include <utility>

#include "server/base/error.h"
#include "server/base/proto_duration.h"
#include "server/execution/session_mark.h"
#include "server/execution/statement_summary.h"
#include "server/execution/transaction_errors.h"
#include "server/policy/statement_class.h"

namespace sluice::execution {
namespace {

using postgres::StatementResult;
using topology::Suspicion;

constexpr int kMaxAttempts = 3;
constexpr int64_t kMaxPortalRows = 1000;

// Whether a standby has cancelled a read because the row versions that it needs
// are gone there.
bool MeetsRecovery(const absl::Status& status) {
  return ReasonOf(status) == v1::ERROR_REASON_SERIALIZATION_FAILURE;
}

// Which commits on its way: what it did before an error stays.
bool IsProcedure(const policy::StatementFacts& facts) {
  return facts.statement_class == policy::StatementClass::kProcedure;
}

}  // namespace

Task<absl::Status> LoneStatement::Run() {
  postgres::StatementRequest request = MakeRequest();
  for (;;) {
    ++attempts_;
    const SteadyTime asked_at = SteadyNow();
    Task<absl::StatusOr<Placement>> placing = Place();
    absl::StatusOr<Placement> placed = co_await std::move(placing);
    if (!placed.ok()) co_return timer_.Tell(placed.status());
    Placement& place = *placed;
    postgres::Connection& connection = place.connection();
    started_at_ = SteadyNow();
    queue_time_ += absl::FromChrono(started_at_ - asked_at);
    timer_.StartStatement(work_.permit.app().limits.max_statement_time);

    has_answered_ = false;
    if (is_read()) request.on_first_row = [this, &place] { NoteAnswer(place); };
    Task<StatementResult> running = postgres::RunStatement(
        connection, place.pool().types(), place.pool().canceller(), request,
        work_.sink, work_.cancellation);
    StatementResult result = co_await std::move(running);
    if (result.sent) MarkSession(admission_.facts, connection);
    NoteEnd(place, result);
    if (MayRetry(place, result)) {
      tries_.Add(place);
      continue;
    }
    if (!is_read() && result.status.ok() && place.wants_token()) {
      Task<std::string> asking = FetchToken(connection, work_.cancellation);
      std::string token = co_await std::move(asking);
      work_.summary->set_consistency_token(std::move(token));
    }
    Summarize(place, result);
    result.status = timer_.Tell(std::move(result.status));
    co_return Told(result);
  }
}

postgres::StatementRequest LoneStatement::MakeRequest() const {
  postgres::StatementRequest request(work_.sql, work_.parameters);
  request.access = admission_.access;
  request.detail_policy = context_.detail_policy();
  request.max_parameter_bytes =
      static_cast<size_t>(context_.limits().max_parameter_bytes());
  // PostgreSQL makes no parallel plan for a bounded portal, so only a caller
  // who asks for a few rows gets one. One more row tells that there are more.
  const int64_t max_rows = work_.sink.limits().max_rows;
  if (is_read() && work_.options.max_rows() > 0 && max_rows <= kMaxPortalRows) {
    request.max_rows = static_cast<int32_t>(max_rows) + 1;
  }
  return request;
}

Task<absl::StatusOr<Placement>> LoneStatement::Place() {
  return is_read() ? PlaceRead(admission_.database, admission_.read_need,
                               tries_, work_.cancellation)
                   : PlaceOnPrimary(admission_.database, admission_.access,
                                    work_.cancellation, tries_.primary_at);
}

void LoneStatement::NoteAnswer(Placement& place) {
  if (std::exchange(has_answered_, true)) return;
  place.NoteLatency(absl::FromChrono(SteadyNow() - started_at_));
}

void LoneStatement::NoteEnd(Placement& place, const StatementResult& result) {
  if (result.connection_lost) {
    place.NoteFailure(Suspicion::kConnectionLost);
  } else if (is_read()) {
    NoteAnswer(place);
  } else if (IsDemoted(place, result)) {
    place.NoteFailure(Suspicion::kReadOnly);
  }
}

bool LoneStatement::IsDemoted(const Placement& place,
                              const StatementResult& result) const {
  return !is_read() && place.cluster() != nullptr &&
         ReasonOf(result.status) == v1::ERROR_REASON_READ_ONLY;
}

bool LoneStatement::MayRetry(const Placement& place,
                             const StatementResult& result) const {
  if (attempts_ == kMaxAttempts || work_.cancellation.Requested() ||
      !work_.sink.MayStartAnew()) {
    return false;
  }
  if (is_read()) return result.connection_lost || MeetsRecovery(result.status);
  if (IsDemoted(place, result)) return !IsProcedure(admission_.facts);
  return result.connection_lost && !result.outcome_open;
}

void LoneStatement::Summarize(const Placement& place, StatementResult& result) {
  v1::ExecutionSummary& summary = *work_.summary;
  FillSummary(result, work_.sink, admission_.access, summary);
  place.Describe(summary);
  summary.set_attempts(attempts_);
  ToProto(queue_time_, summary.mutable_queue_time());
  ToProto(absl::FromChrono(SteadyNow() - started_at_),
          summary.mutable_run_time());
}

absl::Status LoneStatement::Told(const StatementResult& result) const {
  if (!result.status.ok() && result.outcome_open && !is_read()) {
    return OutcomeUnknownError(result.status, /*reference=*/"");
  }
  absl::Status status =
      result.status.ok() ? work_.sink.status() : result.status;
  if (!status.ok() && result.sent && IsProcedure(admission_.facts)) {
    SetErrorMetadata(status, "executed", "unknown");
  }
  return status;
}

}  // namespace sluice::execution
