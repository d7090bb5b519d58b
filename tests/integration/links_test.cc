// Writes and reads while a link is cut: between gateway, pgbouncer and
// PostgreSQL, and between primary and standbys; each direction alone, too.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "tests/integration/failover_stack_test.h"
#include "tests/integration/read_crowd.h"
#include "tests/integration/read_request.h"
#include "tests/support/call_error.h"
#include "tests/support/unix_user.h"

namespace sluice::testing {
namespace {

using ::testing::HasSubstr;

// A way to cut a link, and to make it whole.
struct LinkFault {
  std::string name;
  std::function<void()> begin;
  std::function<void()> heal;
};

class LinksTest : public FailoverTest {
 protected:
  static constexpr absl::Duration kLimit = absl::Seconds(2);

  static ClusterStackOptions Gated(int gateways = 1) {
    ClusterStackOptions options;
    options.gateways = gateways;
    options.gates = StackPoolers::kGated;
    return options;
  }
  void StartReaders() {
    constexpr int kReaders = 4;
    readers_.emplace(stack_->client_options(), MakeRead("SELECT 1", Any()),
                     kReaders);
  }

  // The link of a gateway's pgbouncer to a node, in all ways.
  std::vector<LinkFault> FaultsOfNode(size_t node) {
    GatedPooler& pooler = stack_->pooler();
    const auto heal = [&pooler, node] { pooler.Heal(node); };
    return {
        {"cut", [&pooler, node] { pooler.Cut(node); }, heal},
        {"nothing to the server",
         [&pooler, node] { pooler.Stall(node, kStalledToServer); }, heal},
        {"nothing to the client",
         [&pooler, node] { pooler.Stall(node, kStalledToClient); }, heal},
    };
  }

  void AwaitState(size_t node, v1::ClusterNodeState state,
                  absl::Duration limit) {
    EXPECT_TRUE(Await(limit, [&] {
      return StateOf(static_cast<int>(node)) == state;
    })) << TopologyOf().ShortDebugString();
  }

  // Whether a balancer would send it calls.
  bool IsHealthy() {
    GatewayClient client(stack_->client_options());
    const auto health = client.CheckHealth("database/app");
    EXPECT_THAT(health.status, IsOk());
    return health.response.status() ==
           grpc::health::v1::HealthCheckResponse::SERVING;
  }

  // Lets writes flow again, after `healed`.
  void NoteFault(const std::string& name, absl::Time begun, absl::Time healed) {
    std::cout << name << ": ";
    faults_.push_back({begun, AwaitWritesAfter(healed, kLimit)});
  }

  // A hundred writes met each of the faults.
  void CheckLedgerOfAll(size_t truth) {
    CheckLedgerAt(truth, {faults_.front().begin, faults_.back().end});
    for (const FaultTime& fault : faults_) {
      int tried = 0;
      for (const LedgerCrowd::Record& record : crowd_->records()) {
        if (record.end >= fault.begin && record.start <= fault.end) ++tried;
      }
      EXPECT_GE(tried, 100);
    }
  }

  void ExpectNoReadFailed(absl::Duration longest) {
    readers_->Stop();
    ExpectAllGave(readers_->records(), "1");
    ExpectReadsTook(longest);
  }
  void ExpectReadsEndedTyped() {
    readers_->Stop();
    for (const ReadCrowd::Record& read : readers_->records()) {
      EXPECT_TRUE(read.status.ok() || CallError::Of(read.status).IsTyped())
          << CallError::Of(read.status);
    }
    ExpectReadsTook(GatewayClient::kDeadline + absl::Seconds(1));
  }
  void ExpectReadsTook(absl::Duration limit) {
    absl::Duration longest;
    for (const ReadCrowd::Record& read : readers_->records()) {
      longest = std::max(longest, read.end - read.start);
    }
    std::cout << readers_->count() << " reads, the longest took " << longest
              << std::endl;
    EXPECT_LT(longest, limit);
  }

