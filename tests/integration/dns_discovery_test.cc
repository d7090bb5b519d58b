// Discovery by DNS SRV records, from nsd, in the names of Consul and
// Kubernetes.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "tests/integration/discovery_watch.h"
#include "tests/support/bad_dns_server.h"
#include "tests/support/dns_server.h"

namespace sluice::testing {
namespace {

using ::testing::SizeIs;
using Nodes = DiscoveryWatch::Nodes;

constexpr char kConsulName[] = "_postgresql._tcp.service.consul";
constexpr char kKubernetesName[] = "_postgresql._tcp.db.prod.svc.cluster.local";

// Records of the zone "consul" as Consul gives them, of so many nodes.
std::string ConsulRecords(int count, int first = 1) {
  std::string records;
  for (int i = first; i < first + count; ++i) {
    absl::StrAppend(&records, "_postgresql._tcp.service SRV 1 1 5432 db", i,
                    ".node.dc1\ndb", i, ".node.dc1 A 10.0.0.", i % 256, "\n");
  }
  return records;
}

class DnsDiscoveryTest : public ::testing::Test {
 protected:
  void StartServer(const std::map<std::string, std::string>& zones) {
    auto server = DnsServer::Start(zones);
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
  }

  static std::unique_ptr<DiscoveryWatch> WatchAt(
      const std::vector<std::string>& names,
      const std::vector<std::string>& servers) {
    config::v1::Discovery settings;
    config::v1::DnsDiscovery& dns = *settings.mutable_dns();
    dns.mutable_names()->Assign(names.begin(), names.end());
    dns.mutable_servers()->Assign(servers.begin(), servers.end());
    dns.mutable_interval()->set_seconds(1);
    return std::make_unique<DiscoveryWatch>(settings);
  }
  std::unique_ptr<DiscoveryWatch> Watch(const std::vector<std::string>& names) {
    return WatchAt(names, {server_->address()});
  }

