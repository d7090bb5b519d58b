// Discovery by Consul's HTTP interface, on a server that does what Consul's
// documentation says, and what it should not.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "server/base/proto_duration.h"
#include "tests/integration/discovery_watch.h"
#include "tests/support/consul_server.h"
#include "tests/support/file.h"
#include "tests/support/temp_dir.h"

namespace sluice::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::StartsWith;
using Nodes = DiscoveryWatch::Nodes;

constexpr absl::Duration kLimit = absl::Seconds(20);

ConsulAnswer AnswerOf(const std::vector<std::string>& hosts) {
  std::vector<std::string> instances;
  for (const std::string& host : hosts) {
    instances.push_back(ConsulInstance(host, 5432, "aid1"));
  }
  ConsulAnswer answer;
  answer.body = absl::StrCat("[", absl::StrJoin(instances, ","), "]");
  return answer;
}

class ConsulDiscoveryTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto server = ConsulServer::Start();
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
    server_->Answer(AnswerOf({"10.0.0.1"}));
    settings_.set_address(server_->address());
    settings_.set_service("postgresql");
    SetWait(absl::Seconds(60));
  }

  void SetWait(absl::Duration wait) { ToProto(wait, settings_.mutable_wait()); }

  std::unique_ptr<DiscoveryWatch> Watch() {
    config::v1::Discovery settings;
    *settings.mutable_consul() = settings_;
    return std::make_unique<DiscoveryWatch>(settings);
  }

  bool AwaitRequests(size_t count) {
    return Await(kLimit, [&] { return server_->requests().size() >= count; });
  }
  bool AwaitBlocked() {
    return Await(kLimit, [&] { return server_->blocked() == 1; });
  }

  std::unique_ptr<ConsulServer> server_;
  config::v1::ConsulDiscovery settings_;
};

TEST_F(ConsulDiscoveryTest, FollowsTheServiceByBlockingQueries) {
  const auto watch = Watch();
  ASSERT_TRUE(watch->AwaitNodes({"10.0.0.1:5432"}));
  ASSERT_TRUE(AwaitRequests(2));
  ASSERT_TRUE(AwaitBlocked());
  const absl::Time begin = absl::Now();
  server_->Answer(AnswerOf({"10.0.0.1", "10.0.0.2"}));
  ASSERT_TRUE(watch->AwaitNodes({"10.0.0.1:5432", "10.0.0.2:5432"}));
  // Not when the minute is over.
  EXPECT_LT(absl::Now() - begin, absl::Seconds(5));
  ASSERT_TRUE(AwaitRequests(3));
  const std::vector<std::string> requests = server_->requests();
  EXPECT_THAT(requests[0],
              StartsWith("GET /v1/health/service/postgresql?passing=1 HTTP"));
  EXPECT_THAT(requests[0], Not(HasSubstr("X-Consul-Token")));
  EXPECT_THAT(requests[1], HasSubstr("?passing=1&index=11&wait=60000ms HTTP"));
  EXPECT_THAT(requests[2], HasSubstr("?passing=1&index=12&wait=60000ms HTTP"));
}

TEST_F(ConsulDiscoveryTest, AsksWithTokenDatacenterAndEscapedName) {
  auto folder = TempDir::Make();
  ASSERT_TRUE(folder.ok());
  const std::string file = folder->Path("token");
  ASSERT_TRUE(WriteFile(file, "b1gs33cr3t\n", 0600).ok());
  settings_.set_token_file(file);
  settings_.set_datacenter("dc 2");
  settings_.set_service("a/../b?c&d");
  const auto watch = Watch();
  ASSERT_TRUE(watch->AwaitNodes({"10.0.0.1:5432"}));
  const std::string request = server_->requests()[0];
  EXPECT_THAT(request,
              StartsWith("GET /v1/health/service/a%2f..%2fb%3fc%26d?passing=1"
                         "&dc=dc%202 HTTP"));
  EXPECT_THAT(request, HasSubstr("\r\nX-Consul-Token: b1gs33cr3t\r\n"));
  // It is read for each query.
  ASSERT_TRUE(AwaitRequests(2));
  ASSERT_TRUE(WriteFile(file, "another\r\nX-Evil: 1", 0600).ok());
  server_->Answer(AnswerOf({"10.0.0.1"}));
  EXPECT_TRUE(watch->AwaitFault("has not one line of printable ASCII"));
  EXPECT_THAT(watch->fault(), Not(HasSubstr("another")));
  ASSERT_TRUE(WriteFile(file, "another", 0600).ok());
  EXPECT_TRUE(watch->AwaitGood());
  EXPECT_THAT(server_->requests().back(),
              HasSubstr("\r\nX-Consul-Token: another\r\n"));
}

