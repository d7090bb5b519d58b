#include "server/topology/last_good_nodes.h"

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/base/node_name.h"

namespace sluice::topology {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using Nodes = std::vector<NodeAddress>;

Nodes NodesAt(const std::vector<std::string>& addresses) {
  Nodes nodes;
  for (const std::string& address : addresses) {
    nodes.push_back(ParseNodeAddress(address).value());
  }
  return nodes;
}

// What `run` logs, a line each.
template <typename Run>
std::vector<std::string> LogOf(const Run& run) {
  testing::internal::CaptureStderr();
  run();
  return absl::StrSplit(testing::internal::GetCapturedStderr(), '\n',
                        absl::SkipEmpty());
}

TEST(LastGoodNodesTest, TakesEachNodeOnceSortedByName) {
  LastGoodNodes nodes("c", kMaxNodeNameBytes);
  EXPECT_TRUE(nodes.Take(NodesAt({"b:1", "a:1", "b:1", "a:1"})));
  EXPECT_EQ(nodes.nodes(), NodesAt({"a:1", "b:1"}));
  EXPECT_FALSE(nodes.Take(NodesAt({"a:1", "b:1"})));
  EXPECT_TRUE(nodes.Take(NodesAt({"a:1"})));
  EXPECT_EQ(nodes.fault(), "");
}

TEST(LastGoodNodesTest, NoBadAnswerRemovesANode) {
  LastGoodNodes nodes("c", kMaxNodeNameBytes);
  ASSERT_TRUE(nodes.Take(NodesAt({"a:1", "b:1"})));
  Nodes same_name = NodesAt({"a:1", "b:1"});
  same_name[1].name = same_name[0].name;
  Nodes many;
  for (int i = 0; i < 10'000; ++i) {
    many.push_back(ParseNodeAddress(absl::StrCat("h", i, ":1")).value());
  }
  const std::vector<std::pair<absl::StatusOr<Nodes>, std::string>> bad = {
      {Nodes(), "the answer names no node"},
      {absl::UnavailableError("no answer"), "no answer"},
      {same_name, "two nodes have the name a_1"},
      {many, "the answer names more than 100 nodes"}};
  for (const auto& [answer, fault] : bad) {
    EXPECT_FALSE(nodes.Take(answer));
    EXPECT_EQ(nodes.fault(), fault);
    EXPECT_EQ(nodes.nodes(), NodesAt({"a:1", "b:1"}));
  }
  EXPECT_FALSE(nodes.Take(NodesAt({"a:1", "b:1"})));
  EXPECT_EQ(nodes.fault(), "");
}

TEST(LastGoodNodesTest, ANameThatFitsIntoNoEntryIsAFaultOfTheAnswer) {
  LastGoodNodes nodes("c", 6);
  ASSERT_TRUE(nodes.Take(NodesAt({"a:5432"})));
  EXPECT_FALSE(nodes.Take(NodesAt({"a:5432", "ab:5432"})));
  EXPECT_EQ(nodes.nodes(), NodesAt({"a:5432"}));
  EXPECT_EQ(nodes.fault(),
            "the node name ab_5432 is longer than the 6 bytes that the names "
            "of its entries leave for it");
}

TEST(LastGoodNodesTest, TakesAHundredNodes) {
  Nodes many;
  for (int i = 0; i < 100; ++i) {
    many.push_back(ParseNodeAddress(absl::StrCat("h", i, ":1")).value());
  }
  Nodes twice = many;
  twice.insert(twice.end(), many.begin(), many.end());
  LastGoodNodes nodes("c", kMaxNodeNameBytes);
  EXPECT_TRUE(nodes.Take(twice));
  EXPECT_EQ(nodes.nodes().size(), 100);
}

TEST(LastGoodNodesTest, LogsANewFaultOnceAndItsEnd) {
  LastGoodNodes nodes("main", kMaxNodeNameBytes);
  const auto log = LogOf([&] {
    nodes.Take(NodesAt({"a:1"}));
    for (int i = 0; i < 3; ++i) nodes.Take(absl::UnavailableError("slow"));
    for (int i = 0; i < 3; ++i) nodes.Take(Nodes());
    for (int i = 0; i < 3; ++i) nodes.Take(NodesAt({"a:1"}));
  });
  const auto line = [](absl::string_view event, absl::string_view rest) {
    return testing::AllOf(HasSubstr(event), HasSubstr("\"cluster\":\"main\""),
                          HasSubstr(rest));
  };
  EXPECT_THAT(
      log,
      ElementsAre(
          line("discovered_nodes_changed", "\"count\":1,\"nodes\":\"a_1\""),
          line("discovery_refused", "\"error\":\"slow\",\"kept\":1"),
          line("discovery_refused", "names no node"),
          line("discovery_recovered", "info")));
}

TEST(LastGoodNodesTest, LogsNoEndlessLine) {
  Nodes many;
  for (int i = 0; i < 100; ++i) {
    many.push_back(ParseNodeAddress(absl::StrCat("h", i, ":1")).value());
  }
  LastGoodNodes nodes("main", kMaxNodeNameBytes);
  const auto log = LogOf([&] { nodes.Take(many); });
  ASSERT_EQ(log.size(), 1);
  EXPECT_LT(log[0].size(), 1000);
  EXPECT_THAT(log[0], HasSubstr("\"count\":100"));
}

}  // namespace
}  // namespace sluice::topology
