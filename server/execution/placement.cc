#include "server/execution/placement.h"

#include <utility>

#include "server/base/deadline.h"
#include "server/base/error.h"
#include "server/base/event_loop.h"
#include "server/base/proto_duration.h"
#include "server/postgres/lease_request.h"
#include "server/postgres/transaction.h"
#include "server/routing/consistency_token.h"

namespace sluice::execution {
namespace {

using routing::ReadNeed;
using topology::Suspicion;

const ReadNeed kStrong;
const std::vector<std::string> kNone;

// The policy or the nodes have changed since the work was admitted.
absl::Status PoolGone(const GrantedDatabase& where) {
  absl::Status status = where.database->CheckRole(where.role);
  if (!status.ok()) return status;
  return MakeError(absl::StatusCode::kUnavailable,
                   v1::ERROR_REASON_BACKEND_UNAVAILABLE,
                   "the nodes of the database have changed meanwhile",
                   {{"executed", "no"}, {"phase", "queue"}});
}

postgres::LeaseRequest RequestOf(const GrantedDatabase& where,
                                 postgres::Access access) {
  postgres::LeaseRequest request;
  request.access = access;
  request.app = where.app;
  request.time = where.time;
  return request;
}

bool CannotReach(const absl::Status& status) {
  return ReasonOf(status) == v1::ERROR_REASON_BACKEND_UNAVAILABLE;
}

Task<absl::StatusOr<Placement>> PlaceOnOnlyNode(const GrantedDatabase& where,
                                                postgres::Access access,
                                                Cancellation& cancellation) {
  const std::string& node = where.database->node();
  std::shared_ptr<postgres::Pool> pool =
      where.database->FindPool(node, where.role);
  if (pool == nullptr) co_return PoolGone(where);
  const postgres::LeaseRequest request = RequestOf(where, access);
  Task<absl::StatusOr<postgres::Lease>> acquiring =
      pool->Acquire(request, cancellation);
  absl::StatusOr<postgres::Lease> lease = co_await std::move(acquiring);
  if (!lease.ok()) co_return lease.status();
  co_return Placement(node, std::move(pool), *std::move(lease));
}

// On the node of `route`, or no node.
Task<absl::StatusOr<Placement>> PlaceOnRoute(const GrantedDatabase& where,
                                             routing::Route route,
                                             postgres::Access access,
                                             Cancellation& cancellation) {
  WorkerCluster& cluster = *where.database->cluster();
  std::shared_ptr<postgres::Pool> pool =
      where.database->FindPool(route.node(), where.role);
  if (pool == nullptr) co_return PoolGone(where);
  postgres::LeaseRequest request = RequestOf(where, access);
  // All that waited for a primary come at once.
  if (route.has_waited()) request.room = postgres::QueueRoom::kGranted;
  Task<absl::StatusOr<postgres::Lease>> acquiring =
      pool->Acquire(request, cancellation);
  absl::StatusOr<postgres::Lease> lease = co_await std::move(acquiring);
  if (!lease.ok()) {
    if (CannotReach(lease.status())) {
      route.NoteFailure();
      cluster.Suspect(route.node(), Suspicion::kConnectionLost);
    }
    co_return lease.status();
  }
  co_return Placement(cluster, std::move(route), std::move(pool),
                      *std::move(lease));
}

// A read that need not be strong, on a cluster.
Task<absl::StatusOr<Placement>> PlaceWhereItFits(const GrantedDatabase& where,
                                                 const ReadNeed& need,
                                                 EarlierTries tries,
                                                 Cancellation& cancellation) {
  WorkerCluster& cluster = *where.database->cluster();
  const Deadline patience = Deadline::In(cluster.max_write_wait());
  for (;;) {
    Task<absl::StatusOr<routing::Route>> routing = cluster.router().RouteRead(
        need, tries.replicas, cancellation, tries.primary_at);
    absl::StatusOr<routing::Route> route = co_await std::move(routing);
    if (!route.ok()) co_return route.status();
    const std::string node = route->node();
    const bool is_on_primary = route->is_on_primary();
    Task<absl::StatusOr<Placement>> placing = PlaceOnRoute(
        where, *std::move(route), postgres::Access::kReadOnly, cancellation);
    absl::StatusOr<Placement> placed = co_await std::move(placing);
    if (placed.ok()) {
      if (placed->StillFits(need)) co_return std::move(placed);
      // It may soon fit again.
      if (!patience.Expired()) continue;
    } else if (!CannotReach(placed.status()) || patience.Expired()) {
      co_return std::move(placed);
    }
    if (is_on_primary) {
      // The last resort: it may be back before the read has to end.
      tries.primary_at = SteadyNow();
    } else {
      tries.replicas.push_back(node);
    }
  }
}

}  // namespace

Placement::Placement(std::string node, std::shared_ptr<postgres::Pool> pool,
                     postgres::Lease lease)
    : node_(std::move(node)),
      pool_(std::move(pool)),
      lease_(std::move(lease)) {}

Placement::Placement(WorkerCluster& cluster, routing::Route route,
                     std::shared_ptr<postgres::Pool> pool,
                     postgres::Lease lease)
    : cluster_(&cluster),
      route_(std::move(route)),
      node_(route_.node()),
      pool_(std::move(pool)),
      lease_(std::move(lease)) {}

Task<absl::Status> Placement::AwaitCurrent(Cancellation& cancellation) const {
  if (cluster_ == nullptr) co_return absl::OkStatus();
  Task<absl::Status> waiting =
      cluster_->router().AwaitCurrent(route_.epoch(), cancellation);
  absl::Status status = co_await std::move(waiting);
  co_return status;
}

void Placement::Describe(v1::ExecutionSummary& summary) const {
  summary.set_node(node_);
  if (cluster_ != nullptr && route_.lag().has_value() &&
      *route_.lag() < absl::InfiniteDuration()) {
    ToProto(*route_.lag(), summary.mutable_node_lag());
  }
}

void Placement::NoteLatency(absl::Duration latency) {
  if (cluster_ != nullptr) route_.NoteLatency(latency);
}

void Placement::NoteFailure(Suspicion suspicion) {
  if (cluster_ == nullptr) return;
  if (suspicion == Suspicion::kConnectionLost) route_.NoteFailure();
  cluster_->Suspect(node_, suspicion);
}

void EarlierTries::Add(const Placement& failed) {
  if (failed.is_on_primary()) {
    primary_at = SteadyNow();
  } else {
    replicas.push_back(failed.node());
  }
}

Task<absl::StatusOr<Placement>> PlaceOnPrimary(const GrantedDatabase& where,
                                               postgres::Access access,
                                               Cancellation& cancellation,
                                               SteadyTime answered_after) {
  WorkerCluster* const cluster = where.database->cluster();
  if (cluster == nullptr) {
    Task<absl::StatusOr<Placement>> placing =
        PlaceOnOnlyNode(where, access, cancellation);
    absl::StatusOr<Placement> placed = co_await std::move(placing);
    co_return std::move(placed);
  }
  const Deadline patience = Deadline::In(cluster->max_write_wait());
  for (;;) {
    Task<absl::StatusOr<routing::Route>> routing =
        access == postgres::Access::kReadWrite
            ? cluster->router().RouteWrite(cancellation, answered_after)
            : cluster->router().RouteRead(kStrong, kNone, cancellation,
                                          answered_after);
    absl::StatusOr<routing::Route> route = co_await std::move(routing);
    if (!route.ok()) co_return route.status();
    const uint64_t epoch = route->epoch();
    Task<absl::StatusOr<Placement>> placing =
        PlaceOnRoute(where, *std::move(route), access, cancellation);
    absl::StatusOr<Placement> placed = co_await std::move(placing);
    if (!placed.ok() && (!CannotReach(placed.status()) || patience.Expired())) {
      co_return placed.status();
    }
    if (placed.ok() && cluster->router().IsCurrent(epoch)) {
      co_return std::move(placed);
    }
    // What could not be reached has to answer before it is tried again.
    if (!placed.ok()) answered_after = SteadyNow();
  }
}

Task<absl::StatusOr<Placement>> PlaceRead(const GrantedDatabase& where,
                                          const ReadNeed& need,
                                          EarlierTries tries,
                                          Cancellation& cancellation) {
  return where.database->cluster() == nullptr ||
                 need.level == ReadNeed::Level::kStrong
             ? PlaceOnPrimary(where, postgres::Access::kReadOnly, cancellation,
                              tries.primary_at)
             : PlaceWhereItFits(where, need, std::move(tries), cancellation);
}

absl::StatusOr<ReadNeed> ReadNeedOf(const v1::RequestOptions& options,
                                    const Database& database) {
  const v1::Consistency& consistency = options.consistency();
  ReadNeed need;
  switch (consistency.level_case()) {
    case v1::Consistency::kStrong:
      need.level = ReadNeed::Level::kStrong;
      return need;
    case v1::Consistency::kAtLeast: {
      absl::StatusOr<routing::ConsistencyToken> token =
          routing::ParseToken(consistency.at_least());
      if (!token.ok()) return token.status();
      need.level = ReadNeed::Level::kAtLeast;
      need.token = *token;
      return need;
    }
    case v1::Consistency::kMaxStaleness:
      need.level = ReadNeed::Level::kBounded;
      need.max_staleness = FromProto(consistency.max_staleness());
      return need;
    case v1::Consistency::kAny:
      need.level = ReadNeed::Level::kAny;
      return need;
    case v1::Consistency::LEVEL_NOT_SET:
      break;
  }
  return database.default_need();
}

Task<std::string> FetchToken(postgres::Connection& connection,
                             Cancellation& cancellation) {
  Task<absl::StatusOr<postgres::ClusterIdentity>> fetching =
      postgres::FetchCluster(connection, cancellation);
  const absl::StatusOr<postgres::ClusterIdentity> cluster =
      co_await std::move(fetching);
  if (!cluster.ok()) co_return "";
  Task<uint64_t> asking = postgres::FetchPosition(connection, cancellation);
  const uint64_t lsn = co_await std::move(asking);
  co_return MakeConsistencyToken(connection, lsn);
}

std::string MakeConsistencyToken(const postgres::Connection& connection,
                                 uint64_t lsn) {
  const std::optional<postgres::ClusterIdentity>& cluster =
      connection.cluster();
  if (lsn == 0 || !cluster.has_value() || cluster->system_identifier == 0 ||
      cluster->timeline == 0) {
    return "";
  }
  routing::ConsistencyToken token;
  token.system_identifier = cluster->system_identifier;
  token.timeline = cluster->timeline;
  token.lsn = lsn;
  return routing::EncodeToken(token);
}

}  // namespace sluice::execution