TEST_F(ConsulDiscoveryTest, TakesInstancesWithOneOfTheTags) {
  ConsulAnswer answer;
  answer.body = absl::StrCat("[", ConsulInstance("10.0.0.1", 1, "aid1"), ",",
                             ConsulInstance("10.0.0.2", 2, "aid2"), ",",
                             ConsulInstance("", 3, "aid3"), "]");
  server_->Answer(answer);
  settings_.add_tags("aid1");
  settings_.add_tags("aid3");
  // The one without an address of its own is at its node's.
  EXPECT_TRUE(Watch()->AwaitNodes({"10.0.0.1:1", "10.9.9.9:3"}));
}

TEST_F(ConsulDiscoveryTest, IndexThatGoesBackwardsBeginsAnew) {
  SetWait(absl::Seconds(1));
  const auto watch = Watch();
  ASSERT_TRUE(watch->AwaitNodes({"10.0.0.1:5432"}));
  // Restored from a snapshot: who waits for index 11 is answered at the end of
  // the wait, with a lower one.
  server_->AnswerWithIndex(AnswerOf({"10.0.0.2"}), 3);
  ASSERT_TRUE(watch->AwaitNodes({"10.0.0.2:5432"}));
  const size_t count = server_->requests().size();
  ASSERT_TRUE(AwaitRequests(count + 2));
  const std::vector<std::string> requests = server_->requests();
  EXPECT_THAT(requests[count], HasSubstr("?passing=1 HTTP"));
  EXPECT_THAT(requests[count + 1], HasSubstr("?passing=1&index=3&wait"));
}

TEST_F(ConsulDiscoveryTest, WithoutAnIndexItAsksOnceASecond) {
  for (const bool is_zero : {true, false}) {
    ConsulAnswer answer = AnswerOf({"10.0.0.1"});
    if (!is_zero) answer.index = ConsulAnswer::Index::kMissing;
    server_->AnswerWithIndex(answer, is_zero ? 0 : 20);
    const size_t before = server_->requests().size();
    const auto watch = Watch();
    ASSERT_TRUE(AwaitRequests(before + 1));
    const absl::Time begin = absl::Now();
    ASSERT_TRUE(AwaitRequests(before + 3));
    EXPECT_GE(absl::Now() - begin, absl::Milliseconds(1900));
    EXPECT_THAT(server_->requests().back(), HasSubstr("?passing=1 HTTP"));
  }
}

