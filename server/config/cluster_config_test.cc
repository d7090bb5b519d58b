// What LoadConfig makes of clusters, and of the databases on them.

#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/base/proto_duration.h"
#include "server/config/cluster_validation.h"
#include "server/config/config_loader.h"

namespace sluice::config {
namespace {

using testing::HasSubstr;

// Everything but databases and clusters; FILE is one that can be read.
constexpr char kBase[] = R"(listener: {certificate_file: FILE,
  private_key_file: FILE, client_ca_file: FILE}
identity: {trust_domain: sluice.example}
policy_file: FILE
tokens: {key_folder: .}
backend: {host: /run/pgbouncer, user: sluice, password_file: FILE}
)";

constexpr char kStatic[] = "discovery: {static: {nodes: [{host: db1}]}}";

class ClusterConfigTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "/cluster_config_test.XXXXXX";
    folder_ = std::filesystem::canonical(mkdtemp(pattern.data())).string();
    Write("secret", 0600);
    Write("open", 0644);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  void Write(const std::string& name, mode_t mode) {
    std::ofstream(folder_ + "/" + name) << "x";
    chmod((folder_ + "/" + name).c_str(), mode);
  }

  absl::StatusOr<v1::Config> Load(const std::string& sections) {
    std::ofstream(folder_ + "/sluiced.yaml")
        << absl::StrReplaceAll(kBase, {{"FILE", "secret"}}) << sections;
    return LoadConfig(folder_ + "/sluiced.yaml");
  }

  std::string FaultsWith(const std::string& sections) {
    return std::string(Load(sections).status().message());
  }

  // Faults of a cluster with these fields in addition to its name and, unless
  // they give one, a static discovery.
  std::string FaultsOfCluster(const std::string& fields) {
    const bool has_discovery = fields.find("discovery:") != std::string::npos;
    return FaultsWith(absl::StrCat(
        "databases: [{name: d}]\nclusters: [{name: c, ",
        has_discovery ? "" : absl::StrCat(kStatic, ", "), fields, "}]\n"));
  }
  std::string FaultsOfDiscovery(const std::string& discovery) {
    return FaultsOfCluster(absl::StrCat("discovery: {", discovery, "}"));
  }
  // Faults of a database on that cluster.
  std::string FaultsOfDatabase(const std::string& fields) {
    return FaultsWith(absl::StrCat("databases: [{name: d, ", fields,
                                   "}]\nclusters: [{name: c, ", kStatic,
                                   "}]\n"));
  }

  std::string folder_;
};

TEST_F(ClusterConfigTest, FillsInEveryDefaultOfACluster) {
  const auto config = Load(absl::StrCat(
      "databases: [{name: d, cluster: c}]\npool: {max_connections: 9}\n"
      "clusters: [{name: c, ",
      kStatic, "}]\n"));
  ASSERT_TRUE(config.ok()) << config.status();
  const v1::Cluster& cluster = config->clusters(0);
  EXPECT_EQ(cluster.probe_entry(), "probe.{node}");
  EXPECT_EQ(FromProto(cluster.probe_interval()), absl::Milliseconds(500));
  EXPECT_EQ(FromProto(cluster.probe_timeout()), absl::Milliseconds(800));
  EXPECT_EQ(cluster.max_missed_probes(), 3);
  EXPECT_EQ(cluster.min_streaming_standbys(), 0);
  EXPECT_EQ(FromProto(cluster.max_write_wait()), absl::Seconds(10));
  EXPECT_EQ(FromProto(cluster.max_replica_wait()), absl::Milliseconds(100));
  EXPECT_EQ(cluster.max_spilled_reads(), 4);
  EXPECT_EQ(cluster.proposal_file(), "");
  EXPECT_EQ(cluster.system_identifier(), 0);
  EXPECT_EQ(cluster.discovery().static_().nodes(0).port(), 5432);
  const v1::Database& database = config->databases(0);
  EXPECT_EQ(database.entry(), "d.{role}.{node}");
  EXPECT_EQ(database.node(), "");
  EXPECT_EQ(database.default_consistency(), v1::DEFAULT_CONSISTENCY_STRONG);
  EXPECT_EQ(FromProto(database.default_max_staleness()), absl::Seconds(1));
}

