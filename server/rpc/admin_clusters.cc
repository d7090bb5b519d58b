#include "server/rpc/admin_clusters.h"

#include <map>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "server/base/cancellation.h"
#include "server/base/deadline.h"
#include "server/base/error.h"
#include "server/base/event_loop.h"
#include "server/base/proto_duration.h"
#include "server/base/proto_time.h"
#include "server/base/task.h"
#include "server/execution/request_validation.h"
#include "server/routing/router.h"
#include "server/rpc/unary_method.h"
#include "server/topology/cluster_watch.h"
#include "server/topology/topology.h"

namespace sluice::rpc {
namespace {

using execution::InvalidField;
using Service = v1::Admin::AsyncService;

constexpr int kAcceptors = 2;
constexpr absl::Duration kDefaultHold = absl::Seconds(10);
constexpr absl::Duration kLongestHold = absl::Seconds(60);
constexpr absl::Duration kDrainInterval = absl::Milliseconds(5);

struct AdminMethod {
  static constexpr auto kService = &ServerState::admin_service;
  static constexpr Proof kProof = Proof::kAdminToken;
};

absl::Status UnknownCluster(absl::string_view name) {
  return MakeError(
      absl::StatusCode::kNotFound, v1::ERROR_REASON_UNKNOWN_CLUSTER,
      absl::StrCat("there is no cluster \"", name, "\" in the configuration"),
      {{"field", "cluster"}, {"executed", "no"}});
}

absl::Status CheckCluster(const Worker& worker, const std::string& name) {
  if (name.empty()) return InvalidField("cluster", "is missing");
  return worker.state.parts.clusters.contains(name) ? absl::OkStatus()
                                                    : UnknownCluster(name);
}

// What all workers do with a cluster.
struct ClusterUse {
  bool writes_held = false;
  std::map<std::string, routing::NodeUse> nodes;
  // Calls that wait for a connection, by node.
  std::map<std::string, size_t> waiting;

