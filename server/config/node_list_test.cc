#include "server/config/node_list.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice::config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::vector<std::string> Read(const std::string& text) {
  const auto nodes = ReadNodeList(text);
  EXPECT_TRUE(nodes.ok()) << nodes.status();
  return nodes.value_or(std::vector<std::string>());
}

std::string FaultOf(const std::string& text) {
  const auto nodes = ReadNodeList(text);
  EXPECT_EQ(nodes.status().code(), absl::StatusCode::kInvalidArgument) << text;
  return std::string(nodes.status().message());
}

TEST(NodeListTest, ReadsPrimaryAndReplicasBelowAKeyOrAtTheTop) {
  EXPECT_THAT(Read("databases:\n"
                   "  \n"
                   "  primary: 10.0.0.1:5432\n"
                   "  \n"
                   "  read_only:\n"
                   "    \n"
                   "    - 10.0.0.2:5432\n"
                   "    - 10.0.0.3:5433\n"),
              ElementsAre("10.0.0.1:5432", "10.0.0.2:5432", "10.0.0.3:5433"));
  EXPECT_THAT(Read("primary: a:1\nread_only: [b:2, '[::1]:3']\n"),
              ElementsAre("a:1", "b:2", "[::1]:3"));
}

TEST(NodeListTest, OtherKeysAreOthersBusiness) {
  EXPECT_THAT(Read("cache: {host: x}\npostgres: {primary: a:1, pool: [1]}\n"),
              ElementsAre("a:1"));
}

TEST(NodeListTest, EmptyValuesAreNoNodes) {
  EXPECT_THAT(Read("primary:\nread_only:\n"), IsEmpty());
  EXPECT_THAT(Read("databases:\n  read_only:\n    - a:1\n"),
              ElementsAre("a:1"));
  EXPECT_THAT(Read("primary: ''\nread_only: [~, '', a:1, ]\n"),
              ElementsAre("a:1"));
}

TEST(NodeListTest, RefusesWhatHasNoNodesInIt) {
  EXPECT_EQ(FaultOf(""), "it is empty");
  EXPECT_EQ(FaultOf("# rendered\n"), "it is empty");
  EXPECT_THAT(FaultOf("databases:\n"), HasSubstr("neither primary nor"));
  EXPECT_THAT(FaultOf("a: {b: {primary: x}}"), HasSubstr("neither"));
  EXPECT_THAT(FaultOf("[primary]"), HasSubstr("expected primary"));
  EXPECT_THAT(FaultOf("primary"), HasSubstr("expected primary"));
}

TEST(NodeListTest, RefusesWhatIsAmbiguous) {
  EXPECT_EQ(FaultOf("a: {primary: x}\nb: {read_only: [y]}\n"),
            "a second primary or read_only (line 2)");
  EXPECT_EQ(FaultOf("primary: x\nprimary: y\n"),
            "primary: given twice (line 2)");
  EXPECT_EQ(FaultOf("read_only: [x]\nread_only: [x]\n"),
            "read_only: given twice (line 2)");
}

TEST(NodeListTest, RefusesOtherForms) {
  EXPECT_EQ(FaultOf("primary: [x]"), "primary: expected HOST:PORT (line 1)");
  EXPECT_EQ(FaultOf("primary: {x: y}"), "primary: expected HOST:PORT (line 1)");
  EXPECT_EQ(FaultOf("read_only: x:1"), "read_only: expected a list (line 1)");
  EXPECT_EQ(FaultOf("read_only:\n  - [x]\n"),
            "read_only: expected HOST:PORT (line 2)");
}

TEST(NodeListTest, RefusesGarbageOnOneLine) {
  for (const std::string& text :
       {std::string("primary: [x"), std::string("primary: 'x"),
        std::string("primary: \"x"), std::string("{{with service}}"),
        std::string("primary: &a x"), std::string("read_only: [*a]"),
        std::string("primary: x\n---\nprimary: y\n"), std::string("\xff\xfe"),
        std::string("primary: x\0", 11), std::string(100'000, '['),
        std::string("\x7f"
                    "ELF"),
        std::string("\tprimary: x"), std::string("<html>\n<body a: b: c>")}) {
    const std::string fault = FaultOf(text);
    EXPECT_FALSE(fault.empty());
    EXPECT_THAT(fault, testing::Not(HasSubstr("\n"))) << text;
  }
}

}  // namespace
}  // namespace sluice::config
