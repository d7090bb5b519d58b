// Tests where writes go, and when they wait.

#include <chrono>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "server/base/error.h"
#include "server/routing/test_router.h"
#include "server/routing/test_topology.h"

namespace sluice::routing {
namespace {

using topology::Node;
using topology::NodeState;

constexpr absl::Duration kLong = absl::Seconds(60);
constexpr absl::Duration kShort = absl::Milliseconds(30);

class RouterWriteTest : public RouterTest {
 protected:
  void Use(absl::Duration max_write_wait) {
    RouterSettings settings;
    settings.max_write_wait = max_write_wait;
    settings.max_waiters = 3;
    MakeRouter(settings);
  }
  void UsePrimary(const std::string& name, uint64_t epoch) {
    Update(
        MakeTopology({MakePrimary(name), MakeReplica("replica")}, name, epoch));
  }
  void UseNone(uint64_t epoch) {
    Update(MakeTopology({MakeDown(MakePrimary("a")), MakeReplica("replica")},
                        "", epoch));
  }
  // The nodes were asked last that long ago.
  void UsePrimaryOf(absl::Duration age, const std::string& name,
                    uint64_t epoch) {
    auto topology = std::make_shared<topology::Topology>(*MakeTopology(
        {MakePrimary(name), MakeDown(MakeReplica("replica"))}, name, epoch));
    topology->known_at = SteadyNow() - absl::ToChronoNanoseconds(age);
    Update(topology);
  }
  bool IsCurrent(uint64_t epoch) {
    bool is_current = false;
    OnLoop([&] { is_current = router_->IsCurrent(epoch); });
    return is_current;
  }
  void ExpectUnavailable(const Call& call) {
    EXPECT_EQ(Result(call).status().code(), absl::StatusCode::kUnavailable);
    EXPECT_EQ(ReasonOf(Result(call).status()),
              v1::ERROR_REASON_BACKEND_UNAVAILABLE);
    EXPECT_EQ(ErrorMetadataOf(Result(call).status(), "executed"), "no");
  }
};

TEST_F(RouterWriteTest, GoesToThePrimaryOfTheEpoch) {
  UsePrimary("a", 5);
  const Call write = Write();
  EXPECT_EQ(NodeOf(write), "a");
  EXPECT_EQ(write->result.value()->epoch(), 5u);
  EXPECT_FALSE(write->result.value()->lag().has_value());
  EXPECT_FALSE(write->result.value()->has_waited());
  EXPECT_EQ(Uses()["a"].writes, 1);
}

TEST_F(RouterWriteTest, EpochIsCurrentWhileItsPrimaryIsTheOne) {
  EXPECT_FALSE(IsCurrent(0));
  UsePrimary("a", 1);
  EXPECT_TRUE(IsCurrent(1));
  EXPECT_FALSE(IsCurrent(0));
  EXPECT_FALSE(IsCurrent(2));
  UseNone(1);
  EXPECT_FALSE(IsCurrent(1));
  UsePrimary("a", 1);
  EXPECT_TRUE(IsCurrent(1));
  UsePrimary("b", 2);
  EXPECT_FALSE(IsCurrent(1));
  EXPECT_TRUE(IsCurrent(2));
  OnLoop([&] { router_->HoldWrites(kLong); });
  EXPECT_TRUE(IsCurrent(2));
}

TEST_F(RouterWriteTest, WaitsForTheNewPrimary) {
  Use(kLong);
  UsePrimary("a", 1);
  UseNone(1);
  const Call write = Write();
  EXPECT_FALSE(HasEnded(write));
  UseNone(1);
  EXPECT_FALSE(HasEnded(write));
  UsePrimary("b", 2);
  EXPECT_EQ(NodeOf(write), "b");
  EXPECT_TRUE(write->result.value()->has_waited());
  EXPECT_EQ(write->result.value()->epoch(), 2u);
}

TEST_F(RouterWriteTest, PrimaryThatCannotBeAskedTakesOnlyWhatItWasGiven) {
  Use(kShort);
  Node primary = MakePrimary("primary");
  primary.state = NodeState::kUnreachable;
  Update(MakeTopology({primary}));
  ExpectUnavailable(Write());
  EXPECT_TRUE(IsCurrent(1));
}

TEST_F(RouterWriteTest, WaitsOnlySoLong) {
  Use(kShort);
  UseNone(1);
  const SteadyTime begun_at = SteadyNow();
  ExpectUnavailable(Write());
  EXPECT_GE(absl::FromChrono(SteadyNow() - begun_at), kShort);
}

TEST_F(RouterWriteTest, AnotherTryWaitsUntilThePrimaryHasAnsweredSince) {
  Use(kLong);
  UsePrimary("a", 1);
  const SteadyTime failed_at = SteadyNow();
  const Call write = Write(failed_at);
  EXPECT_FALSE(HasEnded(write));
  // Others do not wait for it.
  EXPECT_EQ(NodeOf(Write()), "a");
  UsePrimary("a", 1);
  EXPECT_EQ(NodeOf(write), "a");
}

TEST_F(RouterWriteTest, CancellationEndsTheWait) {
  Use(kLong);
  UseNone(1);
  const Call write = Write();
  EXPECT_FALSE(HasEnded(write));
  OnLoop([&] { write->cancellation.Request(CancelCause::kDeadline); });
  EXPECT_EQ(Result(write).status().code(), absl::StatusCode::kDeadlineExceeded);
  OnLoop([&] { EXPECT_EQ(router_->waiting_writes(), 0u); });
}

TEST_F(RouterWriteTest, CallThatWasCancelledBeforeGoesNowhere) {
  UseNone(1);
  const Call write = Write();
  OnLoop([&] {
    router_->Update(MakeTopology({MakePrimary("primary")}));
    write->cancellation.Request(CancelCause::kCaller);
  });
  EXPECT_EQ(Result(write).status().code(), absl::StatusCode::kCancelled);
  EXPECT_EQ(Uses()["primary"].writes, 0);
}

TEST_F(RouterWriteTest, SoManyWaitAndNoMore) {
  Use(kLong);
  UseNone(1);
  std::vector<Call> writes;
  for (int i = 0; i < 3; ++i) writes.push_back(Write());
  const Call refused = Write();
  EXPECT_EQ(Result(refused).status().code(),
            absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(ReasonOf(Result(refused).status()), v1::ERROR_REASON_QUEUE_FULL);
  UsePrimary("b", 2);
  for (const Call& write : writes) EXPECT_EQ(NodeOf(write), "b");
}

TEST_F(RouterWriteTest, HeldWritesWaitForTheirRelease) {
  Use(kLong);
  UsePrimary("a", 1);
  const Call before = Write();
  EXPECT_EQ(NodeOf(before), "a");
  OnLoop([&] { router_->HoldWrites(kLong); });
  const Call held = Write();
  EXPECT_FALSE(HasEnded(held));
  EXPECT_EQ(NodeOf(Read(Strong())), "a");
  // A new primary alone does not let them go.
  UsePrimary("b", 2);
  EXPECT_FALSE(HasEnded(held));
  OnLoop([&] {
    EXPECT_TRUE(router_->writes_held());
    EXPECT_EQ(router_->waiting_writes(), 1u);
    router_->ReleaseWrites();
    EXPECT_FALSE(router_->writes_held());
  });
  EXPECT_EQ(NodeOf(held), "b");
  EXPECT_EQ(NodeOf(Write()), "b");
}

TEST_F(RouterWriteTest, ReleaseWithoutAPrimaryGoesOnWaitingForOne) {
  Use(kLong);
  UseNone(1);
  OnLoop([&] { router_->HoldWrites(kLong); });
  const Call write = Write();
  OnLoop([&] { router_->ReleaseWrites(); });
  EXPECT_FALSE(HasEnded(write));
  UsePrimary("b", 2);
  EXPECT_EQ(NodeOf(write), "b");
}

TEST_F(RouterWriteTest, HeldWriteFailsAfterTheWait) {
  Use(kShort);
  UsePrimary("a", 1);
  OnLoop([&] { router_->HoldWrites(kLong); });
  ExpectUnavailable(Write());
}

TEST_F(RouterWriteTest, HoldEndsByItself) {
  Use(kLong);
  UsePrimary("a", 1);
  const SteadyTime begun_at = SteadyNow();
  OnLoop([&] { router_->HoldWrites(kShort); });
  EXPECT_EQ(NodeOf(Write()), "a");
  EXPECT_GE(absl::FromChrono(SteadyNow() - begun_at), kShort);
  OnLoop([&] { EXPECT_FALSE(router_->writes_held()); });
}

TEST_F(RouterWriteTest, HoldLastsAsLongAsItWasAskedForLast) {
  Use(kLong);
  UsePrimary("a", 1);
  const SteadyTime begun_at = SteadyNow();
  OnLoop([&] {
    router_->HoldWrites(kShort);
    router_->HoldWrites(3 * kShort);
  });
  EXPECT_EQ(NodeOf(Write()), "a");
  EXPECT_GE(absl::FromChrono(SteadyNow() - begun_at), 3 * kShort);
}

TEST_F(RouterWriteTest, WhatIsKnownOfAPrimaryGrowsOld) {
  RouterSettings settings;
  settings.max_news_age = absl::Seconds(50);
  const auto asked = std::make_shared<std::set<std::string>>();
  MakeRouter(settings,
             [asked](const std::string& node) { asked->insert(node); });
  UsePrimaryOf(absl::Seconds(40), "a", 1);
  EXPECT_EQ(NodeOf(Write()), "a");
  EXPECT_TRUE(IsCurrent(1));
  UsePrimaryOf(absl::Seconds(60), "a", 1);
  EXPECT_FALSE(IsCurrent(1));
  const Call write = Write();
  const Call read = Read(Strong());
  EXPECT_FALSE(HasEnded(write));
  EXPECT_FALSE(HasEnded(read));
  // Of the nodes that are down, too.
  OnLoop([&] { EXPECT_EQ(*asked, std::set<std::string>({"a", "replica"})); });
  UsePrimaryOf(absl::Seconds(0), "b", 2);
  EXPECT_EQ(NodeOf(write), "b");
  EXPECT_EQ(NodeOf(read), "b");
}

TEST_F(RouterWriteTest, WithoutNewsOfNodesThatCannotBeAskedItIsCutOff) {
  RouterSettings settings;
  settings.max_news_age = absl::Seconds(50);
  MakeRouter(settings);
  const auto is_cut_off = [this](NodeState replica, absl::Duration age) {
    Node primary = MakePrimary("a");
    primary.state = NodeState::kUnreachable;
    Node other = MakeReplica("b");
    other.state = replica;
    auto topology = std::make_shared<topology::Topology>(
        *MakeTopology({primary, other}, "", 1));
    topology->known_at = SteadyNow() - absl::ToChronoNanoseconds(age);
    Update(topology);
    bool is_cut_off = false;
    OnLoop([&] { is_cut_off = router_->IsCutOff(); });
    return is_cut_off;
  };
  EXPECT_TRUE(is_cut_off(NodeState::kUnreachable, absl::Seconds(60)));
  EXPECT_FALSE(is_cut_off(NodeState::kUnreachable, absl::Seconds(40)));
  EXPECT_FALSE(is_cut_off(NodeState::kUp, absl::Seconds(60)));
  EXPECT_FALSE(is_cut_off(NodeState::kDown, absl::Seconds(60)));
}

TEST_F(RouterWriteTest, AnswerToAnEarlierQuestionIsNoAnswer) {
  Use(kLong);
  Node primary = MakePrimary("primary");
  primary.round_trip = kLong;
  Update(MakeTopology({primary}));
  EXPECT_FALSE(HasEnded(Write(primary.answered_at - std::chrono::seconds(59))));
  EXPECT_EQ(NodeOf(Write(primary.answered_at - std::chrono::seconds(61))),
            "primary");
}

TEST_F(RouterWriteTest, CommitGoesOnInItsEpoch) {
  Use(kLong);
  UsePrimary("a", 1);
  EXPECT_TRUE(Result(Commit(1)).ok());
  OnLoop([&] { router_->HoldWrites(kLong); });
  EXPECT_TRUE(Result(Commit(1)).ok());
  UseNone(1);
  const Call commit = Commit(1);
  EXPECT_FALSE(HasEnded(commit));
  UsePrimary("a", 1);
  EXPECT_TRUE(Result(commit).ok());
}

TEST_F(RouterWriteTest, CommitEndsWithItsEpoch) {
  Use(kLong);
  UsePrimary("a", 1);
  UseNone(1);
  const Call commit = Commit(1);
  EXPECT_FALSE(HasEnded(commit));
  UsePrimary("b", 2);
  ExpectUnavailable(commit);
  ExpectUnavailable(Commit(1));
}

TEST_F(RouterWriteTest, CommitWaitsOnlySoLong) {
  Use(kShort);
  UseNone(1);
  const SteadyTime begun_at = SteadyNow();
  ExpectUnavailable(Commit(1));
  EXPECT_GE(absl::FromChrono(SteadyNow() - begun_at), kShort);
}

TEST_F(RouterWriteTest, CancellationEndsTheWaitOfACommit) {
  Use(kLong);
  UseNone(1);
  const Call commit = Commit(1);
  OnLoop([&] { commit->cancellation.Request(CancelCause::kDeadline); });
  EXPECT_EQ(Result(commit).status().code(),
            absl::StatusCode::kDeadlineExceeded);
}

}  // namespace
}  // namespace sluice::routing
