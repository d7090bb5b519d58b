// Files of discovery that are broken, and some that are good and wrong, under a
// load of reads and writes.

#include "tests/integration/discovery_fault_test.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "tests/support/file.h"

namespace sluice::testing {
namespace {

// Several looks of the gateway at the file.
constexpr absl::Duration kSomeLooks = absl::Milliseconds(3500);
constexpr absl::Duration kFlapInterval = absl::Milliseconds(100);

class FileFaultTest : public DiscoveryFaultTest {
 protected:
  void SetUp() override {
    ASSERT_NO_FATAL_FAILURE(MakeFolder());
    ASSERT_NO_FATAL_FAILURE(
        StartDiscovered([this](auto& cluster, auto& options) {
          good_ = ListOf(cluster, {0, 1, 2});
          Write(good_);
          options.discovery = discovery();
        }));
  }

  // The first of them as the primary.
  static std::string ListOf(const PostgresCluster& cluster,
                            const std::vector<size_t>& nodes) {
    std::string list = "databases:\n";
    for (size_t i = 0; i < nodes.size(); ++i) {
      absl::StrAppend(&list,
                      i == 0   ? "  primary: "
                      : i == 1 ? "  read_only:\n    - "
                               : "    - ",
                      cluster.AddressOf(nodes[i]), "\n");
    }
    return list;
  }
  std::string ListOf(const std::vector<size_t>& nodes) const {
    return ListOf(stack_->cluster(), nodes);
  }

  // Puts it in the file's place, whole.
  void Write(const std::string& text) {
    ASSERT_TRUE(ReplaceFile(file_, text, 0644).ok());
  }
  // Makes the file a link to one that holds that.
  void Link(const std::string& name, const std::string& text) {
    ASSERT_TRUE(WriteFile(folder_->Path(name), text, 0644).ok());
    std::filesystem::create_symlink(name, folder_->Path("next"));
    std::filesystem::rename(folder_->Path("next"), file_);
  }
  // Writes the one and the other in turn.
  void Flap(const std::string& one, const std::string& other,
            absl::Duration time) {
    const absl::Time end = absl::Now() + time;
    while (absl::Now() < end) {
      for (const std::string& text : {one, other}) {
        Write(text);
        absl::SleepFor(kFlapInterval);
      }
    }
  }

  // That a fault is logged, once, and is over when the file is good again.
  template <typename Spoil>
  void ExpectRefused(const std::string& fault, const Spoil& spoil) {
    SCOPED_TRACE(fault);
    const int refused = CountLog("discovery_refused");
    const int recovered = CountLog("discovery_recovered");
    spoil();
    EXPECT_TRUE(AwaitLog(refused + 1, "discovery_refused"));
    EXPECT_EQ(CountLog("discovery_refused"), refused + 1);
    EXPECT_GE(CountLog("discovery_refused", fault), 1);
    EXPECT_EQ(TopologyOf().nodes_size(), 3);
    Write(good_);
    EXPECT_TRUE(AwaitLog(recovered + 1, "discovery_recovered"));
  }

  // Of all nodes that are no strangers.
  std::string good_;
};

TEST_F(FileFaultTest, ABadFileChangesNothingAndIsToldOnce) {
  const struct {
    const char* fault;
    std::string text;
  } kBad[] = {
      {"it is empty", ""},
      {"read_only: expected HOST:PORT", good_.substr(0, good_.rfind(':') + 1)},
      {"control character", std::string("\x7f"
                                        "ELF\x02\0\0",
                                        7)},
      {"expected primary", "<html><body>502 Bad Gateway</body></html>\n"},
      {"names no node", "databases:\n  primary:\n  read_only:\n"},
      {"more than 1048576 bytes", std::string(1'048'577, ' ')},
      {"neither a host name nor", "primary: /tmp/socket\n"},
  };
  for (const auto& [fault, text] : kBad) {
    ExpectRefused(fault, [this, &text = text] { Write(text); });
  }
  ExpectRefused("No such file", [this] { std::filesystem::remove(file_); });
  // A link that leads to another file.
  Link("good", good_);
  ExpectRefused("has neither primary", [this] {
    Link("bad", "nodes: none\n");
    const absl::Time since = absl::Now();
    EXPECT_TRUE(
        Await(kLimit, [&] { return absl::Now() - since > kSomeLooks; }));
  });
  EXPECT_EQ(CountLog("discovered_nodes_changed"), 1);
  EXPECT_EQ(CountLog("primary_taken"), 1);
  CheckCalls();
}

TEST_F(FileFaultTest, AFileThatChangesAllTheTimeFailsNoCall) {
  const absl::Time begin = absl::Now();
  Flap("garbage\n", good_, absl::Seconds(4));
  Flap(ListOf({0, 1}), good_, absl::Seconds(4));
  // Without the primary writes wait.
  Flap(ListOf({1, 2}), good_, absl::Seconds(4));
  const double looks = (absl::Now() - begin) / absl::Seconds(1);
  Write(good_);
  for (const size_t node : {0, 1, 2}) {
    EXPECT_TRUE(AwaitState(node, v1::CLUSTER_NODE_STATE_UP));
  }
  EXPECT_TRUE(
      Await(kLimit, [this] { return TopologyOf().primary() == NameOf(0); }));
  EXPECT_LE(CountLog("discovery_refused"), looks + 2);
  for (const size_t replica : {1, 2}) {
    EXPECT_TRUE(any_->AwaitServedBy(NameOf(replica), 10));
  }
  CheckCalls();
}

TEST_F(FileFaultTest, WhoIsCalledThePrimaryNeedNotBeIt) {
  Write(ListOf({1, 0, 2}));
  EXPECT_TRUE(any_->AwaitServedBy(NameOf(1), 10));
  EXPECT_TRUE(strong_->AwaitServedBy(NameOf(0), 10));
  EXPECT_EQ(CountLog("discovery_refused"), 0);

  Write(ListOf({kStranger, 0, 1, 2}));
  EXPECT_TRUE(AwaitState(kStranger, v1::CLUSTER_NODE_STATE_FOREIGN));
  EXPECT_THAT(Discovered(kStranger).fault(),
              ::testing::HasSubstr("its system identifier is"));
  EXPECT_TRUE(strong_->AwaitServedBy(NameOf(0), 20));
  Write(ListOf({0, 1, kStranger}));
  EXPECT_TRUE(AwaitLog(1, "node_removed", NameOf(2)));
  EXPECT_TRUE(any_->AwaitServedBy(NameOf(1), 50));
  // One for which pgbouncer has no entry.
  Write(absl::StrCat("read_only: [\"nowhere.invalid:5432\", \"",
                     stack_->cluster().AddressOf(0), "\", \"",
                     stack_->cluster().AddressOf(1), "\"]\n"));
  EXPECT_TRUE(AwaitLog(1, "node_changed",
                       "\"host\":\"nowhere.invalid\",\"port\":5432,"
                       "\"state\":\"unreachable\""));
  EXPECT_TRUE(any_->AwaitServedBy(NameOf(1), 50));
  EXPECT_EQ(CountLog("node_changed", "\"state\":\"foreign\""), 1);
  EXPECT_EQ(CountLog("primary_taken"), 1);
  CheckCalls();
}

}  // namespace
}  // namespace sluice::testing
