#include "server/config/cluster_validation.h"

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/time/time.h"
#include "server/base/host_port.h"
#include "server/base/node_name.h"
#include "server/base/proto_duration.h"
#include "server/config/field_checks.h"

namespace sluice::config {
namespace {

using google::protobuf::Duration;

constexpr uint32_t kMaxPort = 65535;

// "10.0.0.1:8500".
bool IsIpPort(const std::string& text) {
  const absl::StatusOr<HostPort> parsed = ParseHostPort(text, 0);
  return parsed.ok() && IsIpAddress(parsed->host);
}

// What the entry leaves for the name of a node, as often as that is in it.
size_t RoomForNode(const std::string& entry) {
  std::string rest = absl::StrReplaceAll(entry, {{kRoleMark, "r"}});
  const int marks = absl::StrReplaceAll({{kNodeMark, ""}}, &rest);
  if (marks == 0) return kMaxNodeNameBytes;
  return rest.size() >= kMaxNameBytes
             ? 0
             : (kMaxNameBytes - rest.size()) / static_cast<size_t>(marks);
}

// Of the names that are known; discovery may bring longer ones.
std::string LongestNodeName(const v1::Cluster& cluster) {
  std::string longest = "n";
  for (const v1::StaticNode& node : cluster.discovery().static_().nodes()) {
    if (node.name().size() > longest.size()) longest = node.name();
  }
  return longest;
}

class ClusterChecks : public FieldChecks {
 public:
  using FieldChecks::FieldChecks;

