// DNS servers and Consul agents that fail, under a load of reads and writes.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "tests/integration/discovery_fault_test.h"
#include "tests/support/bad_dns_server.h"
#include "tests/support/consul_server.h"
#include "tests/support/dns_server.h"

namespace sluice::testing {
namespace {

class DnsFaultTest : public DiscoveryFaultTest {
 protected:
  static constexpr char kZone[] = "cluster.local";

  void SetUp() override {
    ASSERT_NO_FATAL_FAILURE(
        StartDiscovered([this](auto& cluster, auto& options) {
          for (const size_t node : {0, 1, 2}) {
            absl::StrAppend(&good_, "_postgresql._tcp.db SRV 0 0 ",
                            cluster.PortOf(node), " ",
                            PostgresCluster::kServerName, ".\n");
          }
          auto server = DnsServer::Start({{kZone, good_}});
          EXPECT_TRUE(server.ok()) << server.status();
          server_ = *std::move(server);
          options.discovery = absl::StrCat(
              "{dns: {names: [_postgresql._tcp.db.", kZone, "], servers: [\"",
              server_->address(), "\"], interval: 1s}}");
        }));
  }

  // That what the server does from now on is logged once, and changes nothing.
  void ExpectRefused(const std::string& fault) {
    SCOPED_TRACE(fault);
    EXPECT_TRUE(AwaitLog(1, "discovery_refused", fault));
    EXPECT_EQ(TopologyOf().nodes_size(), 3);
  }

  std::string good_;
  std::unique_ptr<DnsServer> server_;
};

TEST_F(DnsFaultTest, AServerThatFailsChangesNothing) {
  ASSERT_TRUE(server_->SetZone(kZone, "other A 10.0.0.1\n").ok());
  ExpectRefused("names no node");
  ASSERT_TRUE(server_->SetZone(kZone, good_).ok());
  EXPECT_TRUE(AwaitLog(1, "discovery_recovered"));

  server_->Stop();
  {
    const BadDnsServer failing(BadDnsServer::Manner::kFails,
                               server_->address());
    ExpectRefused("no DNS server answers, or with an error alone");
  }
  {
    const BadDnsServer garbage(BadDnsServer::Manner::kGarbage,
                               server_->address());
    ExpectRefused("Misformatted");
  }
  {
    const BadDnsServer silent(BadDnsServer::Manner::kSilent,
                              server_->address());
    ExpectRefused("Timeout while contacting DNS servers");
  }
  ASSERT_TRUE(server_->StartAgain().ok());
  EXPECT_TRUE(AwaitLog(2, "discovery_recovered"));
  EXPECT_EQ(CountLog("discovered_nodes_changed"), 1);
  CheckCalls();
}

class ConsulFaultTest : public DiscoveryFaultTest {
 protected:
  void SetUp() override {
    auto server = ConsulServer::Start();
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
    ASSERT_NO_FATAL_FAILURE(
        StartDiscovered([this](auto& cluster, auto& options) {
          std::vector<std::string> instances;
          for (const size_t node : {0, 1, 2}) {
            instances.push_back(ConsulInstance(PostgresCluster::kServerName,
                                               cluster.PortOf(node), "db"));
          }
          good_.body = absl::StrCat("[", absl::StrJoin(instances, ","), "]");
          server_->Answer(good_);
          options.discovery =
              absl::StrCat("{consul: {address: \"", server_->address(),
                           "\", service: postgresql, wait: 2s}}");
        }));
  }

  // That such an answer is logged, and changes nothing.
  void ExpectRefused(const ConsulAnswer& answer, const std::string& fault) {
    SCOPED_TRACE(fault);
    const int recovered = CountLog("discovery_recovered");
    server_->Answer(answer);
    EXPECT_TRUE(AwaitLog(1, "discovery_refused", fault));
    EXPECT_EQ(TopologyOf().nodes_size(), 3);
    server_->Answer(good_);
    EXPECT_TRUE(AwaitLog(recovered + 1, "discovery_recovered"));
  }

  std::unique_ptr<ConsulServer> server_;
  ConsulAnswer good_;
};

TEST_F(ConsulFaultTest, AnAgentThatFailsChangesNothing) {
  ConsulAnswer empty = good_;
  empty.body = "[]";
  ExpectRefused(empty, "names no node");
  ConsulAnswer broken = good_;
  broken.status = 500;
  ExpectRefused(broken, "500");
  ConsulAnswer stale = empty;
  stale.headers = {"X-Consul-KnownLeader: true", "X-Consul-LastContact: 60000"};
  ExpectRefused(stale, "lost contact with its leader");
  ConsulAnswer headless = empty;
  headless.headers = {"X-Consul-KnownLeader: false", "X-Consul-LastContact: 0"};
  ExpectRefused(headless, "no leader");
  ConsulAnswer garbage = good_;
  garbage.body = "{\"nodes\": 3}";
  ExpectRefused(garbage, "JSON");
  // The index goes back, and then there is none: neither is a fault.
  const int refused = CountLog("discovery_refused");
  const size_t asked = server_->requests().size();
  server_->AnswerWithIndex(good_, 1);
  EXPECT_TRUE(
      Await(kLimit, [&] { return server_->requests().size() >= asked + 2; }));
  ConsulAnswer no_index = good_;
  no_index.index = ConsulAnswer::Index::kMissing;
  server_->Answer(no_index);
  EXPECT_TRUE(
      Await(kLimit, [&] { return server_->requests().size() >= asked + 5; }));
  EXPECT_EQ(CountLog("discovery_refused"), refused);
  EXPECT_EQ(CountLog("discovered_nodes_changed"), 1);
  CheckCalls();
}

}  // namespace
}  // namespace sluice::testing
