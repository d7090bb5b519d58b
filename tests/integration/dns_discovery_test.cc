// Discovery by DNS SRV records, from nsd, in the names of Consul and
// Kubernetes.

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cstring>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "server/base/descriptor.h"
#include "tests/integration/discovery_watch.h"
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

// A UDP socket that says nothing, or answers each question with its first
// bytes and then garbage.
class BadDnsServer {
 public:
  enum class Manner { kSilent, kGarbage };

  explicit BadDnsServer(Manner manner)
      : socket_(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    auto* const any = reinterpret_cast<sockaddr*>(&address);
    EXPECT_EQ(bind(socket_.get(), any, size), 0);
    EXPECT_EQ(getsockname(socket_.get(), any, &size), 0);
    address_ = absl::StrCat("127.0.0.1:", ntohs(address.sin_port));
    if (manner == Manner::kGarbage) thread_ = std::thread([this] { Answer(); });
  }
  ~BadDnsServer() {
    shutdown(socket_.get(), SHUT_RDWR);
    if (thread_.joinable()) thread_.join();
  }

  const std::string& address() const { return address_; }

 private:
  // Of the head, kConsulName in labels, type and class.
  static constexpr size_t kQuestionEnd = 12 + sizeof(kConsulName) + 1 + 4;

  void Answer() {
    std::string packet(1500, '\0');
    for (;;) {
      sockaddr_in peer{};
      socklen_t size = sizeof(peer);
      auto* const any = reinterpret_cast<sockaddr*>(&peer);
      const ssize_t got =
          recvfrom(socket_.get(), packet.data(), packet.size(), 0, any, &size);
      if (got < static_cast<ssize_t>(kQuestionEnd)) return;
      // The question as it came, said to have an answer, which is cut.
      packet[2] = static_cast<char>(0x81);
      packet[3] = static_cast<char>(0x80);
      packet[7] = 1;
      std::memset(&packet[10], 0, 2);
      packet.replace(kQuestionEnd, 4, "\xc0\xff\xff\xff");
      sendto(socket_.get(), packet.data(), kQuestionEnd + 4, 0, any, size);
    }
  }

  const Descriptor socket_;
  std::string address_;
  std::thread thread_;
};

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