  std::vector<FaultTime> faults_;
  std::optional<ReadCrowd> readers_;
};

TEST_F(LinksTest, WithoutItsLinkToThePrimaryAGatewayReadsOn) {
  ASSERT_NO_FATAL_FAILURE(Start(Gated()));
  StartReaders();
  for (const LinkFault& fault : FaultsOfNode(0)) {
    const absl::Time begun = absl::Now();
    fault.begin();
    AwaitState(0, v1::CLUSTER_NODE_STATE_DOWN, kDetection);
    EXPECT_TRUE(readers_->AwaitMore(50, absl::Seconds(10)));
    EXPECT_TRUE(IsHealthy());
    const absl::Time healed = absl::Now();
    fault.heal();
    NoteFault(fault.name, begun, healed);
  }
  ExpectNoReadFailed(absl::Seconds(2));
  CheckLedgerOfAll(0);
}

TEST_F(LinksTest, WithoutItsLinkToAReplicaAGatewayUsesTheOther) {
  ASSERT_NO_FATAL_FAILURE(Start(Gated()));
  StartReaders();
  for (const LinkFault& fault : FaultsOfNode(1)) {
    const absl::Time begun = absl::Now();
    fault.begin();
    AwaitState(1, v1::CLUSTER_NODE_STATE_DOWN, kDetection);
    ASSERT_TRUE(crowd_->AwaitMoreAcknowledged(100));
    const absl::Time healed = absl::Now();
    fault.heal();
    AwaitState(1, v1::CLUSTER_NODE_STATE_UP, kLimit);
    NoteFault(fault.name, begun, healed);
  }
  // Those that were on their way there, until it was seen to be down.
  ExpectNoReadFailed(kDetection + absl::Seconds(2));
  CheckLedgerOfAll(0);
  EXPECT_EQ(CountFailed(crowd_->records()), 0);
}

TEST_F(LinksTest, WithoutPgbouncerNothingHangs) {
  ASSERT_NO_FATAL_FAILURE(Start(Gated()));
  StartReaders();
  GatedPooler& pooler = stack_->pooler();
  const auto stall = [&pooler](const GateFlow& flow) {
    return [&pooler, flow] { pooler.front().SetFlow(flow); };
  };
  const std::vector<LinkFault> faults = {
      {"link cut",
       [&] {
         pooler.front().Refuse();
         pooler.front().CutAll();
       },
       [&] { EXPECT_TRUE(pooler.front().Admit().ok()); }},
      {"nothing to pgbouncer", stall(kStalledToServer), stall({})},
      {"nothing to the gateway", stall(kStalledToClient), stall({})},
      {"pgbouncer stopped", [&] { pooler.pgbouncer().Freeze(); },
       [&] { pooler.pgbouncer().Wake(); }},
      {"pgbouncer killed", [&] { pooler.pgbouncer().Kill(); },
       [&] { EXPECT_TRUE(pooler.pgbouncer().StartAgain().ok()); }},
  };
  for (const LinkFault& fault : faults) {
    const absl::Time begun = absl::Now();
    fault.begin();
    for (const size_t node : {0, 1, 2}) {
      AwaitState(node, v1::CLUSTER_NODE_STATE_UNREACHABLE, kDetection);
    }
    EXPECT_TRUE(Await(kLimit, [this] { return !IsHealthy(); }));
    fault.heal();
    NoteFault(fault.name, begun, absl::Now());
    EXPECT_TRUE(IsHealthy());
  }
  ExpectReadsEndedTyped();
  CheckLedgerOfAll(0);
}

TEST_F(LinksTest, OfTwoGatewaysOneAloneIsCutOffFromThePrimary) {
  ASSERT_NO_FATAL_FAILURE(Start(Gated(2)));
  const absl::Time begun = absl::Now();
  stack_->pooler(0).Stall(0);
  AwaitState(0, v1::CLUSTER_NODE_STATE_DOWN, kDetection);
  GatewayClient cut_off = stack_->MakeClient(0);
  const ExecuteOutcome refused =
      cut_off.Execute(MakeExecute("INSERT INTO ledger_entry VALUES (-1, -1)"),
                      absl::Milliseconds(500));
  EXPECT_EQ(refused.status.error_code(), grpc::StatusCode::DEADLINE_EXCEEDED);
  EXPECT_EQ(StateOf(0, 1), v1::CLUSTER_NODE_STATE_UP);
  ASSERT_TRUE(crowd_->AwaitMoreAcknowledged(100));
  const absl::Time healed = absl::Now();
  stack_->pooler(0).Heal(0);
  AwaitState(0, v1::CLUSTER_NODE_STATE_UP, kLimit);
  NoteFault("one of two", begun, healed);
  CheckLedgerOfAll(0);
  EXPECT_EQ(stack_->node(0).Ask(
                "app", "SELECT count(*) FROM ledger_entry WHERE id < 0"),
            "0");
}

// The standbys stream through a gate.
class StandbyLinksTest : public LinksTest {
 protected:
  void StartBehindGate() {
    ClusterStackOptions options;
    options.routing["min_streaming_standbys"] = "1";
    options.cluster.postgres["wal_sender_timeout"] = "2s";
    // Sooner than the callers', so that these hear how their calls ended.
    options.gateway = {{"limits.default_deadline", "4s"},
                       {"limits.max_deadline", "4s"},
                       {"limits.max_transaction_time", "4s"}};
    ASSERT_NO_FATAL_FAILURE(Start(options));
    absl::StatusOr<std::unique_ptr<SocketGate>> gate = SocketGate::Start(
        {stack_->node(0).socket_folder(), stack_->node(0).port()});
    ASSERT_TRUE(gate.ok()) << gate.status();
    gate_ = *std::move(gate);
    absl::StatusOr<UnixUser> user = FindServerUser();
    ASSERT_TRUE(user.ok()) << user.status();
    const SocketAddress& address = gate_->address();
    ASSERT_TRUE(
        GiveTo(*user, absl::StrCat(address.host, "/.s.PGSQL.", address.port))
            .ok());
    for (const size_t standby : {1, 2}) {
      const PostgresServer& node = stack_->node(standby);
      node.Ask("postgres",
               absl::StrCat("ALTER SYSTEM SET primary_conninfo = "
                            "'user=postgres host=",
                            address.host, " port=", address.port, "'"));
      node.Ask("postgres", "SELECT pg_reload_conf()");
    }
    ASSERT_TRUE(Await(absl::Seconds(20),
                      [&] { return gate_->counts().connections == 2; }));
    ASSERT_TRUE(stack_->cluster().AwaitStreaming(0, 2));
    ASSERT_TRUE(crowd_->AwaitMoreAcknowledged(500));
  }
  // Commits of callers that wait for a standby.
  int Waiting() {
    return std::stoi(stack_->node(0).Ask(
        "postgres",
        "SELECT count(*) FROM pg_stat_activity "
        "WHERE wait_event = 'SyncRep' AND query = 'COMMIT'"));
  }

