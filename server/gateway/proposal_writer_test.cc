// Tests that the nodes of a cluster are proposed whenever they change.

#include "server/gateway/proposal_writer.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"

namespace sluice::gateway {
namespace {

namespace fs = std::filesystem;

topology::Topology OfNodes(const std::vector<std::string>& names) {
  topology::Topology topology;
  topology.cluster = "main";
  for (const std::string& name : names) {
    topology::Node node;
    node.address = {name, absl::StrCat(name, ".internal"), 5432};
    topology.nodes.push_back(std::move(node));
  }
  return topology;
}

class ProposalWriterTest : public testing::Test {
 protected:
  ProposalWriterTest() { fs::create_directories(folder_); }
  ~ProposalWriterTest() override { fs::remove_all(folder_); }

  std::string Read() const {
    std::ifstream file(path_);
    return std::string(std::istreambuf_iterator<char>(file), {});
  }
  // Until the file is there.
  void KeepTaking(const topology::Topology& topology) {
    const Deadline deadline = Deadline::In(absl::Seconds(10));
    while (!fs::exists(path_) && !deadline.Expired()) writer_.Take(topology);
  }

  const fs::path folder_ =
      fs::path(testing::TempDir()) /
      testing::UnitTest::GetInstance()->current_test_info()->name();
  const fs::path path_ = folder_ / "nodes";
  ProposalWriter writer_{path_.string()};
};

TEST_F(ProposalWriterTest, WritesTheNodesWhenTheyChangeAndOnlyThen) {
  writer_.Take(OfNodes({"a", "b"}));
  EXPECT_EQ(Read(),
            "sluice-proposal 1 main\na a.internal 5432\nb b.internal 5432\n"
            "end 2\n");
  std::ofstream(path_) << "touched";
  writer_.Take(OfNodes({"a", "b"}));
  EXPECT_EQ(Read(), "touched");
  writer_.Take(OfNodes({"a"}));
  EXPECT_EQ(Read(), "sluice-proposal 1 main\na a.internal 5432\nend 1\n");
}

TEST_F(ProposalWriterTest, WritesAgainWhatIsGone) {
  writer_.Take(OfNodes({"a"}));
  // Twice, the second time with its folder.
  fs::remove(path_);
  KeepTaking(OfNodes({"a"}));
  EXPECT_EQ(Read(), "sluice-proposal 1 main\na a.internal 5432\nend 1\n");
  fs::remove_all(folder_);
  writer_.Take(OfNodes({"a"}));
  fs::create_directories(folder_);
  KeepTaking(OfNodes({"a"}));
  EXPECT_EQ(Read(), "sluice-proposal 1 main\na a.internal 5432\nend 1\n");
}

TEST_F(ProposalWriterTest, ProposesNoEmptySet) {
  writer_.Take(OfNodes({"a"}));
  const std::string before = Read();
  writer_.Take(OfNodes({}));
  EXPECT_EQ(Read(), before);
}

TEST_F(ProposalWriterTest, TriesAgainWhatCouldNotBeWritten) {
  fs::remove_all(folder_);
  writer_.Take(OfNodes({"a"}));
  fs::create_directories(folder_);
  KeepTaking(OfNodes({"a"}));
  EXPECT_EQ(Read(), "sluice-proposal 1 main\na a.internal 5432\nend 1\n");
}

}  // namespace
}  // namespace sluice::gateway
