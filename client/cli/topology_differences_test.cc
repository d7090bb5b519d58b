#include "client/cli/topology_differences.h"

#include <string>
#include <vector>

#include "client/cli/text_proto.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice::cli {
namespace {

InstanceView View(const std::string& address, const std::string& clusters) {
  return {address, ParseTextProto<v1::GetTopologyResponse>(clusters)};
}

constexpr char kBoth[] = R"(
    clusters { name: "main" primary: "a" timeline: 2
               nodes { name: "a" state: CLUSTER_NODE_STATE_UP
                       role: CLUSTER_NODE_ROLE_PRIMARY lsn: "0/5000" }
               nodes { name: "b" state: CLUSTER_NODE_STATE_UP
                       role: CLUSTER_NODE_ROLE_REPLICA lag_bytes: 4096 } })";

TEST(TopologyDifferencesTest, WhatIsOfTheMomentIsNone) {
  EXPECT_EQ(DescribeDifferences({View("x:1", kBoth), View("y:1", R"(
    instance: "other"
    clusters { name: "main" primary: "a" timeline: 2 epoch: 7
               nodes { name: "a" state: CLUSTER_NODE_STATE_UP
                       role: CLUSTER_NODE_ROLE_PRIMARY lsn: "0/6000" }
               nodes { name: "b" state: CLUSTER_NODE_STATE_UP in_flight: 9
                       role: CLUSTER_NODE_ROLE_REPLICA } })")}),
            "All of them see the same.\n");
}

TEST(TopologyDifferencesTest, SaysWhoSeesWhat) {
  EXPECT_EQ(DescribeDifferences(
                {View("x:1", kBoth), View("y:1", kBoth), View("z:1", R"(
    clusters { name: "main" timeline: 1 writes_held: true
               nodes { name: "a" state: CLUSTER_NODE_STATE_DOWN
                       role: CLUSTER_NODE_ROLE_PRIMARY }
               nodes { name: "c" state: CLUSTER_NODE_STATE_UP
                       role: CLUSTER_NODE_ROLE_REPLICA } })")}),
            "They differ:\n"
            "  main, node a: down, primary, not used (z:1); "
            "up, primary, takes writes (x:1, y:1)\n"
            "  main, node b: not known (z:1); up, replica (x:1, y:1)\n"
            "  main, node c: not known (x:1, y:1); up, replica (z:1)\n"
            "  main, primary: a (x:1, y:1); none (z:1)\n"
            "  main, timeline: 1 (z:1); 2 (x:1, y:1)\n"
            "  main, writes: go on (x:1, y:1); held (z:1)\n");
}

TEST(TopologyDifferencesTest, AClusterThatOneDoesNotHaveIsOne) {
  EXPECT_THAT(DescribeDifferences({View("x:1", kBoth), View("y:1", "")}),
              ::testing::HasSubstr("main, primary: a (x:1); not known (y:1)"));
}

}  // namespace
}  // namespace sluice::cli
