// Tests for what reads wait, for how long, and what wakes them.

#include <functional>
#include <map>
#include <semaphore>
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

class RouterWaitTest : public RouterTest {
 protected:
  void Use(absl::Duration max_replica_wait, absl::Duration max_write_wait,
           Router::Asker asker = nullptr) {
    RouterSettings settings;
    settings.max_replica_wait = max_replica_wait;
    settings.max_write_wait = max_write_wait;
    settings.max_waiters = max_waiters_;
    MakeRouter(settings, std::move(asker));
  }
  void UseReplicaAt(uint64_t lsn) {
    Update(MakeTopology({MakePrimary("primary"), MakeReplica("replica", lsn)}));
  }
  void UseNoPrimary() {
    Update(MakeTopology({MakeDown(MakePrimary("primary"))}, ""));
  }

  // Each answer to a question is an update that changes nothing.
  void UseAnswers() {
    max_waiters_ = 100;
    const auto topology = MakeTopology(
        {MakeDown(MakePrimary("primary")), MakeReplica("replica", 1000)}, "");
    Use(kLong, kLong, [this, topology](const std::string& /*node*/) {
      loop_.Post([this, topology] { router_->Update(topology); });
      asked_.release();
    });
    Update(topology);
  }
  // After 0, 10, 30, 70, 150, 250 and 350 ms.
  void ExpectAskedMoreAndMoreSeldom(const std::function<void()>& after_each =
                                        [] {}) {
    const SteadyTime begun_at = SteadyNow();
    for (int i = 0; i < 7; ++i) {
      asked_.acquire();
      after_each();
    }
    EXPECT_GE(absl::FromChrono(SteadyNow() - begun_at),
              absl::Milliseconds(340));
  }

  size_t max_waiters_ = 3;
  std::counting_semaphore<> asked_{0};
};

TEST_F(RouterWaitTest, ReadGoesToTheReplicaThatBecomesFresh) {
  Use(kLong, kLong);
  UseReplicaAt(1000);
  const Call read = Read(AtLeast(2000));
  EXPECT_FALSE(HasEnded(read));
  UseReplicaAt(1999);
  EXPECT_FALSE(HasEnded(read));
  UseReplicaAt(2000);
  EXPECT_EQ(NodeOf(read), "replica");
}

TEST_F(RouterWaitTest, ReadOfABoundGoesToTheReplicaThatCatchesUp) {
  Use(kLong, kLong);
  Node late = MakeReplica("replica");
  SetStaleness(late, absl::Hours(1));
  Update(MakeTopology({MakePrimary("primary"), late}));
  const Call read = Read(Bounded(absl::Minutes(1)));
  EXPECT_FALSE(HasEnded(read));
  UseReplicaAt(1000);
  EXPECT_EQ(NodeOf(read), "replica");
}

TEST_F(RouterWaitTest, ReadGoesToThePrimaryAfterTheWait) {
  Use(kShort, kLong);
  UseReplicaAt(1000);
  const SteadyTime begun_at = SteadyNow();
  const Call read = Read(AtLeast(2000));
  EXPECT_EQ(NodeOf(read), "primary");
  EXPECT_GE(absl::FromChrono(SteadyNow() - begun_at), kShort);
  EXPECT_EQ(Uses()["primary"].spilled_reads, 1);
}

TEST_F(RouterWaitTest, ReadWaitsOnlyForReplicasThatMayCome) {
  Use(kLong, kLong);
  // None is up.
  Update(
      MakeTopology({MakePrimary("primary"), MakeDown(MakeReplica("replica"))}));
  EXPECT_EQ(NodeOf(Read(AtLeast(2000))), "primary");
  // It was tried.
  UseReplicaAt(1000);
  EXPECT_EQ(NodeOf(Read(AtLeast(2000), {"replica"})), "primary");
  // It can't be compared with.
  EXPECT_EQ(NodeOf(Read(AtLeast(2000, 1, 42))), "primary");
  // It fails.
  Update(MakeTopology({MakePrimary("primary"), MakeReplica("replica", 1000),
                       MakeReplica("tried", 1000)}));
  for (int i = 0; i < 3; ++i) Fail(Read(Any(), {"tried"}));
  EXPECT_EQ(NodeOf(Read(AtLeast(2000), {"tried"})), "primary");
}

