#include "server/config/cluster_defaults.h"

#include <algorithm>
#include <cstdint>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "server/base/proto_duration.h"
#include "server/config/field_checks.h"

namespace sluice::config {
namespace {

constexpr uint32_t kPostgresPort = 5432;

void FillDatabase(v1::Database& database) {
  const bool is_on_cluster = !database.cluster().empty();
  if (database.entry().empty()) {
    database.set_entry(absl::StrCat(database.name(), ".", kRoleMark,
                                    is_on_cluster ? "." : "",
                                    is_on_cluster ? kNodeMark : ""));
  }
  if (database.node().empty() && !is_on_cluster) database.set_node("primary");
  if (database.default_consistency() == v1::DEFAULT_CONSISTENCY_UNSPECIFIED) {
    database.set_default_consistency(v1::DEFAULT_CONSISTENCY_STRONG);
  }
  if (!database.has_default_max_staleness()) {
    ToProto(absl::Seconds(1), database.mutable_default_max_staleness());
  }
}

void FillStatic(const ConfigFaults& faults, const std::string& path,
                v1::StaticDiscovery& discovery) {
  for (int i = 0; i < discovery.nodes_size(); ++i) {
    if (!faults.IsGiven(absl::StrCat(path, ".nodes[", i, "].port"))) {
      discovery.mutable_nodes(i)->set_port(kPostgresPort);
    }
  }
}

void FillDiscovery(const ConfigFaults& faults, const std::string& path,
                   v1::Discovery& discovery) {
  if (discovery.has_static_()) {
    FillStatic(faults, path + ".static", *discovery.mutable_static_());
  }
  if (discovery.has_dns() && !discovery.dns().has_interval()) {
    ToProto(absl::Seconds(5), discovery.mutable_dns()->mutable_interval());
  }
  if (!discovery.has_consul()) return;
  v1::ConsulDiscovery& consul = *discovery.mutable_consul();
  if (consul.address().empty()) consul.set_address("127.0.0.1:8500");
  if (!consul.has_wait()) ToProto(absl::Seconds(60), consul.mutable_wait());
}

void FillCluster(const ConfigFaults& faults, const std::string& path,
                 const v1::Pool& pool, v1::Cluster& cluster) {
  if (cluster.probe_entry().empty()) {
    cluster.set_probe_entry(absl::StrCat("probe.", kNodeMark));
  }
  if (!cluster.has_probe_interval()) {
    ToProto(absl::Milliseconds(500), cluster.mutable_probe_interval());
  }
  if (!cluster.has_probe_timeout()) {
    ToProto(absl::Milliseconds(800), cluster.mutable_probe_timeout());
  }
  if (!faults.IsGiven(path + ".max_missed_probes")) {
    cluster.set_max_missed_probes(3);
  }
  if (!cluster.has_max_write_wait()) {
    ToProto(absl::Seconds(10), cluster.mutable_max_write_wait());
  }
  if (!cluster.has_max_replica_wait()) {
    ToProto(absl::Milliseconds(100), cluster.mutable_max_replica_wait());
  }
  if (cluster.max_spilled_reads() == 0) {
    cluster.set_max_spilled_reads(std::max(1u, pool.max_connections() / 2));
  }
  if (cluster.max_connections() == 0) {
    cluster.set_max_connections(pool.max_connections());
  }
  if (!faults.IsGiven(path + ".reserved_connections")) {
    cluster.set_reserved_connections(5);
  }
  FillDiscovery(faults, path + ".discovery", *cluster.mutable_discovery());
}

}  // namespace

void FillClusterDefaults(const ConfigFaults& faults, v1::Config& config) {
  for (v1::Database& database : *config.mutable_databases()) {
    FillDatabase(database);
  }
  for (int i = 0; i < config.clusters_size(); ++i) {
    FillCluster(faults, absl::StrCat("clusters[", i, "]"), config.pool(),
                *config.mutable_clusters(i));
  }
}

}  // namespace sluice::config
