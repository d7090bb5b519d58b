// Settings: what they default to, and what is refused.

#include "server/pgbouncer_sync/sync_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <sstream>
#include <string>

#include "absl/strings/str_replace.h"
#include "server/pgbouncer_sync/test_folder.h"
#include "server/pgbouncer_sync/test_sync_settings.h"

namespace sluice::pgbouncer_sync {
namespace {

using ::testing::HasSubstr;

std::string FaultsOf(const std::string& yaml) {
  config::ConfigFaults faults;
  ReadSyncConfig(yaml, faults);
  return std::string(faults.ToStatus().message());
}

// Of the file with one of its parts replaced.
std::string FaultsWith(const std::string& part, const std::string& other) {
  const std::string yaml = absl::StrReplaceAll(SyncYaml(), {{part, other}});
  EXPECT_NE(yaml, SyncYaml()) << part;
  return FaultsOf(yaml);
}

TEST(SyncConfigTest, HasDefaults) {
  const config::v1::PgbouncerSync sync = SyncSettings(SyncYaml());
  EXPECT_EQ(sync.interval().nanos(), 500'000'000);
  EXPECT_EQ(sync.console().port(), 6432u);
  const config::v1::SyncedCluster& cluster = sync.clusters(0);
  EXPECT_EQ(cluster.entry(), "{database}.{role}.{node}");
  EXPECT_EQ(cluster.pool_size(), 20u);
  EXPECT_EQ(cluster.max_departure().seconds(), 600);
  EXPECT_EQ(cluster.probe().entry(), "probe.{node}");
  EXPECT_EQ(cluster.probe().database(), "postgres");
  EXPECT_EQ(cluster.probe().pool_size(), 4u);
  const config::v1::PgbouncerSync other = SyncSettings(
      absl::StrReplaceAll(SyncYaml(), {{"    ports: [5432, 6000]\n", ""}}));
  ASSERT_EQ(other.clusters(0).ports_size(), 1);
  EXPECT_EQ(other.clusters(0).ports(0), "5432");
}

TEST(SyncConfigTest, TheExampleIsValid) {
  std::ifstream file(SLUICE_EXAMPLE_SYNC_CONFIG);
  std::ostringstream text;
  text << file.rdbuf();
  EXPECT_EQ(FaultsOf(text.str()), "");
}

struct Fault {
  const char* part;
  const char* other;
  const char* message;
};

TEST(SyncConfigTest, RefusesWhatCouldEndAWordOfAnEntry) {
  const Fault faults[] = {
      {"name: demo", "name: 'demo user=postgres'", "databases[0].name"},
      {"name: demo", "name: \"de\\nmo\"", "databases[0].name"},
      {"demo_read,", "\"r'x\",", "databases[0].roles[0]"},
      {"demo_read,", "\"r;x\",", "databases[0].roles[0]"},
      {"demo_read,", "demo_write,", "is not unique"},
      {"name: other", "name: demo", "is not unique"},
      {"role: prober", "role: 'a b'", "probe.role"},
      {"role: prober", "role: prober, database: 'a=b'", "probe.database"},
      {"role: prober", "role: prober, entry: 'x'", "lacks {node}"},
      {"role: prober", "role: prober, entry: '{node} x'", "probe.entry"},
      {"role: prober", "pool_size: 3", "probe.role: required"},
      {"    ports", "    entry: '{role}.{node}'\n    ports",
       "lacks {database}"},
      {"    ports", "    entry: '%{database}.{role}.{node}'\n    ports",
       "clusters[0].entry"},
      {"name: main", "name: 'ma in'", "clusters[0].name"},
      {"name: main", "name: ''", "clusters[0].name: required"},
      {"10.0.0.9: pg", "10.0.0.9: PG", "clusters[0].names"},
      {"10.0.0.9: pg-9.db.internal", "10.0.0.9: /tmp", "clusters[0].names"},
      {"10.0.0.9: pg", "10.0.0.09: pg", "clusters[0].names"},
      {"10.0.0.0/24", "10.0.0.1/24", "hosts[1]"},
      {".db.internal,", "/tmp,", "hosts[0]"},
      {"[.db.internal, 10.0.0.0/24]", "[]", "hosts: at least one"},
      {"6000]", "0]", "ports[1]"},
      {"[5432, 6000]", "[]", "ports: at least one"},
      {"    ports", "    pool_size: 0\n    ports", "pool_size"},
      {"    ports", "    max_departure: 25h\n    ports", "max_departure"},
      {"    ports", "    password: x\n    ports", "unknown field"},
      {"gateway_user: sluice", "interval: 10ms", "gateway_user: required"},
      {"gateway_user: sluice", "interval: 10ms", "interval"},
      {"/run/pgbouncer", "run", "console.socket_folder"},
  };
  for (const Fault& fault : faults) {
    EXPECT_THAT(FaultsWith(fault.part, fault.other), HasSubstr(fault.message))
        << fault.other;
  }
  EXPECT_THAT(FaultsOf("gateway_user: sluice"),
              HasSubstr("clusters: at least one"));
}

TEST(SyncConfigTest, IsForThisUserAloneToWrite) {
  const TestFolder folder;
  folder.Write("sync.yaml", SyncYaml(folder.path()));
  const std::string file = folder.Path("sync.yaml");
  ASSERT_EQ(chmod(file.c_str(), 0644), 0);
  EXPECT_TRUE(LoadSyncConfig(file).ok()) << LoadSyncConfig(file).status();
  ASSERT_EQ(chmod(file.c_str(), 0664), 0);
  EXPECT_THAT(std::string(LoadSyncConfig(file).status().message()),
              HasSubstr("others than its owner can write it"));
  ASSERT_EQ(chmod(file.c_str(), 0644), 0);
  folder.Write("main.ini", "");
  ASSERT_EQ(chmod(folder.Path("main.ini").c_str(), 0666), 0);
  EXPECT_THAT(std::string(LoadSyncConfig(file).status().message()),
              HasSubstr("clusters[0].include_file: "));
}

}  // namespace
}  // namespace sluice::pgbouncer_sync