TEST_F(RouterWaitTest, TokenOfALaterTimelineWaitsForItsPrimary) {
  Use(kShort, kLong);
  Update(MakeTopology({MakePrimary("primary")}));
  const Call read = Read(AtLeast(500, 2));
  EXPECT_FALSE(HasEnded(read));
  Node promoted = MakePrimary("replica");
  promoted.timeline = 2;
  Update(MakeTopology({MakeDown(MakePrimary("primary")), promoted}, "replica"));
  EXPECT_EQ(NodeOf(read), "replica");
}

TEST_F(RouterWaitTest, TokenOfALaterTimelineIsNoReasonToReadAnOlderOne) {
  Use(kShort, 2 * kShort);
  UseReplicaAt(9000);
  const Call read = Read(AtLeast(500, 2));
  EXPECT_EQ(Result(read).status().code(), absl::StatusCode::kUnavailable);
}

TEST_F(RouterWaitTest, StrongReadWaitsForAPrimary) {
  Use(kShort, kLong);
  UseNoPrimary();
  const Call read = Read(Strong());
  EXPECT_FALSE(HasEnded(read));
  UseReplicaAt(1000);
  EXPECT_EQ(NodeOf(read), "primary");
}

TEST_F(RouterWaitTest, ReadFailsWhenNoNodeComes) {
  Use(kShort, 2 * kShort);
  UseNoPrimary();
  for (const ReadNeed& need : {Strong(), Any(), AtLeast(1)}) {
    const SteadyTime begun_at = SteadyNow();
    const Call read = Read(need);
    EXPECT_EQ(Result(read).status().code(), absl::StatusCode::kUnavailable);
    EXPECT_EQ(ReasonOf(Result(read).status()),
              v1::ERROR_REASON_BACKEND_UNAVAILABLE);
    EXPECT_GE(absl::FromChrono(SteadyNow() - begun_at), 2 * kShort);
  }
}

TEST_F(RouterWaitTest, ReadBeforeTheFirstTopologyWaitsForIt) {
  Use(kShort, kLong);
  const Call read = Read(Any());
  EXPECT_FALSE(HasEnded(read));
  UseReplicaAt(1000);
  EXPECT_EQ(NodeOf(read), "replica");
}

TEST_F(RouterWaitTest, AnotherTryWaitsForAPrimaryThatHasAnsweredSince) {
  Use(kShort, kLong);
  UseReplicaAt(1000);
  const SteadyTime failed_at = SteadyNow();
  const Call read = Read(Strong(), {"primary"}, failed_at);
  EXPECT_FALSE(HasEnded(read));
  UseReplicaAt(1000);
  EXPECT_EQ(NodeOf(read), "primary");
}

TEST_F(RouterWaitTest, CancellationEndsTheWait) {
  Use(kLong, kLong);
  UseReplicaAt(1000);
  const std::map<CancelCause, absl::StatusCode> codes = {
      {CancelCause::kCaller, absl::StatusCode::kCancelled},
      {CancelCause::kDeadline, absl::StatusCode::kDeadlineExceeded},
      {CancelCause::kRevoked, absl::StatusCode::kUnauthenticated},
  };
  for (const auto& [cause, code] : codes) {
    const Call read = Read(AtLeast(2000));
    EXPECT_FALSE(HasEnded(read));
    OnLoop([&, cause = cause] { read->cancellation.Request(cause); });
    EXPECT_EQ(Result(read).status().code(), code);
    EXPECT_EQ(ErrorMetadataOf(Result(read).status(), "executed"), "no");
    OnLoop([&] { EXPECT_EQ(router_->waiting_reads(), 0u); });
  }
}

TEST_F(RouterWaitTest, CancellationThatComesWithTheNewsEndsTheCall) {
  Use(kLong, kLong);
  UseReplicaAt(1000);
  const Call read = Read(AtLeast(2000));
  OnLoop([&] {
    router_->Update(
        MakeTopology({MakePrimary("primary"), MakeReplica("replica", 2000)}));
    read->cancellation.Request(CancelCause::kCaller);
  });
  EXPECT_EQ(Result(read).status().code(), absl::StatusCode::kCancelled);
  EXPECT_EQ(Uses()["replica"].in_flight, 0);
}

