// Nodes that come and go with no restart: the gateway discovers them and
// proposes them, sluice-pgbouncer-sync makes pgbouncer's entries, and the
// gateway uses them; under a load of reads and writes.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <pwd.h>
#include <unistd.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "tests/integration/discovery_fault_test.h"
#include "tests/integration/sync_setup.h"
#include "tests/support/file.h"

namespace sluice::testing {
namespace {

class NodeChangeTest : public DiscoveryFaultTest {
 protected:
  void SetUp() override {
    ASSERT_NO_FATAL_FAILURE(MakeFolder());
    ASSERT_NO_FATAL_FAILURE(
        StartDiscovered([this](auto& cluster, auto& options) {
          StartSync(cluster);
          if (sync_ == nullptr) return;
          addresses_ = {cluster.AddressOf(0), cluster.AddressOf(1),
                        cluster.AddressOf(2)};
          Discover({addresses_[0], addresses_[1]});
          options.discovery = discovery();
          options.routing = {{"proposal_file", sync_->proposal_file()}};
          options.poolers = {
              {sync_->pgbouncer().socket_folder(), sync_->pgbouncer().port()}};
        }));
  }
  void TearDown() override {
    // Its cluster goes with the stack.
    crowd_.reset();
    any_.reset();
    strong_.reset();
    const std::unique_ptr<ClusterStack> stack = std::move(stack_);
    sync_.reset();
  }

  void StartSync(PostgresCluster& cluster) {
    SyncOptions options;
    // Whose child the gateway is.
    const passwd* const self = getpwuid(geteuid());
    ASSERT_NE(self, nullptr);
    absl::StatusOr<UnixUser> user = FindUser(self->pw_name);
    ASSERT_TRUE(user.ok()) << user.status();
    options.gateway = *user;
    options.hosts = {"nowhere.invalid"};
    auto sync = SyncSetup::Start(options, cluster);
    ASSERT_TRUE(sync.ok()) << sync.status();
    sync_ = *std::move(sync);
    const absl::Status status = sync_->StartSync();
    ASSERT_TRUE(status.ok()) << status;
  }

  void Discover(const std::vector<std::string>& addresses) {
    std::string text = "read_only:\n";
    for (const std::string& address : addresses) {
      absl::StrAppend(&text, "  - ", address, "\n");
    }
    ASSERT_TRUE(ReplaceFile(file_, text, 0644).ok());
  }

  std::string Entries() const { return ReadFile(sync_->include_file()); }
  bool HasEntries(size_t node) const {
    return absl::StrContains(Entries(), absl::StrCat(".", NameOf(node)));
  }

  std::vector<std::string> addresses_;
  std::unique_ptr<SyncSetup> sync_;
};

TEST_F(NodeChangeTest, NodesComeAndGoWithoutAFailedCall) {
  EXPECT_FALSE(HasEntries(2));
  Discover(addresses_);
  EXPECT_TRUE(any_->AwaitServedBy(NameOf(2), 50)) << sync_->ReadLog();
  EXPECT_TRUE(HasEntries(2));

  Discover({addresses_[0], addresses_[2]});
  EXPECT_TRUE(Await(kLimit, [this] { return !HasEntries(1); }))
      << sync_->ReadLog();
  EXPECT_TRUE(AwaitLog(1, "node_removed", NameOf(1)));
  const absl::Time gone = absl::Now();
  EXPECT_TRUE(any_->AwaitServedBy(NameOf(2), 50));
  EXPECT_EQ(CountByNode(any_->records(gone)).count(NameOf(1)), 0);

  Discover(addresses_);
  EXPECT_TRUE(any_->AwaitServedBy(NameOf(1), 50)) << sync_->ReadLog();
  EXPECT_EQ(CountLog("primary_taken"), 1);
  CheckCalls();
}

TEST_F(NodeChangeTest, ANodeThatResolvesNowhereIsLeftOutAndTheOthersServe) {
  std::vector<std::string> addresses = addresses_;
  addresses.push_back(
      absl::StrCat("nowhere.invalid:", stack_->cluster().PortOf(1)));
  Discover(addresses);
  EXPECT_TRUE(any_->AwaitServedBy(NameOf(2), 50)) << sync_->ReadLog();
  EXPECT_THAT(Entries(), ::testing::HasSubstr("nowhere.invalid"));
  EXPECT_TRUE(
      AwaitLog(1, "node_changed", "\"host\":\"nowhere.invalid\",\"port\":"));
  EXPECT_EQ(CountLog("primary_taken"), 1);
  CheckCalls();
}

TEST_F(NodeChangeTest, AForbiddenProposalChangesNothing) {
  // Discovered, and not allowed.
  const std::string good = Entries();
  Discover({addresses_[0], addresses_[1], "evil.example:5432"});
  EXPECT_TRUE(sync_->AwaitLog("proposal_refused")) << sync_->ReadLog();
  EXPECT_EQ(Entries(), good);
  Discover({addresses_[0], addresses_[1]});
  EXPECT_TRUE(sync_->AwaitLog("proposal_taken_again")) << sync_->ReadLog();

  const std::string line = absl::StrCat(PostgresCluster::kServerName, " ",
                                        stack_->cluster().PortOf(0));
  // Each with another fault: the same one is logged once.
  for (const std::string& text :
       {std::string("garbage\n"), std::string(),
        absl::StrCat("sluice-proposal 1 main\nx /tmp/listener 5432\nend 1\n"),
        absl::StrCat("sluice-proposal 1 main\nx ", line, " user=x\nend 1\n"),
        absl::StrCat("sluice-proposal 1 main\nx;y ", line, "\nend 1\n"),
        absl::StrCat("sluice-proposal 1 main\nx ", line, "\n")}) {
    sync_->ForgetLog();
    sync_->ProposeText(text);
    EXPECT_TRUE(sync_->AwaitLog("proposal_refused")) << text;
    EXPECT_EQ(Entries(), good) << text;
  }
  // The gateway's next one is taken again.
  sync_->ForgetLog();
  Discover(addresses_);
  EXPECT_TRUE(sync_->AwaitLog("proposal_taken_again")) << sync_->ReadLog();
  EXPECT_TRUE(any_->AwaitServedBy(NameOf(2), 20));
  CheckCalls();
}

}  // namespace
}  // namespace sluice::testing
