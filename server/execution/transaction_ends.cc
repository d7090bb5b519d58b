#include "server/execution/transaction_ends.h"

#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "server/base/deadline.h"
#include "server/base/error.h"
#include "server/base/proto_duration.h"
#include "server/execution/transaction_errors.h"
#include "server/execution/transaction_options.h"

namespace sluice::execution {
namespace {

using postgres::Access;
using postgres::Connection;

constexpr int kMaxAttempts = 3;

Task<absl::Status> SendBegin(const TransactionSide& side,
                             const Placement& place, const std::string& sql) {
  Connection& connection = place.connection();
  if (side.access == Access::kReadWrite) {
    // Its commit needs it, and within the transaction it is too late to ask.
    Task<absl::StatusOr<postgres::ClusterIdentity>> fetching =
        postgres::FetchCluster(connection, side.cancellation);
    const absl::StatusOr<postgres::ClusterIdentity> known =
        co_await std::move(fetching);
    if (!known.ok()) co_return known.status();
  }
  Task<postgres::CommandResult> beginning =
      postgres::RunCommand(connection, place.pool().canceller(), sql,
                           side.context.detail_policy(), side.cancellation);
  const postgres::CommandResult result = co_await std::move(beginning);
  co_return result.status;
}

// Its id; the last thing before the commit is to see that the node is still the
// primary.
Task<absl::StatusOr<postgres::TransactionId>> PrepareCommit(
    const TransactionSide& side, const Placement& place) {
  Task<absl::StatusOr<postgres::TransactionId>> asking =
      postgres::FetchTransactionId(
          place.connection(), place.pool().types(), place.pool().canceller(),
          side.context.detail_policy(), side.cancellation);
  absl::StatusOr<postgres::TransactionId> id = co_await std::move(asking);
  if (!id.ok()) co_return id.status();
  Task<absl::Status> waiting = place.AwaitCurrent(side.cancellation);
  absl::Status current = co_await std::move(waiting);
  if (!current.ok()) co_return current;
  co_return *id;
}

}  // namespace

Task<absl::Status> OpenTransaction(const TransactionSide& side,
                                   const v1::TransactBegin& begin,
                                   std::optional<Placement>& place,
                                   v1::TransactBegun* begun) {
  const std::string lock_timeout = LockTimeoutSql(begin.transaction());
  const std::string sql =
      absl::StrCat(BeginSql(begin.transaction()),
                   lock_timeout.empty() ? "" : "; ", lock_timeout);
  absl::Duration queue_time;
  absl::Status status;
  SteadyTime answered_after = SteadyTime::min();
  for (int attempt = 0; attempt < kMaxAttempts; ++attempt) {
    const SteadyTime asked_at = SteadyNow();
    place.reset();
    Task<absl::StatusOr<Placement>> placing = PlaceOnPrimary(
        side.database, side.access, side.cancellation, answered_after);
    absl::StatusOr<Placement> placed = co_await std::move(placing);
    if (!placed.ok()) co_return placed.status();
    queue_time += absl::FromChrono(SteadyNow() - asked_at);
    place.emplace(*std::move(placed));
    Task<absl::Status> sending = SendBegin(side, *place, sql);
    status = co_await std::move(sending);
    // Nothing is lost this early.
    const bool is_demoted = IsDemoted(*place, side.access, status);
    if (side.cancellation.Requested()) break;
    if (!place->connection().closed() && !is_demoted) break;
    if (is_demoted) answered_after = SteadyNow();
    place->NoteFailure(is_demoted ? topology::Suspicion::kReadOnly
                                  : topology::Suspicion::kConnectionLost);
  }
  begun->set_node(place->node());
  ToProto(queue_time, begun->mutable_queue_time());
  co_return place->connection().closed() ? TransactionLostError()
                                         : std::move(status);
}

bool IsDemoted(const Placement& place, Access access,
               const absl::Status& failure) {
  return place.cluster() != nullptr && access == Access::kReadWrite &&
         ReasonOf(failure) == v1::ERROR_REASON_READ_ONLY;
}

Task<postgres::CommitResult> CommitTransaction(const TransactionSide& side,
                                               const Placement& place) {
  postgres::CommitOptions options;
  options.detail_policy = side.context.detail_policy();
  postgres::TransactionId id;
  if (side.access == Access::kReadWrite) {
    if (place.wants_token()) {
      options.position = postgres::CommitOptions::Position::kWanted;
    }
    Task<absl::StatusOr<postgres::TransactionId>> preparing =
        PrepareCommit(side, place);
    const absl::StatusOr<postgres::TransactionId> prepared =
        co_await std::move(preparing);
    if (!prepared.ok()) {
      postgres::CommitResult refused;
      refused.status = prepared.status();
      co_return std::move(refused);
    }
    id = *prepared;
  }
  Task<postgres::CommitResult> committing =
      postgres::SendCommit(place.connection(), place.pool().canceller(), id,
                           options, side.cancellation);
  postgres::CommitResult result = co_await std::move(committing);
  co_return std::move(result);
}

}  // namespace sluice::execution
