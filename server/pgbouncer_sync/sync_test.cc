#include "server/pgbouncer_sync/sync.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "server/pgbouncer/proposal.h"
#include "server/pgbouncer_sync/test_folder.h"
#include "server/pgbouncer_sync/test_sync_settings.h"

namespace sluice::pgbouncer_sync {
namespace {

using ::testing::HasSubstr;

class SyncTest : public ::testing::Test {
 protected:
  void Propose(const std::string& cluster, const std::string& node) const {
    EXPECT_TRUE(pgbouncer::WriteProposal(
                    folder_.Path(absl::StrCat(cluster, ".proposal")), cluster,
                    {{node, "10.0.0.1", 5432}})
                    .ok());
  }
  // Of two clusters with the same databases.
  absl::Status Check() const {
    const std::string yaml =
        absl::StrCat(SyncYaml(folder_.path()),
                     "  - name: second\n"
                     "    proposal_file: ",
                     folder_.path(),
                     "/second.proposal\n"
                     "    include_file: ",
                     folder_.path(),
                     "/second.ini\n"
                     "    hosts: [10.0.0.0/24]\n"
                     "    ports: [5432]\n"
                     "    databases: [{name: third, roles: [third]}]\n"
                     "    probe: {role: prober}\n");
    return Sync(SyncSettings(yaml), geteuid()).Check();
  }

  TestFolder folder_;
};

TEST_F(SyncTest, ACheckTakesClustersWhoseEntriesAreTheirOwn) {
  Propose("main", "pg-1");
  Propose("second", "pg-2");
  EXPECT_TRUE(Check().ok()) << Check();
}

TEST_F(SyncTest, ACheckFindsAnEntryOfTwoClusters) {
  Propose("main", "pg-1");
  Propose("second", "pg-1");
  EXPECT_THAT(
      std::string(Check().message()),
      HasSubstr("second: node pg-1: another entry is called probe.pg-1"));
}

}  // namespace
}  // namespace sluice::pgbouncer_sync
