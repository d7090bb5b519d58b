// Tests which node a read gets.

#include <algorithm>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "server/base/error.h"
#include "server/routing/test_router.h"
#include "server/routing/test_topology.h"
#include "tests/support/await.h"

namespace sluice::routing {
namespace {

using topology::Node;
using topology::NodeState;

class RouterReadTest : public RouterTest {
 protected:
  void SetUp() override {
    RouterSettings settings;
    settings.max_replica_wait = absl::Milliseconds(20);
    settings.max_write_wait = absl::Milliseconds(40);
    settings.max_spilled_reads = 2;
    MakeRouter(settings);
  }
  void UseThreeNodes() {
    Update(MakeTopology({MakePrimary("primary"), MakeReplica("replica1"),
                         MakeReplica("replica2")}));
  }
  void ExpectRefused(const Call& call, absl::StatusCode code,
                     v1::ErrorReason reason) {
    const absl::Status& status = Result(call).status();
    EXPECT_EQ(status.code(), code) << status;
    EXPECT_EQ(ReasonOf(status), reason);
    EXPECT_EQ(ErrorMetadataOf(status, "executed"), "no");
  }
  void ExpectUnavailable(const Call& call) {
    ExpectRefused(call, absl::StatusCode::kUnavailable,
                  v1::ERROR_REASON_BACKEND_UNAVAILABLE);
  }
  void ExpectQueueFull(const Call& call) {
    ExpectRefused(call, absl::StatusCode::kResourceExhausted,
                  v1::ERROR_REASON_QUEUE_FULL);
  }
};

struct NodeRow {
  const char* what;
  ReadNeed need;
  std::vector<std::string> tried;
  const char* node;
};

TEST_F(RouterReadTest, GoesToANodeThatSatisfiesIt) {
  Node late = MakeReplica("late", 900);
  SetStaleness(late, absl::Minutes(1));
  Update(MakeTopology({MakePrimary("primary"), MakeReplica("level"), late}));
  const std::vector<NodeRow> rows = {
      {"strong", Strong(), {}, "primary"},
      {"strong, for there is no other", Strong(), {"primary"}, "primary"},
      {"a token that one replica has reached", AtLeast(1000), {}, "level"},
      {"a token that no replica has reached", AtLeast(1001), {}, "primary"},
      {"a token of another cluster", AtLeast(1, 1, 42), {}, "primary"},
      {"a bound that one replica keeps",
       Bounded(absl::Seconds(50)),
       {},
       "level"},
      {"a bound that none keeps", Bounded(absl::ZeroDuration()), {}, "primary"},
      {"another try elsewhere", Any(), {"level"}, "late"},
      {"another try, none fresh left", AtLeast(1000), {"level"}, "primary"},
      {"another try, no replica left", Any(), {"level", "late"}, "primary"},
  };
  for (const NodeRow& row : rows) {
    const Call call = Read(row.need, row.tried);
    EXPECT_EQ(NodeOf(call), row.node) << row.what;
    End(call);
  }
}

TEST_F(RouterReadTest, TellsHowFarTheReplicaIsBehind) {
  Node replica = MakeReplica("replica");
  SetStaleness(replica, absl::Seconds(3));
  Update(MakeTopology({MakePrimary("primary"), replica}));
  const Call on_replica = Read(Any());
  ASSERT_EQ(NodeOf(on_replica), "replica");
  EXPECT_GE(*on_replica->result.value()->lag(), absl::Seconds(3));
  EXPECT_LT(*on_replica->result.value()->lag(), absl::Seconds(13));
  const Call on_primary = Read(Strong());
  ASSERT_EQ(NodeOf(on_primary), "primary");
  EXPECT_FALSE(on_primary->result.value()->lag().has_value());
}

TEST_F(RouterReadTest, NodeThatIsNotUpTakesNothing) {
  for (const NodeState state : {NodeState::kUnknown, NodeState::kDown,
                                NodeState::kUnreachable, NodeState::kForeign}) {
    Node replica = MakeReplica("replica");
    replica.state = state;
    Update(MakeTopology({MakePrimary("primary"), replica}));
    const Call read = Read(Any());
    EXPECT_EQ(NodeOf(read), "primary") << static_cast<int>(state);
    End(read);
    Node primary = MakePrimary("primary");
    primary.state = state;
    Update(MakeTopology({primary, MakeReplica("replica")}));
    ExpectUnavailable(Read(Strong()));
  }
}

TEST_F(RouterReadTest, PrimaryThatWasNotAcceptedTakesNothing) {
  Update(MakeTopology(
      {MakePrimary("old"), MakePrimary("primary"), MakeReplica("replica")}));
  for (int i = 0; i < 100; ++i) {
    const Call any = Read(Any());
    EXPECT_EQ(NodeOf(any), "replica");
    End(any);
    const Call strong = Read(Strong());
    EXPECT_EQ(NodeOf(strong), "primary");
    End(strong);
  }
}

TEST_F(RouterReadTest, ReplicasServeWithoutAPrimary) {
  Node replica = MakeReplica("replica");
  replica.lag.reset();
  Update(MakeTopology({MakeDown(MakePrimary("primary")), replica}, ""));
  EXPECT_EQ(NodeOf(Read(Any())), "replica");
  EXPECT_EQ(NodeOf(Read(AtLeast(1000))), "replica");
  ExpectUnavailable(Read(Bounded(absl::Hours(1))));
  ExpectUnavailable(Read(Strong()));
}

TEST_F(RouterReadTest, AfterEveryNodeWasTriedNothingIsWaitedFor) {
  MakeRouter({.max_write_wait = absl::Hours(1)});
  UseThreeNodes();
  ExpectUnavailable(Read(Any(), {"primary", "replica1", "replica2"}));
}

TEST_F(RouterReadTest, ReadsSpreadOverEqualReplicas) {
  UseThreeNodes();
  constexpr int kReads = 20'000;
  std::map<std::string, int> shares;
  OnLoop([&] {
    std::mt19937 random(7);
    std::vector<Route> routes(8);
    Cancellation cancellation;
    const auto count = [&](Route& slot) -> Task<void> {
      const ReadNeed need = Any();
      const std::vector<std::string> tried;
      Task<absl::StatusOr<Route>> routing =
          router_->RouteRead(need, tried, cancellation);
      absl::StatusOr<Route> route = co_await std::move(routing);
      ++shares[route->node()];
      slot = *std::move(route);
    };
    for (int i = 0; i < kReads; ++i) {
      Route& slot = routes[random() % routes.size()];
      slot = Route();
      Spawn(count(slot));
      slot.NoteLatency(absl::Microseconds(900 + random() % 200));
    }
  });
  EXPECT_EQ(shares.size(), 2u);
  EXPECT_NEAR(100.0 * shares["replica1"] / kReads, 50, 2.5);
}

TEST_F(RouterReadTest, SpillsToThePrimaryWithinTheCap) {
  Update(
      MakeTopology({MakePrimary("primary"), MakeDown(MakeReplica("replica"))}));
  const Call first = Read(Any());
  const Call second = Read(AtLeast(1000));
  EXPECT_EQ(NodeOf(first), "primary");
  EXPECT_EQ(NodeOf(second), "primary");
  EXPECT_EQ(Uses()["primary"].spilled_reads, 2);
  ExpectQueueFull(Read(Bounded(absl::Hours(1))));
  // These are not spilled.
  EXPECT_EQ(NodeOf(Read(Strong())), "primary");
  EXPECT_EQ(NodeOf(Read(AtLeast(1, 1, 42))), "primary");
  EXPECT_EQ(NodeOf(Write()), "primary");
  EXPECT_EQ(Uses()["primary"].spilled_reads, 2);
  EXPECT_EQ(Uses()["primary"].writes, 1);
  End(first);
  EXPECT_EQ(NodeOf(Read(Any())), "primary");
}

TEST_F(RouterReadTest, ClusterWithoutReplicasHasNoCap) {
  Update(MakeTopology({MakePrimary("primary")}));
  for (int i = 0; i < 10; ++i) EXPECT_EQ(NodeOf(Read(Any())), "primary");
}

TEST_F(RouterReadTest, EjectedReplicaTakesNothingWhileAnotherIsWell) {
  UseThreeNodes();
  for (int i = 0; i < 3; ++i) {
    const Call call = Read(Any(), {"replica2"});
    ASSERT_EQ(NodeOf(call), "replica1");
    Fail(call);
  }
  EXPECT_TRUE(Uses()["replica1"].is_ejected);
  for (int i = 0; i < 100; ++i) {
    const Call call = Read(Any());
    EXPECT_EQ(NodeOf(call), "replica2");
    End(call);
  }
  // It is the last resort: after the primary within its cap.
  const Call spilled = Read(Any(), {"replica2"});
  EXPECT_EQ(NodeOf(spilled), "primary");
  EXPECT_EQ(NodeOf(Read(Any(), {"replica2"})), "primary");
  EXPECT_EQ(NodeOf(Read(Any(), {"replica2"})), "replica1");
  EXPECT_EQ(NodeOf(Read(Any(), {"replica2", "primary"})), "replica1");
}

TEST_F(RouterReadTest, ATrialEndsWithTheFirstAnswerWhateverElseRunsThere) {
  UseThreeNodes();
  const Call stream = Read(Any(), {"replica2"});
  ASSERT_EQ(NodeOf(stream), "replica1");
  const auto await_trial = [&] {
    for (int i = 0; i < 3; ++i) Fail(Read(Any(), {"replica2", "primary"}));
    EXPECT_TRUE(Uses()["replica1"].is_ejected);
    EXPECT_TRUE(testing::Await(
        absl::Seconds(20), [this] { return !Uses()["replica1"].is_ejected; }));
  };
  await_trial();
  const Call trial = Read(Any(), {"replica2"});
  ASSERT_EQ(NodeOf(trial), "replica1");
  const Call meanwhile = Read(Any(), {"replica2"});
  EXPECT_EQ(NodeOf(meanwhile), "primary");
  OnLoop([&] { (*trial->result)->NoteLatency(absl::Milliseconds(1)); });
  EXPECT_EQ(NodeOf(Read(Any(), {"replica2"})), "replica1");

  // Nor does the rest of it hold up the next one.
  await_trial();
  EXPECT_EQ(NodeOf(Read(Any(), {"replica2"})), "replica1");
}

TEST_F(RouterReadTest, AllReplicasAreNeverEjected) {
  UseThreeNodes();
  for (const char* other : {"replica1", "replica2"}) {
    for (int i = 0; i < 3; ++i) Fail(Read(Any(), {other}));
  }
  std::map<std::string, int> shares;
  for (int i = 0; i < 200; ++i) {
    const Call call = Read(Any());
    ++shares[NodeOf(call)];
    End(call);
  }
  EXPECT_EQ(shares.count("primary"), 0u);
  EXPECT_GT(shares["replica1"], 0);
  EXPECT_GT(shares["replica2"], 0);
}

TEST_F(RouterReadTest, LastReplicaThatIsUpTakesReadsThoughItWasEjected) {
  UseThreeNodes();
  for (int i = 0; i < 3; ++i) Fail(Read(Any(), {"replica2"}));
  Update(MakeTopology({MakePrimary("primary"), MakeReplica("replica1"),
                       MakeDown(MakeReplica("replica2"))}));
  EXPECT_EQ(NodeOf(Read(Any())), "replica1");
}

TEST_F(RouterReadTest, NodeThatIsBackIsNotEjectedAnyMore) {
  UseThreeNodes();
  for (int i = 0; i < 3; ++i) Fail(Read(Any(), {"replica2"}));
  EXPECT_TRUE(Uses()["replica1"].is_ejected);
  Update(MakeTopology({MakePrimary("primary"), MakeReplica("replica2"),
                       MakeDown(MakeReplica("replica1"))}));
  EXPECT_TRUE(Uses()["replica1"].is_ejected);
  UseThreeNodes();
  EXPECT_FALSE(Uses()["replica1"].is_ejected);
}

TEST_F(RouterReadTest, CountsWorkThroughMovesAndChangesOfTheCluster) {
  UseThreeNodes();
  const Call read = Read(Any(), {"replica2"});
  ASSERT_EQ(NodeOf(read), "replica1");
  EXPECT_EQ(Uses()["replica1"].in_flight, 1);
  Route kept;
  OnLoop([&] {
    Route moved = **std::move(read->result);
    kept = std::move(moved);
    read->result.reset();
  });
  EXPECT_EQ(Uses()["replica1"].in_flight, 1);
  // What it was is kept while others come and go.
  Update(MakeTopology({MakePrimary("primary"), MakeReplica("a-new-one"),
                       MakeReplica("replica1")}));
  EXPECT_EQ(Uses()["replica1"].in_flight, 1);
  // A node of the same name somewhere else is another one.
  Node elsewhere = MakeReplica("replica1");
  elsewhere.address.port = 5433;
  Update(MakeTopology({MakePrimary("primary"), elsewhere}));
  EXPECT_EQ(Uses()["replica1"].in_flight, 0);
  Update(MakeTopology({MakePrimary("primary")}));
  OnLoop([&] {
    EXPECT_EQ(kept.node(), "replica1");
    kept.NoteLatency(absl::Milliseconds(1));
    kept.NoteFailure();
    kept = Route();
  });
  UseThreeNodes();
  EXPECT_EQ(Uses()["replica1"].in_flight, 0);
}

TEST_F(RouterReadTest, RouteThatIsReplacedCountsNoMore) {
  UseThreeNodes();
  const Call first = Read(Any(), {"replica2"});
  const Call second = Read(Any(), {"replica2"});
  ASSERT_EQ(NodeOf(first), "replica1");
  ASSERT_EQ(NodeOf(second), "replica1");
  EXPECT_EQ(Uses()["replica1"].in_flight, 2);
  OnLoop([&] { **first->result = **std::move(second->result); });
  EXPECT_EQ(Uses()["replica1"].in_flight, 1);
  End(first);
  EXPECT_EQ(Uses()["replica1"].in_flight, 0);
}

TEST_F(RouterReadTest, RouteOutlivesItsRouter) {
  UseThreeNodes();
  const Call read = Read(Any());
  ASSERT_TRUE(Result(read).ok());
  OnLoop([&] {
    router_.reset();
    (*read->result)->NoteLatency(absl::Milliseconds(1));
    read->result.reset();
  });
}

TEST_F(RouterReadTest, ShowsHowNodesAreUsed) {
  UseThreeNodes();
  const Call read = Read(Any(), {"replica2"});
  ASSERT_TRUE(Result(read).ok());
  OnLoop([&] {
    for (int i = 0; i < 5; ++i) {
      (*read->result)->NoteLatency(absl::Milliseconds(7));
    }
  });
  std::map<std::string, NodeUse> uses = Uses();
  ASSERT_EQ(uses.size(), 3u);
  EXPECT_EQ(uses["replica1"].in_flight, 1);
  EXPECT_EQ(uses["replica1"].writes, 0);
  ASSERT_TRUE(uses["replica1"].latency.has_value());
  EXPECT_EQ(absl::ToInt64Milliseconds(*uses["replica1"].latency), 7);
  EXPECT_FALSE(uses["replica2"].latency.has_value());
}

}  // namespace
}  // namespace sluice::routing
