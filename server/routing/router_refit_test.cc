// Tests whether a read still fits where it was routed, after a wait.

#include <vector>

#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "server/routing/test_router.h"
#include "server/routing/test_topology.h"

namespace sluice::routing {
namespace {

using topology::Node;

using RouterRefitTest = RouterTest;

TEST_F(RouterRefitTest, AfterAWaitAReplicaHasToKeepTheBoundStill) {
  const auto use_replica = [&](absl::Duration staleness) {
    Node replica = MakeReplica("replica");
    SetStaleness(replica, staleness);
    Update(MakeTopology({MakePrimary("primary"), replica}));
  };
  use_replica(absl::ZeroDuration());
  const Call read = Read(Any());
  ASSERT_EQ(NodeOf(read), "replica");
  const ReadNeed bounded = Bounded(absl::Hours(1));
  OnLoop([&] { EXPECT_TRUE(router_->StillFits(bounded, **read->result)); });
  use_replica(absl::Hours(2));
  OnLoop([&] {
    Route& route = **read->result;
    EXPECT_FALSE(router_->StillFits(bounded, route));
    EXPECT_GE(*route.lag(), absl::Hours(2));
    EXPECT_TRUE(router_->StillFits(Any(), route));
    EXPECT_TRUE(router_->StillFits(AtLeast(1000), route));
  });
  use_replica(absl::ZeroDuration());
  OnLoop([&] {
    EXPECT_TRUE(router_->StillFits(bounded, **read->result));
    EXPECT_LT(*(*read->result)->lag(), absl::Hours(1));
  });
  Update(MakeTopology({MakePrimary("primary")}));
  OnLoop([&] { EXPECT_FALSE(router_->StillFits(Any(), **read->result)); });
}

TEST_F(RouterRefitTest, AfterAWaitThePrimaryHasToBeTheOneStill) {
  Update(MakeTopology({MakePrimary("primary"), MakeReplica("other", 900)}));
  const ReadNeed foreign = AtLeast(1, 1, 42);
  const Call read = Read(foreign);
  ASSERT_EQ(NodeOf(read), "primary");
  const std::vector<ReadNeed> needs = {foreign, AtLeast(1000),
                                       Bounded(absl::Hours(1))};
  const auto expect_fit = [&](bool fits) {
    OnLoop([&] {
      for (const ReadNeed& need : needs) {
        EXPECT_EQ(router_->StillFits(need, **read->result), fits);
      }
      EXPECT_TRUE(router_->StillFits(Any(), **read->result));
    });
  };
  expect_fit(true);
  Update(MakeTopology({MakePrimary("primary"), MakeReplica("other")}, ""));
  expect_fit(false);
  Update(MakeTopology({MakePrimary("primary"), MakeReplica("other")}));
  expect_fit(true);
  Update(MakeTopology({MakePrimary("primary"), MakePrimary("other")}, "other",
                      /*epoch=*/2));
  expect_fit(false);
}

}  // namespace
}  // namespace sluice::routing
