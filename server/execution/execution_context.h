// ExecutionContext: what all executions of one worker share: its loop, the
// limits, the classes of statements, the databases and their pools.

#ifndef SLUICE_SERVER_EXECUTION_EXECUTION_CONTEXT_H_
#define SLUICE_SERVER_EXECUTION_EXECUTION_CONTEXT_H_

#include <cstddef>
#include <memory>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "server/base/cancellation.h"
#include "server/base/event_loop.h"
#include "server/base/task.h"
#include "server/execution/database.h"
#include "server/execution/placement.h"
#include "server/execution/request_pruner.h"
#include "server/execution/result_sink.h"
#include "server/execution/served_database.h"
#include "server/execution/statement_classes.h"
#include "server/execution/worker_cluster.h"
#include "server/identity/sealer.h"
#include "server/policy/permit.h"
#include "server/policy/policy.h"
#include "server/policy/statement_classifier.h"
#include "server/postgres/server_error.h"
#include "server/routing/router.h"
#include "server/topology/topology.h"
#include "sluice/config/v1/config.pb.h"
#include "sluice/v1/database.pb.h"

namespace sluice::execution {

// Threads: belongs to one event loop; the constructor may run on any.
// Lifetime: outlives every execution; `sealer` outlives it.
class ExecutionContext {
 public:
  ExecutionContext(EventLoop& loop, policy::StatementClassifier& classifier,
                   const config::v1::Config& config, const ServedPlaces& places,
                   const identity::Sealer& sealer);
  // Drained by then.
  ~ExecutionContext() = default;
  ExecutionContext(const ExecutionContext&) = delete;

  EventLoop& loop() { return loop_; }
  const config::v1::Limits& limits() const { return limits_; }
  postgres::DetailPolicy detail_policy() const { return detail_policy_; }
  // Seals and opens outcome references.
  const identity::Sealer& sealer() const { return sealer_; }
  RequestPruner& request_pruner() { return request_pruner_; }

  // Null for one that is not served.
  const Database* FindDatabase(absl::string_view name) const;

  // Keeps pools for the roles that `policy` names, and for no others. Before
  // the policy comes into force, so that its first calls find theirs.
  void Serve(const std::shared_ptr<const policy::Policy>& policy);

  // Takes notice of a newer state of the cluster that it names.
  void Update(const std::shared_ptr<const topology::Topology>& topology);
  // How it chooses the nodes of a cluster; null for one that is not known.
  routing::Router* FindRouter(absl::string_view cluster);
  // Calls that wait for a connection to a node of a cluster.
  size_t CountWaiting(absl::string_view cluster, absl::string_view node) const;
  // Makes new writes to a cluster wait for so long at most, or lets them go.
  void HoldWrites(absl::string_view cluster, absl::Duration most);
  void ReleaseWrites(absl::string_view cluster);

  // Whether the caller may use the database at all.
  // Errors: NOT_FOUND (UNKNOWN_DATABASE).
  absl::Status CheckDatabase(const policy::Permit& permit,
                             absl::string_view database) const;

  // Where what needs all of `needed` runs.
  // Errors: those of Permit::FindGrant and Database::CheckRole.
  absl::StatusOr<GrantedDatabase> FindGranted(const policy::Permit& permit,
                                              absl::string_view database,
                                              policy::Rights needed);
  absl::StatusOr<GrantedDatabase> FindGranted(const policy::Permit& permit,
                                              const policy::Grant& grant);

  // The limits of a result that is asked for with `options` by an app.
  ResultLimits UnaryLimits(const v1::RequestOptions& options,
                           const policy::AppLimits& app) const;
  ResultLimits StreamLimits(const v1::RequestOptions& options,
                            const policy::AppLimits& app) const;

  // Says whether an RPC takes a statement.
  using Rule = absl::Status (*)(const policy::StatementFacts& facts);
  // The facts of a statement that its RPC takes.
  // Errors: those of the rule, of StatementClasses::Classify, and of a call
  // that was cancelled meanwhile.
  Task<absl::StatusOr<policy::StatementFacts>> Admit(
      const std::string& sql, Rule rule, const Cancellation& cancellation);

  // Refuses work from now on; ends when what is in progress has ended.
  Task<void> Drain();

 private:
  EventLoop& loop_;
  const config::v1::Limits limits_;
  const postgres::DetailPolicy detail_policy_;
  const identity::Sealer& sealer_;
  StatementClasses classes_;
  absl::flat_hash_map<std::string, std::unique_ptr<WorkerCluster>> clusters_;
  absl::flat_hash_map<std::string, std::unique_ptr<Database>> databases_;
  RequestPruner request_pruner_;
};

}  // namespace sluice::execution

#endif  // SLUICE_SERVER_EXECUTION_EXECUTION_CONTEXT_H_
