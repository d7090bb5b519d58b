#include "tests/integration/watched_cluster.h"

#include <future>
#include <utility>

#include "server/base/deadline.h"
#include "server/base/node_name.h"
#include "server/base/proto_duration.h"
#include "server/base/task.h"
#include "tests/support/await.h"

namespace sluice::topology {
namespace {

using testing::PostgresCluster;

constexpr absl::Duration kRoundsLimit = absl::Seconds(20);

postgres::ConnectionSettings BackendOf(PostgresCluster& cluster) {
  postgres::ConnectionSettings backend;
  backend.host = cluster.pgbouncer().socket_folder();
  backend.port = cluster.pgbouncer().port();
  backend.user = PostgresCluster::kGatewayUser;
  backend.password = PostgresCluster::kGatewayPassword;
  backend.application_name = "sluice/test";
  return backend;
}

Task<void> StopAndTell(ClusterWatch& watch, std::promise<void>& stopped) {
  Task<void> stopping = watch.Stop();
  co_await std::move(stopping);
  stopped.set_value();
}

}  // namespace

config::v1::Cluster WatchedCluster::SettingsOf(PostgresCluster& cluster) {
  config::v1::Cluster settings;
  settings.set_name("main");
  settings.set_probe_entry("probe.{node}");
  ToProto(absl::Milliseconds(500), settings.mutable_probe_interval());
  ToProto(absl::Milliseconds(800), settings.mutable_probe_timeout());
  settings.set_max_missed_probes(3);
  for (size_t i = 0; i < cluster.size(); ++i) {
    config::v1::StaticNode& node =
        *settings.mutable_discovery()->mutable_static_()->add_nodes();
    node.set_name(PostgresCluster::NameOf(i));
    node.set_host(PostgresCluster::kServerName);
    node.set_port(cluster.PortOf(i));
  }
  return settings;
}

WatchedCluster::WatchedCluster(PostgresCluster& cluster,
                               const config::v1::Cluster& settings)
    : loop_("watch"),
      watch_(loop_, settings, kMaxNodeNameBytes, BackendOf(cluster),
             [this](const std::shared_ptr<const Topology>& topology) {
               Take(*topology);
             }) {
  loop_.Post([this] { watch_.Start(); });
}

WatchedCluster::~WatchedCluster() {
  std::promise<void> stopped;
  loop_.Post([&] { Spawn(StopAndTell(watch_, stopped)); });
  stopped.get_future().wait();
}

void WatchedCluster::Take(const Topology& topology) {
  const Node* primary = topology.primary();
  const std::string name = primary == nullptr ? "" : primary->address.name;
  MutexLock lock(&mutex_);
  if (primaries_.empty() || primaries_.back() != name) {
    primaries_.push_back(name);
  }
}

std::vector<std::string> WatchedCluster::Primaries() const {
  MutexLock lock(&mutex_);
  return primaries_;
}

Node WatchedCluster::NodeNow(const std::string& name) const {
  const Topology topology = Now();
  const Node* node = topology.Find(name);
  return node == nullptr ? Node() : *node;
}

std::string WatchedCluster::PrimaryNow() const {
  const Topology topology = Now();
  const Node* primary = topology.primary();
  return primary == nullptr ? "" : primary->address.name;
}

bool WatchedCluster::Await(
    absl::Duration limit,
    const std::function<bool(const Topology&)>& condition) const {
  return testing::Await(limit, [&] { return condition(Now()); });
}

bool WatchedCluster::AwaitPrimary(const std::string& name,
                                  absl::Duration limit) const {
  return testing::Await(limit, [&] { return PrimaryNow() == name; });
}

bool WatchedCluster::AwaitState(const std::string& name, NodeState state,
                                absl::Duration limit) const {
  return testing::Await(limit, [&] { return NodeNow(name).state == state; });
}

bool WatchedCluster::AwaitRounds() const {
  SteadyTime since = SteadyNow();
  const auto all_answered = [&](const Topology& topology) {
    for (const Node& node : topology.nodes) {
      const bool silent = node.state == NodeState::kDown ||
                          node.state == NodeState::kUnreachable;
      if (!silent && node.answered_at < since) return false;
    }
    return !topology.nodes.empty();
  };
  if (!Await(kRoundsLimit, all_answered)) return false;
  since = SteadyNow();
  return Await(kRoundsLimit, all_answered);
}

}  // namespace sluice::topology