  int writes() const {
    int count = 0;
    for (const auto& [name, node] : nodes) count += node.writes;
    return count;
  }
};

// Asks each worker on its loop; ends on that of the last one.
Task<ClusterUse> FindUse(Worker& worker, std::string cluster) {
  ClusterUse use;
  for (Worker* each : worker.state.workers) {
    EventLoop::EnterAwaiter entering = each->executor.loop().Enter();
    co_await entering;
    routing::Router* const router =
        each->executor.context().FindRouter(cluster);
    if (router == nullptr) continue;
    use.writes_held |= router->writes_held();
    for (const routing::NodeUse& node : router->ListNodes()) {
      routing::NodeUse& sum = use.nodes[node.node];
      sum.in_flight += node.in_flight;
      sum.writes += node.writes;
      use.waiting[node.node] +=
          each->executor.context().CountWaiting(cluster, node.node);
    }
  }
  co_return std::move(use);
}

v1::ClusterNodeState StateOf(const topology::Node& node) {
  switch (node.state) {
    case topology::NodeState::kUnknown:
      return v1::CLUSTER_NODE_STATE_UNSPECIFIED;
    case topology::NodeState::kUp:
      return v1::CLUSTER_NODE_STATE_UP;
    case topology::NodeState::kDown:
      return v1::CLUSTER_NODE_STATE_DOWN;
    case topology::NodeState::kUnreachable:
      return v1::CLUSTER_NODE_STATE_UNREACHABLE;
    case topology::NodeState::kForeign:
      return v1::CLUSTER_NODE_STATE_FOREIGN;
  }
  return v1::CLUSTER_NODE_STATE_UNSPECIFIED;
}

v1::ClusterNodeRole RoleOf(const topology::Node& node) {
  switch (node.role) {
    case topology::NodeRole::kUnknown:
      return v1::CLUSTER_NODE_ROLE_UNSPECIFIED;
    case topology::NodeRole::kPrimary:
      return v1::CLUSTER_NODE_ROLE_PRIMARY;
    case topology::NodeRole::kReplica:
      return v1::CLUSTER_NODE_ROLE_REPLICA;
  }
  return v1::CLUSTER_NODE_ROLE_UNSPECIFIED;
}

void TellLag(const topology::Lag& lag, v1::ClusterNode& told) {
  told.set_lag_bytes(lag.bytes);
  if (lag.time < absl::InfiniteDuration()) {
    ToProto(lag.time, told.mutable_lag());
  }
}

void TellConnections(const postgres::BudgetUse& use, v1::ClusterNode& told) {
  told.set_max_connections(static_cast<int32_t>(use.capacity));
  told.set_connections(static_cast<int32_t>(use.held));
  told.set_connections_in_use(static_cast<int32_t>(use.in_use));
}

void Tell(const topology::Node& node, const routing::NodeUse& use,
          v1::ClusterNode& told) {
  told.set_name(node.address.name);
  told.set_host(node.address.host);
  told.set_port(node.address.port);
  told.set_state(StateOf(node));
  told.set_role(RoleOf(node));
  told.set_timeline(node.timeline);
  if (node.lsn != 0) {
    told.set_lsn(absl::StrFormat("%X/%X", node.lsn >> 32,
                                 node.lsn & uint64_t{0xFFFFFFFF}));
  }
  if (node.lag.has_value()) TellLag(*node.lag, told);
  told.set_streaming_standbys(node.streaming_standbys);
  if (node.answered_at != SteadyTime()) {
    ToProto(node.round_trip, told.mutable_round_trip());
    ToProto(absl::FromChrono(SteadyNow() - node.answered_at),
            told.mutable_answer_age());
  }
  told.set_instances(node.instances);
  told.set_fault(node.fault);
  told.set_in_flight(use.in_flight);
  told.set_writes_in_flight(use.writes);
}

void Tell(const topology::Topology& topology, const ClusterUse& use,
          const execution::ConnectionBudgets& budgets,
          v1::ClusterTopology& told) {
  told.set_name(topology.cluster);
  if (topology.primary() != nullptr) {
    told.set_primary(topology.primary()->address.name);
  }
  told.set_fault(topology.fault);
  told.set_epoch(static_cast<int64_t>(topology.epoch));
  told.set_timeline(topology.timeline);
  if (topology.system_identifier != 0) {
    told.set_system_identifier(absl::StrCat(topology.system_identifier));
  }
  told.set_writes_held(use.writes_held);
  for (const topology::Node& node : topology.nodes) {
    auto found = use.nodes.find(node.address.name);
    v1::ClusterNode& told_node = *told.add_nodes();
    Tell(node, found == use.nodes.end() ? routing::NodeUse() : found->second,
         told_node);
    const auto budget = budgets.FindOfNode(topology.cluster, node.address.name);
    if (budget != nullptr) TellConnections(budget->use(), told_node);
    auto waiting = use.waiting.find(node.address.name);
    if (waiting != use.waiting.end()) {
      told_node.set_waiting_calls(static_cast<int32_t>(waiting->second));
    }
  }
}

struct GetTopologyMethod : AdminMethod {
  using Request = v1::GetTopologyRequest;
  using Response = v1::GetTopologyResponse;
  static constexpr auto kRequest = &Service::RequestGetTopology;
  static constexpr absl::string_view kPath = "/sluice.v1.Admin/GetTopology";