TEST_F(ClusterConfigTest, FillsInEveryDefaultOfDnsAndConsul) {
  const auto config = Load(
      "databases: [{name: d}]\nclusters:\n"
      "  - {name: a, discovery: {dns: {names: [_p._tcp.db]}}}\n"
      "  - {name: b, discovery: {consul: {service: postgresql}}}\n");
  ASSERT_TRUE(config.ok()) << config.status();
  const v1::DnsDiscovery& dns = config->clusters(0).discovery().dns();
  EXPECT_EQ(FromProto(dns.interval()), absl::Seconds(5));
  const v1::ConsulDiscovery& consul = config->clusters(1).discovery().consul();
  EXPECT_EQ(consul.address(), "127.0.0.1:8500");
  EXPECT_EQ(FromProto(consul.wait()), absl::Seconds(60));
}

TEST_F(ClusterConfigTest, PathsAreTakenFromTheFolderOfTheFile) {
  const auto config = Load(
      "databases: [{name: d}]\nclusters:\n"
      "  - {name: a, discovery: {file: {path: nodes.yaml}}, proposal_file: p}\n"
      "  - {name: b, discovery: {consul: {service: s, token_file: secret}}}\n");
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->clusters(0).discovery().file().path(),
            folder_ + "/nodes.yaml");
  EXPECT_EQ(config->clusters(0).proposal_file(), folder_ + "/p");
  EXPECT_EQ(config->clusters(1).discovery().consul().token_file(),
            folder_ + "/secret");
}

TEST_F(ClusterConfigTest, WhatIsGivenStands) {
  EXPECT_EQ(FaultsOfCluster("probe_interval: 100ms, probe_timeout: 50ms, "
                            "max_missed_probes: 1, max_write_wait: 0s, "
                            "max_replica_wait: 0s, probe_entry: 'x{node}y'"),
            "");
  EXPECT_EQ(FaultsOfCluster("probe_interval: 10s, probe_timeout: 10s"), "");
  EXPECT_EQ(
      FaultsOfDatabase("cluster: c, default_consistency: bounded, "
                       "default_max_staleness: 5s, entry: '{node}-{role}'"),
      "");
}

TEST_F(ClusterConfigTest, AClusterThatIsProposedHasANameThatCanBe) {
  const auto faults_of = [this](absl::string_view rest) {
    return FaultsWith(absl::StrCat("databases: [{name: d}]\nclusters: [{",
                                   kStatic, ", ", rest, "}]\n"));
  };
  EXPECT_EQ(faults_of("name: Main-1_a.b, proposal_file: p"), "");
  EXPECT_EQ(faults_of("name: 'main one'"), "");
  EXPECT_THAT(faults_of("name: 'main one', proposal_file: p"),
              HasSubstr("clusters[0].name: expected 1 to 63 of A-Z"));
  EXPECT_THAT(faults_of("name: ma\u00efn, proposal_file: p"),
              HasSubstr("clusters[0].name: expected 1 to 63 of A-Z"));
}

TEST_F(ClusterConfigTest, EntriesBoundTheNamesOfNodes) {
  const auto most_with = [this](absl::string_view databases,
                                absl::string_view probe) {
    const auto config =
        Load(absl::StrCat("databases: [", databases, "]\nclusters: [{name: c, ",
                          kStatic, ", probe_entry: '", probe, "'}]\n"));
    EXPECT_TRUE(config.ok()) << config.status();
    return config.ok() ? MaxNodeNameBytes(*config, config->clusters(0)) : 0;
  };
  const std::string of_40(40, 'd');
  EXPECT_EQ(most_with("{name: d, cluster: c}", "probe.{node}"), 32);
  // 63 less the name, a role of one byte and two dots.
  EXPECT_EQ(most_with(absl::StrCat("{name: ", of_40, ", cluster: c}"),
                      "probe.{node}"),
            20);
  EXPECT_EQ(
      most_with(absl::StrCat("{name: d, cluster: c}, {name: ", of_40, "}"),
                "probe.{node}"),
      32);
  EXPECT_EQ(most_with("{name: d, cluster: c}", of_40 + ".{node}"), 22);
  EXPECT_EQ(most_with("{name: d, cluster: c}", of_40 + ".{node}.{node}"), 10);
}

TEST_F(ClusterConfigTest, NamesOfClustersAreGivenAndUnique) {
  EXPECT_EQ(FaultsWith(absl::StrCat("databases: [{name: d}]\nclusters:\n  - {",
                                    kStatic, "}\n")),
            "clusters[0].name: required (line 9)");
  EXPECT_EQ(FaultsWith(absl::StrCat("databases: [{name: d}]\nclusters:\n",
                                    "  - {name: c, ", kStatic, "}\n",
                                    "  - {name: c, ", kStatic, "}\n")),
            "clusters[1].name: \"c\" is not unique (line 10)");
}

