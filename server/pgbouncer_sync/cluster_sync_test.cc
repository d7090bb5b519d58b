// From proposals to what pgbouncer includes.

#include "server/pgbouncer_sync/cluster_sync.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "server/pgbouncer_sync/test_folder.h"
#include "server/pgbouncer_sync/test_sync_settings.h"

namespace sluice::pgbouncer_sync {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using Change = ClusterSync::Change;

class ClusterSyncTest : public ::testing::Test {
 protected:
  ClusterSyncTest() { StartAgain(SyncYaml(folder_.path())); }

  void StartAgain(const std::string& yaml) {
    sync_ = std::make_unique<ClusterSync>(SyncSettings(yaml).clusters(0),
                                          geteuid());
    sync_->Start({});
  }

  void Propose(const std::vector<pgbouncer::ProposedNode>& nodes) {
    EXPECT_TRUE(
        pgbouncer::WriteProposal(folder_.Path("main.proposal"), "main", nodes)
            .ok());
  }

  std::string Included() const { return folder_.Read("main.ini"); }
  std::string fault() const { return std::string(sync_->fault().message()); }

  TestFolder folder_;
  std::unique_ptr<ClusterSync> sync_;
};

const pgbouncer::ProposedNode kOne = {"pg-1", "10.0.0.1", 5432};
const pgbouncer::ProposedNode kTwo = {"pg-2", "pg-2.db.internal", 6000};

TEST_F(ClusterSyncTest, MakesAFileOfNoEntryForPgBouncerToStartWith) {
  EXPECT_THAT(Included(), HasSubstr("; Cluster main."));
  EXPECT_EQ(sync_->Look({}), Change::kNone);
  EXPECT_TRUE(absl::IsNotFound(sync_->fault()));
}

TEST_F(ClusterSyncTest, WritesWhatIsProposedOnce) {
  Propose({kTwo, kOne});
  EXPECT_EQ(sync_->Look({}), Change::kWritten);
  EXPECT_EQ(fault(), "");
  EXPECT_EQ(sync_->entries().size(), 8u);
  EXPECT_THAT(Included(), HasSubstr("probe.pg-2 = host=pg-2.db.internal"));
  EXPECT_EQ(sync_->Look({}), Change::kNone);
  Propose({kOne, kTwo});
  EXPECT_EQ(sync_->Look({}), Change::kNone);
  struct stat status;
  ASSERT_EQ(stat(folder_.Path("main.ini").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0640u);
}

TEST_F(ClusterSyncTest, KeepsTheLastGoodWhenAProposalIsRefused) {
  Propose({kOne});
  ASSERT_EQ(sync_->Look({}), Change::kWritten);
  const std::string good = Included();
  const std::pair<std::string, const char*> proposals[] = {
      {"", "no line feed"},
      {"garbage\n", "line 1"},
      {"sluice-proposal 1 main\npg-1 10.0.0.1 5432\n", "cut off"},
      {"sluice-proposal 1 main\nend 0\n", "no node"},
      {"sluice-proposal 1 other\npg-1 10.0.0.1 5432\nend 1\n",
       "of the cluster other"},
      {"sluice-proposal 1 main\npg-1 /tmp/evil 5432\nend 1\n", "line 2"},
      {"sluice-proposal 1 main\npg-1 10.0.1.1 5432\nend 1\n",
       "node pg-1: host 10.0.1.1"},
      {"sluice-proposal 1 main\npg-1 evil-db.internal 5432\nend 1\n",
       "node pg-1: host evil-db.internal"},
      {"sluice-proposal 1 main\npg-1 10.0.0.1 5433\nend 1\n", "port 5433"},
      {absl::StrCat("sluice-proposal 1 main\npg-1 10.0.0.1 5432\n",
                    "pg-2 evil.com 5432\nend 2\n"),
       "node pg-2"},
  };
  for (const auto& [text, message] : proposals) {
    folder_.Write("main.proposal", text);
    EXPECT_EQ(sync_->Look({}), Change::kNone) << text;
    EXPECT_THAT(fault(), HasSubstr(message));
    EXPECT_EQ(Included(), good) << text;
  }
  std::filesystem::remove(folder_.Path("main.proposal"));
  EXPECT_EQ(sync_->Look({}), Change::kNone);
  EXPECT_EQ(Included(), good);
  Propose({kOne});
  EXPECT_EQ(sync_->Look({}), Change::kNone);
  EXPECT_EQ(fault(), "");
}

TEST_F(ClusterSyncTest, LogsAFaultOnce) {
  folder_.Write("main.proposal", "garbage\n");
  ::testing::internal::CaptureStderr();
  for (int i = 0; i < 5; ++i) sync_->Look({});
  const std::string log = ::testing::internal::GetCapturedStderr();
  const std::string event = "proposal_refused";
  EXPECT_THAT(log, HasSubstr(event));
  EXPECT_EQ(log.find(event), log.rfind(event)) << log;
}

TEST_F(ClusterSyncTest, RefusesEntriesOfOtherClusters) {
  Propose({kOne});
  EXPECT_EQ(sync_->Look({"probe.pg-1"}), Change::kNone);
  EXPECT_THAT(fault(), HasSubstr("another entry is called probe.pg-1"));
  EXPECT_EQ(sync_->Look({}), Change::kWritten);
}

TEST_F(ClusterSyncTest, KeepsANodeThatLeavesUntilNobodyUsesIt) {
  Propose({kOne, kTwo});
  ASSERT_EQ(sync_->Look({}), Change::kWritten);
  EXPECT_FALSE(sync_->has_departing());
  Propose({kOne});
  ASSERT_EQ(sync_->Look({}), Change::kWritten);
  EXPECT_TRUE(sync_->has_departing());
  const auto one_is_used = [](const std::string& entry) {
    return entry == "demo.demo_read.pg-2";
  };
  EXPECT_EQ(sync_->DropDeparted(one_is_used), Change::kNone);
  EXPECT_THAT(Included(), HasSubstr("demo.demo_write.pg-2"));
  const auto none_is_used = [](const std::string&) { return false; };
  EXPECT_EQ(sync_->DropDeparted(none_is_used), Change::kWritten);
  EXPECT_THAT(Included(), Not(HasSubstr("pg-2")));
  EXPECT_FALSE(sync_->has_departing());
}

TEST_F(ClusterSyncTest, TakesUpWhatWasAcceptedLast) {
  Propose({kOne, kTwo});
  ASSERT_EQ(sync_->Look({}), Change::kWritten);
  const std::string good = Included();
  folder_.Write("main.proposal", "garbage\n");
  std::filesystem::remove(folder_.Path("main.ini"));
  StartAgain(SyncYaml(folder_.path()));
  EXPECT_EQ(Included(), good);
  EXPECT_EQ(sync_->Look({}), Change::kNone);
  EXPECT_EQ(Included(), good);
}

TEST_F(ClusterSyncTest, DropsWhatTheSettingsAllowNoMore) {
  Propose({kOne, kTwo});
  ASSERT_EQ(sync_->Look({}), Change::kWritten);
  StartAgain(
      absl::StrReplaceAll(SyncYaml(folder_.path()), {{".db.internal, ", ""}}));
  EXPECT_THAT(Included(), HasSubstr("pg-1"));
  EXPECT_THAT(Included(), Not(HasSubstr("pg-2")));
  EXPECT_EQ(sync_->Look({}), Change::kNone);
  EXPECT_THAT(fault(), HasSubstr("node pg-2"));
}

TEST_F(ClusterSyncTest, TriesAgainWhenItCannotWrite) {
  Propose({kOne});
  std::filesystem::create_directory(folder_.Path("main.ini.new"));
  folder_.Write("main.ini.new/full", "");
  EXPECT_EQ(sync_->Look({}), Change::kNone);
  EXPECT_THAT(fault(), HasSubstr("main.ini.new"));
  EXPECT_TRUE(sync_->entries().empty());
  std::filesystem::remove_all(folder_.Path("main.ini.new"));
  EXPECT_EQ(sync_->Look({}), Change::kWritten);
  EXPECT_EQ(fault(), "");
}

TEST_F(ClusterSyncTest, JudgesWithoutAnyChange) {
  Propose({kOne});
  EXPECT_TRUE(sync_->Judge({}).ok());
  EXPECT_THAT(Included(), Not(HasSubstr("pg-1")));
}

}  // namespace
}  // namespace sluice::pgbouncer_sync
