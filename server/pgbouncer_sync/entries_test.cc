// Entries: what pgbouncer reads.

#include "server/pgbouncer_sync/entries.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "server/pgbouncer_sync/test_sync_settings.h"

namespace sluice::pgbouncer_sync {
namespace {

using ::testing::HasSubstr;

config::v1::SyncedCluster Settings() {
  return SyncSettings(SyncYaml()).clusters(0);
}

std::string FaultOf(const config::v1::SyncedCluster& settings,
                    const std::vector<pgbouncer::ProposedNode>& nodes,
                    const absl::flat_hash_set<std::string>& taken = {}) {
  const absl::StatusOr<std::vector<Entry>> entries =
      MakeEntries(settings, nodes, taken);
  return entries.ok() ? "" : std::string(entries.status().message());
}

TEST(EntriesTest, AreOfEachNodeDatabaseAndRole) {
  const absl::StatusOr<std::vector<Entry>> entries = MakeEntries(
      Settings(),
      {{"pg-1", "pg-1.db.internal", 5432}, {"pg-9", "10.0.0.9", 6000}}, {});
  ASSERT_TRUE(entries.ok()) << entries.status();
  EXPECT_EQ(
      RenderEntries("main", *entries),
      "; Cluster main. Written by sluice-pgbouncer-sync; changes are lost.\n"
      "demo.demo_read.pg-1 = host=pg-1.db.internal port=5432 dbname=demo "
      "user=demo_read pool_size=20\n"
      "demo.demo_write.pg-1 = host=pg-1.db.internal port=5432 dbname=demo "
      "user=demo_write pool_size=20\n"
      "other.other.pg-1 = host=pg-1.db.internal port=5432 dbname=other "
      "user=other pool_size=20\n"
      "probe.pg-1 = host=pg-1.db.internal port=5432 dbname=postgres "
      "user=prober pool_size=4\n"
      "demo.demo_read.pg-9 = host=pg-9.db.internal port=6000 dbname=demo "
      "user=demo_read pool_size=20\n"
      "demo.demo_write.pg-9 = host=pg-9.db.internal port=6000 dbname=demo "
      "user=demo_write pool_size=20\n"
      "other.other.pg-9 = host=pg-9.db.internal port=6000 dbname=other "
      "user=other pool_size=20\n"
      "probe.pg-9 = host=pg-9.db.internal port=6000 dbname=postgres "
      "user=prober pool_size=4\n");
}

TEST(EntriesTest, HaveNamesThatPgBouncerTakes) {
  config::v1::SyncedCluster settings = Settings();
  settings.mutable_databases(0)->set_name(std::string(32, 'd'));
  settings.mutable_databases(0)->set_roles(0, std::string(26, 'r'));
  // With the two dots these are 63 and 64 bytes.
  EXPECT_EQ(FaultOf(settings, {{"123", "10.0.0.5", 5432}}), "");
  EXPECT_THAT(FaultOf(settings, {{"1234", "10.0.0.5", 5432}}),
              HasSubstr("has 64 bytes; pgbouncer takes 63"));
}

TEST(EntriesTest, HaveEachANameOfTheirOwn) {
  EXPECT_THAT(
      FaultOf(Settings(), {{"pg-1", "10.0.0.5", 5432}}, {"other.other.pg-1"}),
      HasSubstr("another entry is called other.other.pg-1"));
  config::v1::SyncedCluster settings = Settings();
  settings.mutable_databases(0)->set_name("probe");
  settings.mutable_databases(0)->set_roles(0, "r");
  EXPECT_THAT(FaultOf(settings, {{"r.pg-1", "10.0.0.5", 5432},
                                 {"pg-1", "10.0.0.5", 5432}}),
              HasSubstr("another entry is called probe.r.pg-1"));
  settings = Settings();
  settings.mutable_probe()->set_entry("{node}");
  EXPECT_THAT(FaultOf(settings, {{"pgbouncer", "10.0.0.5", 5432}}),
              HasSubstr("pgbouncer's console"));
}

}  // namespace
}  // namespace sluice::pgbouncer_sync