  void CheckCluster(const std::string& path, const v1::Cluster& cluster) {
    if (CheckGiven(path + ".name", cluster.name())) {
      CheckName(path + ".name", cluster.name());
      CheckUnique(path + ".name", cluster.name(), cluster_names_);
      if (!cluster.proposal_file().empty() && !IsClusterName(cluster.name())) {
        Add(path + ".name",
            "expected 1 to 63 of A-Z, a-z, 0-9, '.', '_' and '-', since there "
            "is a proposal_file");
      }
    }
    CheckDiscovery(path + ".discovery", cluster.discovery());
    const std::string longest = LongestNodeName(cluster);
    CheckEntryTemplate(path + ".probe_entry", cluster.probe_entry(),
                       {{kNodeMark, longest}});
    if (!absl::StrContains(cluster.probe_entry(), kNodeMark)) {
      Add(path + ".probe_entry", absl::StrCat("has no ", kNodeMark));
    }
    CheckProbes(path, cluster);
    CheckRange(path + ".max_connections", cluster.max_connections(), 1, 10'000);
    CheckNotNegative(path + ".max_write_wait", cluster.max_write_wait());
    CheckNotNegative(path + ".max_replica_wait", cluster.max_replica_wait());
    if (!cluster.proposal_file().empty()) {
      CheckFolder(path + ".proposal_file",
                  std::filesystem::path(cluster.proposal_file())
                      .parent_path()
                      .string());
    }
  }

  void CheckProbes(const std::string& path, const v1::Cluster& cluster) {
    CheckBetween(path + ".probe_interval", cluster.probe_interval(),
                 absl::Milliseconds(100), absl::Seconds(10));
    CheckBetween(path + ".probe_timeout", cluster.probe_timeout(),
                 absl::Milliseconds(50), absl::Seconds(10));
    CheckRange(path + ".max_missed_probes", cluster.max_missed_probes(), 1,
               UINT32_MAX);
  }

  // `cluster`: null if there is none of that name.
  void CheckDatabase(const std::string& path, const v1::Database& database,
                     const v1::Cluster* cluster) {
    CheckPositive(path + ".default_max_staleness",
                  database.default_max_staleness());
    const std::string longest =
        cluster == nullptr ? "n" : LongestNodeName(*cluster);
    CheckEntryTemplate(path + ".entry", database.entry(),
                       {{kRoleMark, "r"}, {kNodeMark, longest}});
    const bool has_mark = absl::StrContains(database.entry(), kNodeMark);
    if (database.cluster().empty()) {
      if (has_mark) {
        Add(path + ".entry",
            absl::StrCat("has ", kNodeMark, ", but the database no cluster"));
      }
      return;
    }
    if (cluster == nullptr) {
      Add(path + ".cluster",
          absl::StrCat("\"", database.cluster(), "\" is not among `clusters`"));
    }
    if (!has_mark) {
      Add(path + ".entry",
          absl::StrCat("has no ", kNodeMark, ", but the database a cluster"));
    }
    if (!database.node().empty()) {
      Add(path + ".node", "has no use with a cluster");
    }
  }

 private:
  void CheckBetween(const std::string& path, const Duration& duration,
                    absl::Duration least, absl::Duration most) {
    if (FromProto(duration) < least || FromProto(duration) > most) {
      Add(path, absl::StrCat("expected ", absl::FormatDuration(least), " to ",
                             absl::FormatDuration(most)));
    }
  }

  void CheckDiscovery(const std::string& path, const v1::Discovery& discovery) {
    const int count = static_cast<int>(discovery.has_static_()) +
                      static_cast<int>(discovery.has_file()) +
                      static_cast<int>(discovery.has_dns()) +
                      static_cast<int>(discovery.has_consul());
    if (count != 1) {
      return Add(path, "expected one of static, file, dns and consul");
    }
    if (discovery.has_static_()) {
      CheckStatic(path + ".static.nodes", discovery.static_());
    } else if (discovery.has_file()) {
      // There it may be later: a renderer that starts beside the server.
      CheckGiven(path + ".file.path", discovery.file().path());
    } else if (discovery.has_dns()) {
      CheckDns(path + ".dns", discovery.dns());
    } else {
      CheckConsul(path + ".consul", discovery.consul());
    }
  }

  void CheckStatic(const std::string& path,
                   const v1::StaticDiscovery& discovery) {
    if (discovery.nodes().empty()) Add(path, "at least one is required");
    if (static_cast<size_t>(discovery.nodes_size()) > kMaxNodes) {
      Add(path, absl::StrCat("more than ", kMaxNodes));
    }
    Uniques names;
    Uniques addresses;
    for (int i = 0; i < discovery.nodes_size(); ++i) {
      const v1::StaticNode& node = discovery.nodes(i);
      const std::string node_path = absl::StrCat(path, "[", i, "]");
      if (!node.name().empty() && !IsNodeName(node.name())) {
        Add(node_path + ".name",
            "expected 1 to 32 of a-z, 0-9, '.', '_' and '-'");
      }
      CheckUnique(node_path + ".name", node.name(), names);
      CheckRange(node_path + ".port", node.port(), 1, kMaxPort);
      if (!CheckGiven(node_path + ".host", node.host())) continue;
      const auto host = CanonicalHost(node.host());
      if (!host.has_value()) {
        Add(node_path + ".host", "expected a host name or an IP address");
        continue;
      }
      CheckUnique(node_path + ".host", absl::StrCat(*host, ":", node.port()),
                  addresses);
    }
  }

  void CheckDns(const std::string& path, const v1::DnsDiscovery& dns) {
    if (dns.names().empty()) Add(path + ".names", "at least one is required");
    Uniques names;
    for (int i = 0; i < dns.names_size(); ++i) {
      const std::string name_path = absl::StrCat(path, ".names[", i, "]");
      const auto name = CanonicalHost(dns.names(i));
      if (!name.has_value() || IsIpAddress(*name)) {
        Add(name_path, "expected a DNS name");
      } else {
        CheckUnique(name_path, *name, names);
      }
    }
    for (int i = 0; i < dns.servers_size(); ++i) {
      if (!IsIpAddress(dns.servers(i)) && !IsIpPort(dns.servers(i))) {
        Add(absl::StrCat(path, ".servers[", i, "]"),
            "expected an IP address, or one with a port");
      }
    }
    if (FromProto(dns.interval()) < absl::Seconds(1)) {
      Add(path + ".interval", "expected 1s or more");
    }
  }

  void CheckConsul(const std::string& path, const v1::ConsulDiscovery& consul) {
    if (!IsIpPort(consul.address())) {
      Add(path + ".address", "expected an IP address with a port");
    }
    if (CheckGiven(path + ".service", consul.service())) {
      CheckName(path + ".service", consul.service());
    }
    CheckName(path + ".datacenter", consul.datacenter());
    for (int i = 0; i < consul.tags_size(); ++i) {
      CheckGiven(absl::StrCat(path, ".tags[", i, "]"), consul.tags(i));
    }
    if (!consul.token_file().empty()) {
      CheckSecretFile(path + ".token_file", consul.token_file());
    }
    CheckBetween(path + ".wait", consul.wait(), absl::Seconds(1),
                 absl::Minutes(10));
  }

  Uniques cluster_names_;
};

}  // namespace

size_t MaxNodeNameBytes(const v1::Config& config, const v1::Cluster& cluster) {
  size_t most = std::min(kMaxNodeNameBytes, RoomForNode(cluster.probe_entry()));
  for (const v1::Database& database : config.databases()) {
    if (database.cluster() != cluster.name()) continue;
    most = std::min(most, RoomForNode(database.entry()));
  }
  return most;
}

void ValidateClusters(const v1::Config& config, ConfigFaults& faults) {
  ClusterChecks checks(faults);
  absl::flat_hash_map<std::string, const v1::Cluster*> clusters;
  for (int i = 0; i < config.clusters_size(); ++i) {
    checks.CheckCluster(absl::StrCat("clusters[", i, "]"), config.clusters(i));
    clusters.emplace(config.clusters(i).name(), &config.clusters(i));
  }
  for (int i = 0; i < config.databases_size(); ++i) {
    const v1::Database& database = config.databases(i);
    if (database.name().empty()) continue;
    const auto cluster = clusters.find(database.cluster());
    checks.CheckDatabase(absl::StrCat("databases[", i, "]"), database,
                         cluster == clusters.end() ? nullptr : cluster->second);
  }
}

}  // namespace sluice::config