TEST_F(ConsulDiscoveryTest, NothingBadRemovesTheLastGoodNodes) {
  SetWait(absl::Seconds(1));
  const auto watch = Watch();
  const Nodes one = {"10.0.0.1:5432"};
  ASSERT_TRUE(watch->AwaitNodes(one));
  std::vector<std::pair<ConsulAnswer, std::string>> bad;
  const auto add = [&](const std::string& fault) -> ConsulAnswer& {
    bad.emplace_back(AnswerOf({"10.0.0.9"}), fault);
    return bad.back().first;
  };
  add("the answer names no node").body = "[]";
  add("is no list in JSON").body = "null";
  add("is no list").body = "<html>It works!</html>";
  add("an instance at \"a b\"").body = AnswerOf({"a b"}).body;
  ConsulAnswer& failed = add("status 500: No cluster leader\\x01");
  failed.status = 500;
  failed.body = "No cluster leader\x01\n";
  ConsulAnswer& denied = add("status 403: Permission denied");
  denied.status = 403;
  denied.body = "Permission denied";
  ConsulAnswer& moved = add("status 302");
  moved.status = 302;
  moved.headers = {absl::StrCat("Location: http://", server_->address(),
                                "/v1/health/service/elsewhere")};
  add("Consul has no leader").headers = {"X-Consul-KnownLeader: false"};
  add("lost contact with its leader").headers = {"X-Consul-LastContact: 10001"};
  add("partial file").whole = ConsulAnswer::Body::kHalf;
  add("no answer in time").speed = ConsulAnswer::Speed::kNever;
  add("longer than").body = std::string(5 * 1024 * 1024, ' ');
  add("or its head than")
      .headers.assign(10'000, "X-Header: and so on and so forth");
  std::string& many = add("more than 100 nodes").body;
  many = "[";
  for (int i = 0; i < 10'000; ++i) {
    absl::StrAppend(&many, i == 0 ? "" : ",", R"({"Service":{"Address":"h)", i,
                    R"(","Port":1}})");
  }
  many += "]";
  for (const auto& [answer, fault] : bad) {
    server_->Answer(answer);
    EXPECT_TRUE(watch->AwaitFault(fault))
        << fault << ", not " << watch->fault();
    EXPECT_EQ(watch->nodes(), one);
    server_->Answer(AnswerOf({"10.0.0.1"}));
    EXPECT_TRUE(watch->AwaitGood()) << fault;
  }
  EXPECT_EQ(watch->told(), std::vector<Nodes>{one});
  for (const std::string& request : server_->requests()) {
    EXPECT_FALSE(absl::StrContains(request, "elsewhere"));
  }
}

TEST_F(ConsulDiscoveryTest, SlightlyStaleAnswersAreTaken) {
  ConsulAnswer answer = AnswerOf({"10.0.0.2"});
  answer.headers = {"X-Consul-KnownLeader: true", "X-Consul-LastContact: 200"};
  server_->Answer(answer);
  EXPECT_TRUE(Watch()->AwaitNodes({"10.0.0.2:5432"}));
}

TEST_F(ConsulDiscoveryTest, ConsulThatIsGoneRemovesNoNode) {
  const auto watch = Watch();
  ASSERT_TRUE(watch->AwaitNodes({"10.0.0.1:5432"}));
  server_ = nullptr;
  EXPECT_TRUE(watch->AwaitFault(absl::StrCat("Consul at ", settings_.address(),
                                             ": Couldn't connect to server")))
      << watch->fault();
  EXPECT_THAT(watch->told(), SizeIs(1));
}

TEST_F(ConsulDiscoveryTest, FaultsMakeItAskLessAndLess) {
  ConsulAnswer answer;
  answer.status = 500;
  server_->Answer(answer);
  const auto watch = Watch();
  ASSERT_TRUE(AwaitRequests(1));
  const absl::Time begin = absl::Now();
  ASSERT_TRUE(AwaitRequests(4));
  // At least half of 1 s, 2 s and 4 s.
  EXPECT_GE(absl::Now() - begin, absl::Milliseconds(3400));
  for (const std::string& request : server_->requests()) {
    EXPECT_THAT(request, HasSubstr("?passing=1 HTTP"));
  }
}

TEST_F(ConsulDiscoveryTest, StopEndsAQueryThatBlocks) {
  const auto watch = Watch();
  ASSERT_TRUE(AwaitRequests(2));
  ASSERT_TRUE(AwaitBlocked());
  const absl::Time begin = absl::Now();
  watch->Stop();
  EXPECT_LT(absl::Now() - begin, absl::Milliseconds(500));
}

}  // namespace
}  // namespace sluice::testing