  std::unique_ptr<DnsServer> server_;
};

TEST_F(DnsDiscoveryTest, FollowsConsulsRecords) {
  StartServer({{"consul", ConsulRecords(2)}});
  const auto watch = Watch({kConsulName});
  ASSERT_TRUE(watch->AwaitNodes(
      {"db1.node.dc1.consul:5432", "db2.node.dc1.consul:5432"}));
  ASSERT_TRUE(server_->SetZone("consul", ConsulRecords(2, 2)).ok());
  ASSERT_TRUE(watch->AwaitNodes(
      {"db2.node.dc1.consul:5432", "db3.node.dc1.consul:5432"}));
  EXPECT_EQ(watch->fault(), "");
}

TEST_F(DnsDiscoveryTest, FollowsKubernetesHeadlessService) {
  StartServer({{"cluster.local",
                "_postgresql._tcp.db.prod.svc SRV 0 50 5432 "
                "db-0.db.prod.svc.cluster.local.\n"
                "_postgresql._tcp.db.prod.svc SRV 0 50 5432 "
                "db-1.db.prod.svc.cluster.local.\n"}});
  const auto watch = Watch({kKubernetesName});
  EXPECT_TRUE(watch->AwaitNodes({"db-0.db.prod.svc.cluster.local:5432",
                                 "db-1.db.prod.svc.cluster.local:5432"}));
}

TEST_F(DnsDiscoveryTest, NodesAreThoseOfAllNames) {
  const std::string records =
      "_primary._tcp SRV 1 1 5432 db1\n"
      "_replica._tcp SRV 1 1 5432 DB2\n"
      "_replica._tcp SRV 9 9 5433 db1\n"
      "_replica._tcp SRV 2 0 5432 Db1.consul.\n";
  StartServer({{"consul", records}});
  const auto watch = Watch({"_primary._tcp.consul.", "_REPLICA._tcp.consul"});
  ASSERT_TRUE(watch->AwaitNodes(
      {"db1.consul:5432", "db1.consul:5433", "db2.consul:5432"}));
  // Consul knows no name of a service without a healthy instance.
  ASSERT_TRUE(
      server_->SetZone("consul", "_replica._tcp SRV 1 1 5432 db2\n").ok());
  EXPECT_TRUE(watch->AwaitNodes({"db2.consul:5432"}));
}

TEST_F(DnsDiscoveryTest, TruncatedAnswersAreAskedForOverTcp) {
  StartServer({{"consul", ConsulRecords(100)}});
  const auto watch = Watch({kConsulName});
  EXPECT_TRUE(Await(absl::Seconds(20), [&] {
    return watch->nodes().size() == 100;
  })) << watch->fault();
}

TEST_F(DnsDiscoveryTest, EmptyAnswersRemoveNoNode) {
  const Nodes one = {"db1.node.dc1.consul:5432"};
  StartServer({{"consul", ConsulRecords(1)}});
  const auto watch = Watch({kConsulName});
  ASSERT_TRUE(watch->AwaitNodes(one));
  // Nothing of the name; another type; and the service is decidedly not there.
  for (const char* records :
       {"other A 10.0.0.1\n", "_postgresql._tcp.service A 10.0.0.1\n",
        "_postgresql._tcp.service SRV 0 0 0 .\n"}) {
    ASSERT_TRUE(server_->SetZone("consul", records).ok());
    EXPECT_TRUE(watch->AwaitFault("names no node")) << records;
    ASSERT_TRUE(server_->SetZone("consul", ConsulRecords(1)).ok());
    EXPECT_TRUE(watch->AwaitGood());
  }
  EXPECT_EQ(watch->told(), std::vector<Nodes>{one});
}

TEST_F(DnsDiscoveryTest, BadRecordsRemoveNoNode) {
  const Nodes one = {"db1.node.dc1.consul:5432"};
  StartServer({{"consul", ConsulRecords(1)}});
  const auto watch = Watch({kConsulName});
  ASSERT_TRUE(watch->AwaitNodes(one));
  const std::vector<std::pair<std::string, std::string>> bad = {
      {"_postgresql._tcp.service SRV 0 0 0 db1\n", "no port of 1 to 65535"},
      {"_postgresql._tcp.service SRV 0 0 1 a\\032b\n", "neither a host name"},
  };
  for (const auto& [records, fault] : bad) {
    ASSERT_TRUE(
        server_->SetZone("consul", absl::StrCat(ConsulRecords(2), records))
            .ok());
    EXPECT_TRUE(watch->AwaitFault(fault)) << watch->fault();
  }
  ASSERT_TRUE(server_->SetZone("consul", ConsulRecords(101)).ok());
  EXPECT_TRUE(watch->AwaitFault("more than 100 nodes")) << watch->fault();
  EXPECT_EQ(watch->told(), std::vector<Nodes>{one});
}

TEST_F(DnsDiscoveryTest, NamesThatFailRemoveNoNode) {
  StartServer({{"consul", ConsulRecords(1)}, {"broken", "no record at all ("}});
  // One fault spoils the answer: what the others say is not all.
  // SERVFAIL and REFUSED.
  for (const std::string name : {"_p._tcp.broken", "_p._tcp.elsewhere"}) {
    const auto watch = Watch({kConsulName, name});
    EXPECT_TRUE(watch->AwaitFault(name + ": ")) << watch->fault();
    EXPECT_THAT(watch->told(), SizeIs(0));
  }
}

TEST_F(DnsDiscoveryTest, ServerThatEndsRemovesNoNode) {
  const Nodes one = {"db1.node.dc1.consul:5432"};
  StartServer({{"consul", ConsulRecords(1)}});
  const auto watch = Watch({kConsulName});
  ASSERT_TRUE(watch->AwaitNodes(one));
  server_ = nullptr;
  EXPECT_TRUE(watch->AwaitFault("no DNS server answers")) << watch->fault();
  EXPECT_EQ(watch->told(), std::vector<Nodes>{one});
}

TEST_F(DnsDiscoveryTest, SilentServerIsAFaultAndHoldsNoStop) {
  BadDnsServer silent(BadDnsServer::Manner::kSilent);
  const auto watch = WatchAt({kConsulName}, {silent.address()});
  EXPECT_TRUE(watch->AwaitFault("Timeout while contacting DNS servers"))
      << watch->fault();
  // While it waits again.
  const absl::Time begin = absl::Now();
  watch->Stop();
  EXPECT_LT(absl::Now() - begin, absl::Milliseconds(500));
}

TEST_F(DnsDiscoveryTest, GarbageIsAFault) {
  BadDnsServer garbage(BadDnsServer::Manner::kGarbage);
  const auto watch = WatchAt({kConsulName}, {garbage.address()});
  EXPECT_TRUE(watch->AwaitFault("Misformatted")) << watch->fault();
}

TEST_F(DnsDiscoveryTest, NextServerIsAskedWhereOneIsSilent) {
  BadDnsServer silent(BadDnsServer::Manner::kSilent);
  StartServer({{"consul", ConsulRecords(1)}});
  const auto watch =
      WatchAt({kConsulName}, {silent.address(), server_->address()});
  EXPECT_TRUE(watch->AwaitNodes({"db1.node.dc1.consul:5432"}))
      << watch->fault();
}

}  // namespace
}  // namespace sluice::testing
