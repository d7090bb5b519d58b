#include "server/execution/transaction_outcome.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "server/base/error.h"
#include "server/execution/grant_choice.h"
#include "server/execution/outcome_reference.h"
#include "server/execution/own_query.h"
#include "server/execution/request_record.h"
#include "server/execution/request_validation.h"
#include "server/postgres/own_statement_fault.h"
#include "server/postgres/pool.h"
#include "server/postgres/session_state.h"
#include "server/postgres/transaction.h"

namespace sluice::execution {
namespace {

using Place = Sighting::Place;

constexpr int kMaxAttempts = 3;
// How long a synchronous standby has to confirm a commit that is asked about,
// at most; half of what the call has left, so that it can be told.
constexpr absl::Duration kConfirmationPatience = absl::Seconds(1);

// $1: the transaction id. Timeline as in the names of WAL segments, none on a
// standby, and status.
constexpr absl::string_view kSightingSql =
    "SELECT CASE WHEN pg_catalog.pg_is_in_recovery() THEN '' "
    "ELSE pg_catalog.left(pg_catalog.pg_walfile_name("
    "pg_catalog.pg_current_wal_insert_lsn()), 8) END, "
    "CASE WHEN pg_catalog.pg_is_in_recovery() THEN '' "
    "ELSE pg_catalog.pg_xact_status($1::pg_catalog.text::pg_catalog.xid8) END";

OwnQuery SightingQuery(const OutcomeReference& reference) {
  OwnQuery query;
  query.sql = kSightingSql;
  query.access = postgres::Access::kReadWrite;
  *query.parameters.Add() = TextParameter(absl::StrCat(reference.xid));
  return query;
}

absl::Status NoPrimary() {
  return MakeError(absl::StatusCode::kUnavailable,
                   v1::ERROR_REASON_BACKEND_UNAVAILABLE,
                   "the database's server is a standby, which cannot tell",
                   {{"executed", "no"}});
}

absl::StatusOr<Sighting> ReadSighting(const OutcomeReference& reference,
                                      const postgres::ClusterIdentity& cluster,
                                      const OwnResult& result) {
  Sighting sighting;
  // An id of the future was handed out by a server that has lost it, or by
  // another one that says it is the same.
  if (postgres::IsAboutFutureTransaction(result.status)) return sighting;
  if (!result.status.ok()) return result.status;
  const std::string timeline = result.Text(0);
  if (timeline.empty()) return NoPrimary();
  sighting.status = result.Text(1);
  if (cluster.system_identifier == 0 ||
      cluster.system_identifier != reference.system_identifier ||
      timeline != absl::StrFormat("%08X", reference.timeline)) {
    return sighting;
  }
  sighting.place =
      cluster.incarnation != 0 && cluster.incarnation == reference.incarnation
          ? Place::kHere
          : Place::kRecovered;
  return sighting;
}

struct Attempt {
  absl::Status status;
  bool connection_lost = false;
};

// A commit that no synchronous standby has confirmed yet can still be lost.
Task<Attempt> Confirm(const OutcomeWork& work, postgres::Connection& connection,
                      postgres::Pool& pool) {
  Cancellation patience;
  work.cancellation.Listen(
      [&] { patience.Request(work.cancellation.cause()); });
  Timer timer(connection.loop());
  timer.Start(Deadline::In(std::min(kConfirmationPatience,
                                    work.deadline.Remaining() / 2)),
              [&patience] { patience.Request(CancelCause::kDeadline); });
  Task<postgres::CommandResult> confirming = postgres::ConfirmCommits(
      connection, pool.canceller(), postgres::DetailPolicy::kOmit, patience);
  const postgres::CommandResult confirmed = co_await std::move(confirming);
  work.cancellation.Unlisten();
  Attempt attempt;
  attempt.connection_lost = confirmed.connection_lost;
  if (confirmed.commit_may_be_lost || patience.Requested()) {
    work.response->set_outcome(v1::TRANSACTION_OUTCOME_IN_PROGRESS);
  } else {
    attempt.status = confirmed.status;
  }
  if (work.cancellation.Requested()) {
    attempt.status = CancellationError(work.cancellation.cause(), "execute");
  }
  co_return std::move(attempt);
}

// Fills the response with what the primary knows.
Task<Attempt> LookUp(const OutcomeWork& work, const OutcomeReference& reference,
                     postgres::Connection& connection, postgres::Pool& pool) {
  Attempt attempt;
  Task<absl::StatusOr<postgres::ClusterIdentity>> fetching =
      postgres::FetchCluster(connection, work.cancellation);
  const absl::StatusOr<postgres::ClusterIdentity> cluster =
      co_await std::move(fetching);
  attempt.status = cluster.status();
  attempt.connection_lost = connection.closed();
  if (!cluster.ok()) co_return std::move(attempt);

  const OwnQuery query = SightingQuery(reference);
  Task<OwnResult> running =
      RunOwnQuery(connection, pool, query, work.cancellation);
  const OwnResult result = co_await std::move(running);
  attempt.connection_lost = result.connection_lost;
  const absl::StatusOr<Sighting> sighting =
      ReadSighting(reference, *cluster, result);
  attempt.status = sighting.status();
  if (!sighting.ok()) co_return std::move(attempt);
  work.response->set_outcome(JudgeSighting(*sighting));
  if (work.response->outcome() != v1::TRANSACTION_OUTCOME_UNKNOWN ||
      reference.request_id.empty()) {
    co_return std::move(attempt);
  }
  const RequestRecord record(reference.app, reference.request_id,
                             reference.request_digest);
  Task<absl::StatusOr<bool>> asking =
      record.IsKept(connection, pool, work.cancellation);
  const absl::StatusOr<bool> has_record = co_await std::move(asking);
  attempt.status = has_record.status();
  attempt.connection_lost = connection.closed();
  if (has_record.ok() && *has_record) {
    work.response->set_outcome(v1::TRANSACTION_OUTCOME_COMMITTED);
  }
  co_return std::move(attempt);
}

// What was committed is lost if another primary has come, which is asked then.
Task<Attempt> AwaitCurrent(const OutcomeWork& work, const Placement& place) {
  Attempt attempt;
  if (place.is_current()) co_return std::move(attempt);
  Task<absl::Status> waiting = place.AwaitCurrent(work.cancellation);
  attempt.status = co_await std::move(waiting);
  attempt.connection_lost = place.connection().closed();
  co_return std::move(attempt);
}

Task<Attempt> Try(const OutcomeWork& work, const OutcomeReference& reference,
                  const Placement& place) {
  Task<Attempt> looking =
      LookUp(work, reference, place.connection(), place.pool());
  Attempt attempt = co_await std::move(looking);
  if (!attempt.status.ok() ||
      work.response->outcome() != v1::TRANSACTION_OUTCOME_COMMITTED) {
    co_return std::move(attempt);
  }
  Task<Attempt> confirming = Confirm(work, place.connection(), place.pool());
  attempt = co_await std::move(confirming);
  if (!attempt.status.ok() ||
      work.response->outcome() != v1::TRANSACTION_OUTCOME_COMMITTED) {
    co_return std::move(attempt);
  }
  Task<Attempt> waiting = AwaitCurrent(work, place);
  attempt = co_await std::move(waiting);
  co_return std::move(attempt);
}

}  // namespace

v1::TransactionOutcome JudgeSighting(const Sighting& sighting) {
  if (sighting.place == Place::kElsewhere) {
    return v1::TRANSACTION_OUTCOME_UNKNOWN;
  }
  // After a crash as well: had it been committed, the WAL would have it, and
  // its id would not have been handed out again.
  if (sighting.status == "aborted") return v1::TRANSACTION_OUTCOME_ABORTED;
  // While a commit waits for a synchronous standby, too.
  if (sighting.status == "in progress") {
    return v1::TRANSACTION_OUTCOME_IN_PROGRESS;
  }
  if (sighting.status == "committed" && sighting.place == Place::kHere) {
    return v1::TRANSACTION_OUTCOME_COMMITTED;
  }
  return v1::TRANSACTION_OUTCOME_UNKNOWN;
}

Task<absl::Status> GetTransactionOutcome(ExecutionContext& context,
                                         const OutcomeWork& work) {
  absl::Status usable =
      context.CheckDatabase(work.permit, work.request.database());
  if (!usable.ok()) co_return usable;
  const absl::StatusOr<OutcomeReference> reference =
      OpenReference(context.sealer(), work.request.outcome_reference());
  if (!reference.ok()) co_return reference.status();
  if (reference->app != work.permit.app().name ||
      reference->database != work.request.database()) {
    co_return InvalidReference();
  }
  const absl::StatusOr<const policy::Grant*> grant =
      FindOutcomeGrant(work.permit, work.request.database());
  if (!grant.ok()) co_return grant.status();
  const absl::StatusOr<GrantedDatabase> database =
      context.FindGranted(work.permit, **grant);
  if (!database.ok()) co_return database.status();

  Timer timer(context.loop());
  timer.Start(work.deadline,
              [&work] { work.cancellation.Request(CancelCause::kDeadline); });
  for (int number = 1;; ++number) {
    Task<absl::StatusOr<Placement>> placing = PlaceOnPrimary(
        *database, postgres::Access::kReadWrite, work.cancellation);
    absl::StatusOr<Placement> placed = co_await std::move(placing);
    if (!placed.ok()) co_return placed.status();
    Task<Attempt> trying = Try(work, *reference, *placed);
    Attempt attempt = co_await std::move(trying);
    if (attempt.connection_lost) {
      placed->NoteFailure(topology::Suspicion::kConnectionLost);
    }
    const bool again = !attempt.status.ok() && attempt.connection_lost &&
                       number < kMaxAttempts && !work.cancellation.Requested();
    if (!again) co_return std::move(attempt.status);
  }
}

}  // namespace sluice::execution
