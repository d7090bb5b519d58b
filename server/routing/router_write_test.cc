// Tests where writes go, and when they wait.

#include <map>
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
  EXPECT_EQ(write->result.value()->epoch(), 2u);
}

TEST_F(RouterWriteTest, PrimaryThatCannotBeAskedTakesOnlyWhatItWasGiven) {
  Use(kShort);
  Node primary = MakePrimary("primary");
  primary.state = topology::NodeState::kUnreachable;
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

}  // namespace
}  // namespace sluice::routing
