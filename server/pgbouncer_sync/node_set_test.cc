// Nodes that come and go.

#include "server/pgbouncer_sync/node_set.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"

namespace sluice::pgbouncer_sync {
namespace {

using pgbouncer::ProposedNode;
using ::testing::ElementsAre;
using ::testing::SizeIs;

const ProposedNode kOne = {"pg-1", "10.0.0.1", 5432};
const ProposedNode kTwo = {"pg-2", "10.0.0.2", 5432};
const ProposedNode kTwoElsewhere = {"pg-2", "10.0.0.3", 5432};
constexpr absl::Duration kLimit = absl::Minutes(10);

SteadyTime At(absl::Duration time) {
  return SteadyTime() + absl::ToChronoNanoseconds(time);
}

bool Used(const ProposedNode& /*node*/) { return true; }
bool Unused(const ProposedNode& /*node*/) { return false; }

TEST(NodeSetTest, KeepsANodeThatLeavesWhileItIsUsed) {
  const NodeSet both = NodeSet().With({kOne, kTwo}, At(absl::Seconds(1)));
  EXPECT_FALSE(both.has_departing());
  const NodeSet left = both.With({kOne}, At(absl::Seconds(2)));
  EXPECT_TRUE(left.has_departing());
  EXPECT_THAT(left.proposed(), ElementsAre(kOne));
  EXPECT_THAT(left.All(), ElementsAre(kOne, kTwo));
  EXPECT_THAT(left.WithoutDeparted(Used, kLimit, At(absl::Minutes(9))).All(),
              ElementsAre(kOne, kTwo));
  EXPECT_THAT(left.WithoutDeparted(Unused, kLimit, At(absl::Seconds(2))).All(),
              ElementsAre(kOne));
}

TEST(NodeSetTest, AllowsADepartureSoMuchTime) {
  const NodeSet left = NodeSet()
                           .With({kOne, kTwo}, At(absl::ZeroDuration()))
                           .With({kOne}, At(absl::Minutes(1)))
                           .With({kOne}, At(absl::Minutes(10)));
  EXPECT_TRUE(left.WithoutDeparted(Used, kLimit, At(absl::Minutes(10.9)))
                  .has_departing());
  EXPECT_FALSE(left.WithoutDeparted(Used, kLimit, At(absl::Minutes(11)))
                   .has_departing());
}

TEST(NodeSetTest, ANodeThatIsProposedAgainDepartsNoMore) {
  const NodeSet left = NodeSet()
                           .With({kOne, kTwo}, At(absl::ZeroDuration()))
                           .With({kOne}, At(absl::Minutes(1)));
  const NodeSet again = left.With({kOne, kTwoElsewhere}, At(absl::Minutes(2)));
  EXPECT_FALSE(again.has_departing());
  EXPECT_THAT(again.All(), ElementsAre(kOne, kTwoElsewhere));
}

TEST(NodeSetTest, IsBounded) {
  NodeSet nodes;
  for (int round = 0; round < 5; ++round) {
    std::vector<ProposedNode> proposed;
    for (int i = 0; i < 60; ++i) {
      proposed.push_back({absl::StrCat("r", round, ".", i), "10.0.0.1", 5432});
    }
    nodes = nodes.With(proposed, At(absl::Seconds(round)));
    EXPECT_EQ(nodes.proposed(), proposed);
    EXPECT_THAT(nodes.All(), SizeIs(::testing::Le(100u)));
  }
  EXPECT_EQ(nodes.All()[60].name, "r3.20");
}

}  // namespace
}  // namespace sluice::pgbouncer_sync