TEST_F(ClusterConfigTest, SettingsOfClustersOutOfRangeAreNamed) {
  for (const char* setting :
       {"probe_interval: 99ms", "probe_interval: 11s", "probe_timeout: 49ms",
        "probe_timeout: 11s", "max_missed_probes: 0", "max_write_wait: -1s",
        "max_replica_wait: -1ms", "probe_entry: probe",
        "probe_entry: '{node}.{role}'", "proposal_file: none/p",
        "system_identifier: -1"}) {
    const std::string name(setting, std::string(setting).find(':'));
    EXPECT_THAT(FaultsOfCluster(setting),
                HasSubstr(absl::StrCat("clusters[0].", name, ": ")));
  }
}

TEST_F(ClusterConfigTest, DiscoveryIsOneOfFour) {
  const std::string fault = "clusters[0].discovery: expected one of";
  EXPECT_THAT(FaultsWith("databases: [{name: d}]\nclusters: [{name: c}]"),
              HasSubstr(fault));
  EXPECT_THAT(FaultsOfDiscovery(""), HasSubstr(fault));
  EXPECT_THAT(
      FaultsOfDiscovery("file: {path: x}, static: {nodes: [{host: a}]}"),
      HasSubstr(fault));
  EXPECT_THAT(FaultsOfDiscovery("consul: {service: x}, dns: {names: [a.b]}"),
              HasSubstr(fault));
}

TEST_F(ClusterConfigTest, StaticNodesAreChecked) {
  const auto faults_of = [this](const std::string& nodes) {
    return FaultsOfDiscovery(absl::StrCat("static: {nodes: [", nodes, "]}"));
  };
  EXPECT_EQ(faults_of("{host: '::1'}, {host: 10.0.0.1, name: a.b_c-1}"), "");
  EXPECT_EQ(faults_of("{host: a, port: 1}, {host: a, port: 2}"), "");
  const std::string path = "clusters[0].discovery.static.nodes";
  EXPECT_THAT(faults_of(""), HasSubstr(path + ": at least one"));
  EXPECT_THAT(faults_of("{name: a}"), HasSubstr(path + "[0].host: required"));
  EXPECT_THAT(faults_of("{host: 'a b'}"), HasSubstr(path + "[0].host: "));
  EXPECT_THAT(faults_of("{host: a, port: 0}"), HasSubstr(path + "[0].port: "));
  EXPECT_THAT(faults_of("{host: a, port: 65536}"),
              HasSubstr(path + "[0].port: "));
  EXPECT_THAT(faults_of("{host: A}, {host: a.}"),
              HasSubstr(path + "[1].host: \"a:5432\" is not unique"));
  EXPECT_THAT(faults_of("{host: a, name: x}, {host: b, name: x}"),
              HasSubstr(path + "[1].name: \"x\" is not unique"));
  for (const char* name : {"A", "a b", "a{node}", "a/b", "a,b"}) {
    EXPECT_THAT(faults_of(absl::StrCat("{host: a, name: '", name, "'}")),
                HasSubstr(path + "[0].name: expected 1 to 32"))
        << name;
  }
  EXPECT_EQ(
      faults_of(absl::StrCat("{host: a, name: ", std::string(32, 'a'), "}")),
      "");
  EXPECT_THAT(
      faults_of(absl::StrCat("{host: a, name: ", std::string(33, 'a'), "}")),
      HasSubstr(path + "[0].name: expected 1 to 32"));
}

TEST_F(ClusterConfigTest, AtMostAHundredStaticNodes) {
  std::string nodes;
  for (int i = 0; i < 100; ++i) {
    absl::StrAppend(&nodes, "{host: h", i, "}, ");
  }
  EXPECT_EQ(FaultsOfDiscovery(absl::StrCat("static: {nodes: [", nodes, "]}")),
            "");
  absl::StrAppend(&nodes, "{host: one-more}");
  EXPECT_THAT(FaultsOfDiscovery(absl::StrCat("static: {nodes: [", nodes, "]}")),
              HasSubstr("static.nodes: more than 100"));
}

TEST_F(ClusterConfigTest, FileDiscoveryNeedsAPathAndNoFile) {
  EXPECT_EQ(FaultsOfDiscovery("file: {path: later.yaml}"), "");
  EXPECT_THAT(FaultsOfDiscovery("file: {}"),
              HasSubstr("clusters[0].discovery.file.path: required"));
}

