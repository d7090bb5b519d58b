// DiscoveryFaultTest: a cluster that the gateway discovers, under a load of
// reads and writes, none of which may fail or meet a stranger.

#ifndef SLUICE_TESTS_INTEGRATION_DISCOVERY_FAULT_TEST_H_
#define SLUICE_TESTS_INTEGRATION_DISCOVERY_FAULT_TEST_H_

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <optional>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "absl/time/clock.h"
#include "tests/integration/failover_stack_test.h"
#include "tests/integration/read_crowd.h"
#include "tests/integration/read_request.h"
#include "tests/support/temp_dir.h"

namespace sluice::testing {

class DiscoveryFaultTest : public FailoverTest {
 protected:
  static constexpr absl::Duration kLimit = absl::Seconds(30);
  // A primary of another cluster, whose database has the same tables.
  static constexpr size_t kStranger = 3;

  // Makes the folder of `file_`, which is not there yet.
  void MakeFolder() {
    absl::StatusOr<TempDir> folder = TempDir::Make();
    ASSERT_TRUE(folder.ok()) << folder.status();
    folder_.emplace(*std::move(folder));
    file_ = folder_->Path("databases.yaml");
  }
  // By `file_`.
  std::string discovery() const {
    return absl::StrCat("{file: {path: ", file_, "}}");
  }

  // Of a primary and two replicas, and the stranger, who is not discovered.
  void StartDiscovered(
      const std::function<void(PostgresCluster&, ClusterGatewayOptions&)>&
          complete) {
    ClusterStackOptions options;
    options.cluster.strangers = 1;
    options.complete = complete;
    ASSERT_NO_FATAL_FAILURE(Start(options, 0));
    MakeOrigin(0, "ours");
    ASSERT_TRUE(stack_->node(kStranger)
                    .Execute("app", "SET ROLE app; " + MakeLedgerSql())
                    .ok());
    MakeOrigin(kStranger, "foreign");
    for (const size_t replica : {1, 2}) {
      ASSERT_TRUE(stack_->cluster().AwaitReplayed(replica, 0));
    }
    const std::string sql = "SELECT text FROM origin";
    any_.emplace(stack_->client_options(), MakeRead(sql, Any()), 2);
    strong_.emplace(stack_->client_options(), MakeRead(sql, Strong()), 1);
    begin_ = absl::Now();
  }

  // That no call has failed, and none has met the stranger.
  void CheckCalls() {
    EXPECT_TRUE(any_->AwaitMore(50));
    EXPECT_TRUE(strong_->AwaitMore(20));
    EXPECT_TRUE(crowd_->AwaitMoreAcknowledged(100));
    for (ReadCrowd* reads : {&*any_, &*strong_}) {
      reads->Stop();
      ExpectAllGave(reads->records(), "ours");
    }
    CheckLedgerAt(0, {begin_, absl::Now()});
    EXPECT_EQ(CountFailed(crowd_->records()), 0);
    EXPECT_EQ(
        stack_->node(kStranger).Ask("app", "SELECT count(*) FROM ledger_entry"),
        "0");
  }

  // Lines of the gateway's log with that event and that text.
  int CountLog(absl::string_view event, absl::string_view text = "") const {
    const std::string quoted = absl::StrCat("\"event\":\"", event, "\"");
    int count = 0;
    for (absl::string_view line :
         absl::StrSplit(stack_->gateway().ReadLog(), '\n')) {
      if (absl::StrContains(line, quoted) && absl::StrContains(line, text)) {
        ++count;
      }
    }
    return count;
  }
  // Waits until there are so many.
  bool AwaitLog(int count, absl::string_view event,
                absl::string_view text = "") const {
    return Await(kLimit, [&] { return CountLog(event, text) >= count; });
  }

  // What the gateway knows of a node; a default one where it knows none.
  v1::ClusterNode Discovered(size_t index) const {
    const std::string name = stack_->cluster().DiscoveredNameOf(index);
    const v1::ClusterTopology topology = TopologyOf();
    for (const v1::ClusterNode& node : topology.nodes()) {
      if (node.name() == name) return node;
    }
    return {};
  }
  bool AwaitState(size_t index, v1::ClusterNodeState state) const {
    return Await(kLimit, [&] { return Discovered(index).state() == state; });
  }
  std::string NameOf(size_t index) const {
    return stack_->cluster().DiscoveredNameOf(index);
  }

  std::optional<TempDir> folder_;
  std::string file_;
  std::optional<ReadCrowd> any_;
  std::optional<ReadCrowd> strong_;
  absl::Time begin_;

 private:
  void MakeOrigin(size_t node, absl::string_view text) {
    ASSERT_TRUE(
        stack_->node(node)
            .Execute("app", absl::StrCat("SET ROLE app; CREATE TABLE origin "
                                         "AS SELECT '",
                                         text, "'::text AS text"))
            .ok());
  }
};

}  // namespace sluice::testing

#endif  // SLUICE_TESTS_INTEGRATION_DISCOVERY_FAULT_TEST_H_