  std::unique_ptr<SocketGate> gate_;
};

TEST_F(StandbyLinksTest, APrimaryThatHasLostItsStandbysAcknowledgesNothing) {
  ASSERT_NO_FATAL_FAILURE(StartBehindGate());
  const absl::Time begun = absl::Now();
  gate_->SetFlow(kStalled);
  ASSERT_TRUE(Await(absl::Seconds(10), [this] { return Waiting() > 0; }));
  ASSERT_TRUE(Await(absl::Seconds(10),
                    [this] { return TopologyOf().primary().empty(); }));
  EXPECT_THAT(TopologyOf().fault(), HasSubstr("0 standbys stream from n0"));
  const int64_t acknowledged = crowd_->acknowledged();
  // Their callers' deadlines.
  EXPECT_TRUE(Await(absl::Seconds(10), [this] { return Waiting() == 0; }));
  EXPECT_EQ(crowd_->acknowledged(), acknowledged);
  const absl::Time healed = absl::Now();
  gate_->SetFlow({});
  NoteFault("no standbys", begun, healed);
  CheckLedgerOfAll(0);
  int unknown = 0;
  for (const LedgerCrowd::Record& record : crowd_->records()) {
    if (record.result.ending == Ending::kUnknown) ++unknown;
  }
  EXPECT_GT(unknown, 0);
}

}  // namespace
}  // namespace sluice::testing
