#include "server/topology/consul_answer.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice::topology {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// An instance as Consul tells of it.
std::string Instance(const std::string& node_address,
                     const std::string& service_address,
                     const std::string& port,
                     const std::string& tags = R"(["replica", "aid1"])") {
  return absl::StrCat(
      R"({"Node": {"ID": "40e4a748", "Node": "db1", "Address": ")",
      node_address, R"(", "Datacenter": "dc1", "TaggedAddresses": {"lan": )",
      R"("10.9.9.9"}, "Meta": {"a": "b"}}, "Service": {"ID": "pg", )",
      R"("Service": "postgresql", "Tags": )", tags, R"(, "Address": ")",
      service_address, R"(", "Meta": null, "Port": )", port,
      R"(, "Weights": {"Passing": 1}}, "Checks": [{"Node": "db1", )",
      R"("Status": "passing", "Output": "Address: \"x\""}]})");
}

std::vector<std::string> Read(const std::string& body,
                              const std::vector<std::string>& tags = {}) {
  const auto nodes = ParseConsulAnswer(body, tags);
  EXPECT_TRUE(nodes.ok()) << nodes.status();
  std::vector<std::string> read;
  if (!nodes.ok()) return read;
  for (const NodeAddress& node : *nodes) {
    EXPECT_EQ(node.name, MakeNodeName(node.host, node.port));
    read.push_back(absl::StrCat(node.host, ":", node.port));
  }
  return read;
}

std::string FaultOf(const std::string& body) {
  const auto nodes = ParseConsulAnswer(body, {});
  EXPECT_EQ(nodes.status().code(), absl::StatusCode::kInvalidArgument) << body;
  return std::string(nodes.status().message());
}

TEST(ConsulAnswerTest, TakesTheServicesAddressAndElseTheNodes) {
  EXPECT_THAT(
      Read(absl::StrCat("[", Instance("10.0.0.1", "", "5432"), ", ",
                        Instance("10.0.0.1", "10.0.0.2", "5433"), ", ",
                        Instance("10.0.0.1", "DB3.example", "5434"), ", ",
                        Instance("10.0.0.1", "FD00::4", "5435"), "]")),
      ElementsAre("10.0.0.1:5432", "10.0.0.2:5433", "db3.example:5434",
                  "fd00::4:5435"));
}

TEST(ConsulAnswerTest, KeepsInstancesWithOneOfTheTags) {
  const std::string body =
      absl::StrCat("[", Instance("10.0.0.1", "", "1", R"(["a"])"), ", ",
                   Instance("10.0.0.2", "", "2", R"(["b", "c"])"), ", ",
                   Instance("10.0.0.3", "", "3", "[]"), ", ",
                   Instance("10.0.0.4", "", "4", "null"), "]");
  EXPECT_THAT(Read(body, {"a", "c"}), ElementsAre("10.0.0.1:1", "10.0.0.2:2"));
  EXPECT_THAT(Read(body, {"A", "b "}), IsEmpty());
  EXPECT_EQ(Read(body).size(), 4);
}

TEST(ConsulAnswerTest, AnEmptyListHasNoNode) {
  EXPECT_THAT(Read("[]"), IsEmpty());
  EXPECT_THAT(Read(" [ ]\n"), IsEmpty());
}

TEST(ConsulAnswerTest, RefusesWhatIsNoSuchAnswer) {
  const std::string whole =
      absl::StrCat("[", Instance("10.0.0.1", "", "5432"), "]");
  for (const std::string& body :
       {std::string(), std::string("null"), std::string("{}"), std::string("5"),
        std::string("<html></html>"), std::string("[1]"), std::string("[[]]"),
        std::string("[null]"), std::string("[{}]"),
        std::string(R"([{"Service": 5}])"), std::string("[]]"),
        std::string(R"([{"Service": []}])"), std::string(100'000, '['),
        std::string("\xff\xfe"), whole + "x"}) {
    FaultOf(body);
  }
  // However much of it has come.
  for (size_t size = 0; size < whole.size(); ++size) {
    EXPECT_EQ(FaultOf(whole.substr(0, size)),
              "Consul's answer is no list in JSON");
  }
}

TEST(ConsulAnswerTest, OneBadInstanceSpoilsTheAnswer) {
  const std::string good = Instance("10.0.0.1", "", "5432");
  const auto fault_of = [&](const std::string& bad) {
    return FaultOf(absl::StrCat("[", good, ", ", bad, "]"));
  };
  for (const char* port :
       {"0", "65536", "-1", "5432.5", "\"5432\"", "null", "1e3", "[]"}) {
    EXPECT_THAT(fault_of(Instance("10.0.0.1", "", port)),
                HasSubstr("an instance at 10.0.0.1 without a port"))
        << port;
  }
  EXPECT_THAT(fault_of(Instance("", "", "5432")),
              HasSubstr("an instance at \"\""));
  EXPECT_THAT(fault_of(Instance("10.0.0.1", "a b", "5432")),
              HasSubstr("an instance at \"a b\""));
  EXPECT_THAT(fault_of(Instance("10.0.0.1", "10.0.0.2,evil", "5432")),
              HasSubstr("an instance at"));
  EXPECT_THAT(fault_of(R"({"Service": {"Port": 5432}})"),
              HasSubstr("an instance at \"\""));
}

}  // namespace
}  // namespace sluice::topology