TEST_F(RouterWaitTest, SoManyReadsWaitAndNoMore) {
  Use(kLong, kLong);
  UseReplicaAt(1000);
  std::vector<Call> reads;
  for (int i = 0; i < 3; ++i) reads.push_back(Read(AtLeast(2000)));
  const Call refused = Read(AtLeast(2000));
  EXPECT_EQ(Result(refused).status().code(),
            absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(ReasonOf(Result(refused).status()), v1::ERROR_REASON_QUEUE_FULL);
  OnLoop([&] { EXPECT_EQ(router_->waiting_reads(), 3u); });
  // They hold up no others.
  EXPECT_EQ(NodeOf(Read(AtLeast(1000))), "replica");
  EXPECT_EQ(NodeOf(Write()), "primary");
  UseReplicaAt(2000);
  for (const Call& read : reads) EXPECT_EQ(NodeOf(read), "replica");
}

TEST_F(RouterWaitTest, NodesAreAskedForTheirPositionsWhileAReadWaits) {
  std::map<std::string, int> asked;
  std::promise<void> asked_again;
  Use(kLong, kLong, [&](const std::string& node) {
    if (++asked[node] == 4 && node == "replica") asked_again.set_value();
  });
  Update(MakeTopology({MakePrimary("primary"), MakeReplica("replica", 1000),
                       MakeDown(MakeReplica("down"))}));
  const Call fresh = Read(AtLeast(1000));
  EXPECT_EQ(NodeOf(fresh), "replica");
  OnLoop([&] { EXPECT_TRUE(asked.empty()); });
  const SteadyTime begun_at = SteadyNow();
  const Call read = Read(AtLeast(2000));
  OnLoop([&] { EXPECT_EQ(asked["replica"], 1); });
  asked_again.get_future().wait();
  // At once, after 10, 20 and 40 ms.
  EXPECT_GE(absl::FromChrono(SteadyNow() - begun_at), absl::Milliseconds(70));
  OnLoop([&] {
    EXPECT_GE(asked["primary"], 3);
    EXPECT_EQ(asked.count("down"), 0u);
  });
  UseReplicaAt(2000);
  EXPECT_EQ(NodeOf(read), "replica");
}

TEST_F(RouterWaitTest, NodesAreAskedMoreSeldomTheLongerAReadWaits) {
  UseAnswers();
  const Call read = Read(AtLeast(2000));
  ExpectAskedMoreAndMoreSeldom();
  UseReplicaAt(2000);
  EXPECT_EQ(NodeOf(read), "replica");
}

TEST_F(RouterWaitTest, NodesAreAskedMoreSeldomTheLongerThereIsNoPrimary) {
  UseAnswers();
  std::vector<Call> reads = {Read(Strong())};
  // However many come to wait for it.
  ExpectAskedMoreAndMoreSeldom([&] { reads.push_back(Read(Strong())); });
  UseReplicaAt(2000);
  for (const Call& read : reads) EXPECT_EQ(NodeOf(read), "primary");
}

TEST_F(RouterWaitTest, NewsWithoutAPrimaryWakeNobodyWhoNeedsIt) {
  Use(kShort, kLong);
  UseNoPrimary();
  const Call read = Read(Strong());
  const Call write = Write();
  OnLoop([&] {
    router_->Update(MakeTopology({MakeDown(MakePrimary("primary"))}, ""));
    EXPECT_EQ(router_->waiting_reads(), 1u);
    EXPECT_EQ(router_->waiting_writes(), 1u);
    router_->Update(MakeTopology({MakePrimary("primary")}));
    EXPECT_EQ(router_->waiting_reads(), 0u);
    EXPECT_EQ(router_->waiting_writes(), 0u);
  });
  EXPECT_EQ(NodeOf(read), "primary");
  EXPECT_EQ(NodeOf(write), "primary");
}

TEST_F(RouterWaitTest, NodesAreNotAskedMoreOftenForManyReads) {
  int asked = 0;
  Use(kLong, kLong, [&](const std::string& node) {
    if (node == "replica") ++asked;
  });
  UseReplicaAt(1000);
  const SteadyTime begun_at = SteadyNow();
  for (int i = 0; i < 50; ++i) {
    const Call read = Read(AtLeast(2000));
    OnLoop([&] { read->cancellation.Request(CancelCause::kCaller); });
    EXPECT_FALSE(Result(read).ok());
  }
  const absl::Duration taken = absl::FromChrono(SteadyNow() - begun_at);
  OnLoop([&] { EXPECT_LE(asked, 1 + taken / absl::Milliseconds(10)); });
}

}  // namespace
}  // namespace sluice::routing