  static Task<absl::Status> Run(Worker& worker, const Caller& /*caller*/,
                                CallOf<GetTopologyMethod>& call) {
    const std::string& asked = call.request().cluster();
    v1::GetTopologyResponse& response = *call.response();
    response.set_instance(worker.state.parts.instance);
    for (const auto& [name, watch] : worker.state.parts.clusters) {
      if (!asked.empty() && name != asked) continue;
      const std::shared_ptr<const topology::Topology> topology = watch->Get();
      Task<ClusterUse> finding = FindUse(worker, name);
      const ClusterUse use = co_await std::move(finding);
      v1::ClusterTopology& told = *response.add_clusters();
      Tell(*topology, use, *worker.state.parts.budgets, told);
      told.set_discovery_fault(watch->discovery_fault());
    }
    co_return !asked.empty() && response.clusters().empty()
        ? UnknownCluster(asked)
        : absl::OkStatus();
  }
};

// The durations of a request, as they count.
struct Hold {
  absl::Duration duration = kDefaultHold;
  absl::Duration drain_timeout;
};

absl::StatusOr<Hold> HoldOf(const v1::HoldWritesRequest& request) {
  Hold hold;
  if (request.has_duration()) hold.duration = FromProto(request.duration());
  if (hold.duration <= absl::ZeroDuration() || hold.duration > kLongestHold) {
    return InvalidField("duration", "is not above 0 and at most 60s");
  }
  hold.drain_timeout = request.has_drain_timeout()
                           ? FromProto(request.drain_timeout())
                           : hold.duration / 2;
  if (hold.drain_timeout < absl::ZeroDuration() ||
      hold.drain_timeout > hold.duration) {
    return InvalidField("drain_timeout", "is negative or above duration");
  }
  return hold;
}

void ReleaseOnAllWorkers(Worker& worker, const std::string& cluster) {
  for (Worker* each : worker.state.workers) {
    each->executor.ReleaseWrites(cluster);
  }
}

struct HoldWritesMethod : AdminMethod {
  using Request = v1::HoldWritesRequest;
  using Response = v1::HoldWritesResponse;
  static constexpr auto kRequest = &Service::RequestHoldWrites;
  static constexpr absl::string_view kPath = "/sluice.v1.Admin/HoldWrites";

  static Task<absl::Status> Run(Worker& worker, const Caller& /*caller*/,
                                CallOf<HoldWritesMethod>& call) {
    const std::string cluster = call.request().cluster();
    const absl::Status known = CheckCluster(worker, cluster);
    if (!known.ok()) co_return known;
    const absl::StatusOr<Hold> hold = HoldOf(call.request());
    if (!hold.ok()) co_return hold.status();
    for (Worker* each : worker.state.workers) {
      each->executor.HoldWrites(cluster, hold->duration);
    }
    ToProto(absl::Now() + hold->duration,
            call.response()->mutable_expire_time());
    const Deadline patience = Deadline::In(
        std::min(hold->drain_timeout,
                 DeadlineOf(call.context(), UnaryDuration(worker.state.limits))
                         .Remaining() /
                     2));
    for (;;) {
      Task<ClusterUse> finding = FindUse(worker, cluster);
      const ClusterUse use = co_await std::move(finding);
      EventLoop::EnterAwaiter entering = worker.executor.loop().Enter();
      co_await entering;
      if (call.cancellation().Requested()) {
        // The caller may have asked for the release before the hold came.
        ReleaseOnAllWorkers(worker, cluster);
        co_return CancellationError(call.cancellation().cause(), "drain");
      }
      call.response()->set_writes_in_progress(use.writes());
      if (use.writes() == 0 || patience.Expired()) co_return absl::OkStatus();
      SleepAwaiter a_while(worker.executor.loop(),
                           Deadline::In(kDrainInterval));
      co_await a_while;
    }
  }
};

struct ReleaseWritesMethod : AdminMethod {
  using Request = v1::ReleaseWritesRequest;
  using Response = v1::ReleaseWritesResponse;
  static constexpr auto kRequest = &Service::RequestReleaseWrites;
  static constexpr absl::string_view kPath = "/sluice.v1.Admin/ReleaseWrites";

  static Task<absl::Status> Run(Worker& worker, const Caller& /*caller*/,
                                CallOf<ReleaseWritesMethod>& call) {
    const std::string& cluster = call.request().cluster();
    const absl::Status known = CheckCluster(worker, cluster);
    if (!known.ok()) co_return known;
    ReleaseOnAllWorkers(worker, cluster);
    co_return absl::OkStatus();
  }
};

}  // namespace

void ServeAdminClusters(Worker& worker) {
  ServeMethod<GetTopologyMethod>(worker, kAcceptors);
  ServeMethod<HoldWritesMethod>(worker, kAcceptors);
  ServeMethod<ReleaseWritesMethod>(worker, kAcceptors);
}

}  // namespace sluice::rpc
