// Placement: where one attempt of some work runs: a node that was chosen for
// it, and a connection there.

#ifndef SLUICE_SERVER_EXECUTION_PLACEMENT_H_
#define SLUICE_SERVER_EXECUTION_PLACEMENT_H_

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "server/base/cancellation.h"
#include "server/base/task.h"
#include "server/execution/database.h"
#include "server/postgres/connection.h"
#include "server/postgres/fair_share.h"
#include "server/postgres/pool.h"
#include "server/postgres/session_state.h"
#include "server/routing/read_need.h"
#include "server/routing/router.h"
#include "sluice/v1/database.pb.h"

namespace sluice::execution {

// Where work of one app runs: a database under the role of a grant.
struct GrantedDatabase {
  const std::string& name() const { return database->name(); }

  Database* database = nullptr;
  // Of the grant; lives as long as that.
  absl::string_view role;
  // Whose the work is, and how long it holds a connection; lives as long as the
  // work. Empty for the gateway's own.
  absl::string_view app;
  postgres::HoldTime time = postgres::HoldTime::kShort;
};

// Lifetime: the database outlives it.
class Placement {
 public:
  // On the one node of a database that is on no cluster.
  Placement(std::string node, std::shared_ptr<postgres::Pool> pool,
            postgres::Lease lease);
  // On a node of `cluster`.
  Placement(WorkerCluster& cluster, routing::Route route,
            std::shared_ptr<postgres::Pool> pool, postgres::Lease lease);
  Placement(Placement&&) noexcept = default;
  Placement& operator=(Placement&&) noexcept = delete;

  const std::string& node() const { return node_; }
  postgres::Pool& pool() const { return *pool_; }
  postgres::Connection& connection() const { return *lease_; }
  // Null: it is on none.
  WorkerCluster* cluster() const { return cluster_; }
  // Whether what is written here is to be given a consistency token.
  bool wants_token() const {
    return cluster_ != nullptr && cluster_->has_replicas();
  }

  // Whether what was written here may be committed: Router::IsCurrent. Always
  // on no cluster.
  bool is_current() const {
    return cluster_ == nullptr || cluster_->router().IsCurrent(route_.epoch());
  }
  // Waits until it may. Errors: Router::AwaitCurrent.
  Task<absl::Status> AwaitCurrent(Cancellation& cancellation) const;

  // Whether a read that was placed here may be sent: Router::StillFits. Always
  // on no cluster.
  bool StillFits(const routing::ReadNeed& need) {
    return cluster_ == nullptr || cluster_->router().StillFits(need, route_);
  }
  // Whether it is on the primary, or on no cluster.
  bool is_on_primary() const {
    return cluster_ == nullptr || route_.is_on_primary();
  }

  // Names the node, and how far it was behind, in what the caller is told.
  void Describe(v1::ExecutionSummary& summary) const;

  // Tells the router how it goes, for later choices: how long the node took to
  // its first answer.
  void NoteLatency(absl::Duration latency);
  // The connection was lost, or the node would not do what its role is.
  void NoteFailure(topology::Suspicion suspicion);

 private:
  // In the order in which they must not go.
  WorkerCluster* cluster_ = nullptr;
  routing::Route route_;
  std::string node_;
  std::shared_ptr<postgres::Pool> pool_;
  postgres::Lease lease_;
};

// What earlier attempts of some work came to.
struct EarlierTries {
  // Another one is not to be made there.
  std::vector<std::string> replicas;
  // The primary, for which there is no other, has to have answered since.
  SteadyTime primary_at = SteadyTime::min();

  void Add(const Placement& failed);
};

// On the primary: at once, or once there is one again, for at most the
// cluster's `max_write_wait`. What is placed so with kReadWrite is cut off when
// another primary is accepted. `answered_after`: as for Router::RouteWrite.
// Errors, all "nothing executed": those of Pool::Acquire and
// Router::RouteWrite.
Task<absl::StatusOr<Placement>> PlaceOnPrimary(
    const GrantedDatabase& where, postgres::Access access,
    Cancellation& cancellation, SteadyTime answered_after = SteadyTime::min());

// A read, on a node that satisfies `need` by the time there is a connection.
// Errors: those of Pool::Acquire and Router::RouteRead.
Task<absl::StatusOr<Placement>> PlaceRead(const GrantedDatabase& where,
                                          const routing::ReadNeed& need,
                                          EarlierTries tries,
                                          Cancellation& cancellation);

// The freshness that a read asks for, or else its database's default.
// Errors: those of routing::ParseToken.
absl::StatusOr<routing::ReadNeed> ReadNeedOf(const v1::RequestOptions& options,
                                             const Database& database);

// The token for what was committed until now on a connection; empty where that
// is not known.
Task<std::string> FetchToken(postgres::Connection& connection,
                             Cancellation& cancellation);
// The token for what was committed on `connection` before `lsn`; empty where
// that is not known.
std::string MakeConsistencyToken(const postgres::Connection& connection,
                                 uint64_t lsn);

}  // namespace sluice::execution

#endif  // SLUICE_SERVER_EXECUTION_PLACEMENT_H_