TEST_F(ClusterConfigTest, DnsDiscoveryIsChecked) {
  const std::string path = "clusters[0].discovery.dns.";
  EXPECT_EQ(FaultsOfDiscovery("dns: {names: [_p._tcp.a, b.], interval: 1s, "
                              "servers: [127.0.0.1, '::1', '127.0.0.1:53', "
                              "'[::1]:53']}"),
            "");
  EXPECT_THAT(FaultsOfDiscovery("dns: {}"),
              HasSubstr(path + "names: at least one"));
  for (const char* name : {"'a b'", "127.0.0.1", "''"}) {
    EXPECT_THAT(FaultsOfDiscovery(absl::StrCat("dns: {names: [", name, "]}")),
                HasSubstr(path + "names[0]: expected a DNS name"));
  }
  EXPECT_THAT(FaultsOfDiscovery("dns: {names: [a.b, A.b.]}"),
              HasSubstr(path + "names[1]: \"a.b\" is not unique"));
  EXPECT_THAT(FaultsOfDiscovery("dns: {names: [a.b], interval: 999ms}"),
              HasSubstr(path + "interval: expected 1s or more"));
  for (const char* server : {"a.b", "'a.b:53'", "'127.0.0.1:'", "'::1:53:'"}) {
    EXPECT_THAT(FaultsOfDiscovery(absl::StrCat("dns: {names: [a.b], servers: [",
                                               server, "]}")),
                HasSubstr(path + "servers[0]: expected an IP address"))
        << server;
  }
}

TEST_F(ClusterConfigTest, ConsulDiscoveryIsChecked) {
  const std::string path = "clusters[0].discovery.consul.";
  EXPECT_EQ(FaultsOfDiscovery("consul: {service: s, address: '[::1]:8500', "
                              "tags: [a, b], wait: 10m, token_file: secret}"),
            "");
  EXPECT_THAT(FaultsOfDiscovery("consul: {}"),
              HasSubstr(path + "service: required"));
  for (const char* address :
       {"localhost:8500", "127.0.0.1", "'::1'", "'http:'"}) {
    EXPECT_THAT(FaultsOfDiscovery(absl::StrCat(
                    "consul: {service: s, address: ", address, "}")),
                HasSubstr(path + "address: expected an IP address"))
        << address;
  }
  for (const char* wait : {"999ms", "601s"}) {
    EXPECT_THAT(FaultsOfDiscovery(
                    absl::StrCat("consul: {service: s, wait: ", wait, "}")),
                HasSubstr(path + "wait: expected 1s to 10m"));
  }
  EXPECT_THAT(FaultsOfDiscovery("consul: {service: s, tags: ['']}"),
              HasSubstr(path + "tags[0]: required"));
  EXPECT_THAT(FaultsOfDiscovery("consul: {service: s, token_file: open}"),
              HasSubstr("is open to others than its owner and group"));
  EXPECT_THAT(FaultsOfDiscovery("consul: {service: s, token_file: none}"),
              HasSubstr(path + "token_file: can't read"));
}

TEST_F(ClusterConfigTest, DatabaseAndClusterFitTogether) {
  EXPECT_EQ(FaultsOfDatabase("cluster: c"), "");
  EXPECT_EQ(FaultsOfDatabase("cluster: x"),
            "databases[0].cluster: \"x\" is not among `clusters` (line 7)");
  EXPECT_THAT(FaultsOfDatabase("cluster: c, entry: 'd.{role}'"),
              HasSubstr("databases[0].entry: has no {node}"));
  EXPECT_THAT(FaultsOfDatabase("entry: 'd.{role}.{node}'"),
              HasSubstr("databases[0].entry: has {node}"));
  EXPECT_THAT(FaultsOfDatabase("cluster: c, node: n1"),
              HasSubstr("databases[0].node: has no use with a cluster"));
  EXPECT_THAT(FaultsOfDatabase("cluster: c, entry: '{node}{db}'"),
              HasSubstr("databases[0].entry: braces stand for nothing but"));
  EXPECT_THAT(FaultsOfDatabase("default_max_staleness: 0s"),
              HasSubstr("databases[0].default_max_staleness: "));
  EXPECT_THAT(FaultsOfDatabase("default_consistency: newest"),
              HasSubstr("expected one of strong, bounded, any"));
}

TEST_F(ClusterConfigTest, EntriesHaveRoomForTheNamesOfTheNodes) {
  const auto faults_of = [this](size_t name_bytes) {
    return FaultsWith(absl::StrCat(
        "databases: [{name: ", std::string(name_bytes, 'd'),
        ", cluster: c}]\nclusters: [{name: c, discovery: {static: {nodes: "
        "[{host: a, name: ",
        std::string(32, 'a'), "}, {host: b, name: b}]}}}]\n"));
  };
  // With the dots, a role of one byte, and the longest node's name.
  EXPECT_EQ(faults_of(28), "");
  EXPECT_THAT(faults_of(29),
              HasSubstr("databases[0].entry: expected 1 to 63 bytes"));
}

}  // namespace
}  // namespace sluice::config
