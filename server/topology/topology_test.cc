#include "server/topology/topology.h"

#include "gtest/gtest.h"

namespace sluice::topology {
namespace {

TEST(TopologyTest, FindsNodesByName) {
  Topology topology;
  EXPECT_EQ(topology.Find("a"), nullptr);
  EXPECT_EQ(topology.primary(), nullptr);
  for (const char* name : {"b", "d", "f"}) {
    topology.nodes.emplace_back().address.name = name;
  }
  for (const Node& node : topology.nodes) {
    EXPECT_EQ(topology.Find(node.address.name), &node);
  }
  for (const char* name : {"", "a", "c", "g", "bb"}) {
    EXPECT_EQ(topology.Find(name), nullptr) << name;
  }
  topology.primary_index = 1;
  EXPECT_EQ(topology.primary(), topology.Find("d"));
}

}  // namespace
}  // namespace sluice::topology
