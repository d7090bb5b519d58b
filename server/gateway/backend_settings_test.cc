// Tests how the configuration becomes settings of connections and pools.

#include "server/gateway/backend_settings.h"

#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"

namespace sluice::gateway {
namespace {

config::v1::Config ParseConfig(const std::string& text) {
  config::v1::Config config;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &config));
  return config;
}

// The databases as one of so many workers serves them.
absl::StatusOr<std::vector<execution::ServedDatabase>> DatabasesOf(
    config::v1::Config config, size_t worker_pairs) {
  config.mutable_concurrency()->set_worker_pairs(
      static_cast<uint32_t>(worker_pairs));
  const absl::StatusOr<postgres::ConnectionSettings> backend =
      BackendConnectionOf(config);
  if (!backend.ok()) return backend.status();
  const ClusterWatches watches(config, *backend, nullptr);
  return ServedPlacesOf(config, *backend, watches).databases;
}

class BackendSettingsTest : public testing::Test {
 protected:
  BackendSettingsTest()
      : password_path_(
            absl::StrCat(testing::TempDir(), "sluice_password_", getpid())) {}
  ~BackendSettingsTest() override { std::remove(password_path_.c_str()); }

  void WritePassword(absl::string_view content) {
    std::ofstream file(password_path_, std::ios::binary);
    file.write(content.data(), static_cast<std::streamsize>(content.size()));
  }

  // A configuration of one database and that pool.
  config::v1::Config MakeConfig(absl::string_view pool) const {
    return ParseConfig(
        absl::StrCat("backend { password_file: '", password_path_,
                     "' } databases { name: 'a' } pool { ", pool, " }"));
  }

  postgres::PoolLimits PoolLimitsOf(absl::string_view pool,
                                    size_t worker_pairs) {
    WritePassword("secret\n");
    auto databases = DatabasesOf(MakeConfig(pool), worker_pairs);
    EXPECT_TRUE(databases.ok()) << databases.status();
    if (!databases.ok() || databases->empty()) return {};
    return databases->front().pool;
  }

  absl::StatusOr<std::string> PasswordOf(absl::string_view content) {
    WritePassword(content);
    auto databases = DatabasesOf(MakeConfig(""), 1);
    if (!databases.ok()) return databases.status();
    return databases->front().connection.password;
  }

  const std::string password_path_;
};

TEST_F(BackendSettingsTest, AWorkerGetsItsShareOfWhatIsNotShared) {
  const postgres::PoolLimits limits =
      PoolLimitsOf("min_connections: 8 max_waiters: 1000", 3);
  EXPECT_EQ(limits.min_connections, 2U);
  EXPECT_EQ(limits.max_waiters, 333U);
}

TEST_F(BackendSettingsTest, AShareIsNeverZeroButForTheMinimum) {
  const postgres::PoolLimits limits =
      PoolLimitsOf("min_connections: 2 max_waiters: 1", 3);
  EXPECT_EQ(limits.min_connections, 0U);
  EXPECT_EQ(limits.max_waiters, 1U);
}

TEST_F(BackendSettingsTest, TheConnectionsOfARoleAreOneBudgetOfAllWorkers) {
  WritePassword("secret\n");
  const auto databases =
      DatabasesOf(MakeConfig("max_connections: 20 max_opening: 3"), 4);
  ASSERT_TRUE(databases.ok()) << databases.status();
  const auto budget = databases->front().budgets->Find("a", "primary", "r");
  EXPECT_EQ(budget->use().capacity, 20U);
  EXPECT_EQ(budget->max_opening(), 3U);
  EXPECT_EQ(databases->front().budgets->Find("a", "primary", "r"), budget);
  EXPECT_NE(databases->front().budgets->Find("a", "primary", "s"), budget);
}

TEST(ApplicationNameTest, TellsRunsOnOneHostApartAndFitsPostgres) {
  EXPECT_EQ(ApplicationName(), ApplicationName());
  EXPECT_LE(ApplicationName().size(), 63U);
  EXPECT_TRUE(absl::StartsWith(ApplicationName(), "sluice/"));
  EXPECT_NE(ApplicationName(), InstanceName());
}

TEST_F(BackendSettingsTest, TimesAreNotDivided) {
  WritePassword("secret\n");
  const auto databases = DatabasesOf(
      MakeConfig("max_connections: 4 idle_timeout { seconds: 90 } "
                 "max_lifetime { seconds: 1800 nanos: 500000000 } "
                 "connect_timeout { seconds: 5 } max_prepared_statements: 7"),
      2);
  ASSERT_TRUE(databases.ok()) << databases.status();
  const execution::ServedDatabase& served = databases->front();
  EXPECT_EQ(served.pool.idle_timeout, absl::Seconds(90));
  EXPECT_EQ(served.pool.max_lifetime, absl::Milliseconds(1800500));
  EXPECT_EQ(served.connection.connect_timeout, absl::Seconds(5));
  EXPECT_EQ(served.connection.max_prepared_statements, 7U);
}

TEST_F(BackendSettingsTest, EachDatabaseHasItsEntryAndNodeOnTheOneBackend) {
  WritePassword("secret");
  const auto databases = DatabasesOf(
      ParseConfig(absl::StrCat(
          "backend { host: 'db.test' hostaddr: '192.0.2.1' port: 6432 "
          "user: 'gateway' ca_file: '/ca.pem' password_file: '",
          password_path_,
          "' } databases { name: 'a' entry: 'a_primary' node: 'n1' } "
          "databases { name: 'b' entry: 'b_primary' node: 'n2' }")),
      1);
  ASSERT_TRUE(databases.ok()) << databases.status();
  ASSERT_EQ(databases->size(), 2U);
  EXPECT_EQ((*databases)[0].name, "a");
  EXPECT_EQ((*databases)[0].node, "n1");
  EXPECT_EQ((*databases)[0].connection.database, "a_primary");
  EXPECT_EQ((*databases)[1].name, "b");
  EXPECT_EQ((*databases)[1].node, "n2");
  EXPECT_EQ((*databases)[1].connection.database, "b_primary");
  for (const execution::ServedDatabase& served : *databases) {
    EXPECT_EQ(served.connection.host, "db.test");
    EXPECT_EQ(served.connection.hostaddr, "192.0.2.1");
    EXPECT_EQ(served.connection.port, 6432);
    EXPECT_EQ(served.connection.user, "gateway");
    EXPECT_EQ(served.connection.ca_file, "/ca.pem");
    EXPECT_LE(served.connection.application_name.size(), 63U);
    EXPECT_TRUE(
        absl::StartsWith(served.connection.application_name, "sluice/"));
  }
}

TEST_F(BackendSettingsTest, TheNewlineAfterThePasswordIsNoPartOfIt) {
  for (const char* content : {"p a$s", "p a$s\n"}) {
    const absl::StatusOr<std::string> password = PasswordOf(content);
    ASSERT_TRUE(password.ok()) << password.status();
    EXPECT_EQ(*password, "p a$s");
  }
}

TEST_F(BackendSettingsTest, AnEmptyPasswordIsRefused) {
  for (const char* content : {"", "\n"}) {
    const absl::Status status = PasswordOf(content).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_TRUE(absl::StrContains(status.message(), "backend.password_file"));
  }
}

TEST_F(BackendSettingsTest, AMissingPasswordFileIsNamed) {
  const absl::Status status = DatabasesOf(MakeConfig(""), 1).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_TRUE(absl::StrContains(status.message(), password_path_));
}

TEST(WorkerPairsTest, AreAsManyAsTheConfigurationAsksFor) {
  EXPECT_EQ(WorkerPairsOf(ParseConfig("concurrency { worker_pairs: 3 } "
                                      "pool { max_connections: 20 }")),
            3U);
}

TEST(WorkerPairsTest, AreAtLeastOneAndAtMostTheConnectionsWhenNotAskedFor) {
  EXPECT_EQ(WorkerPairsOf(ParseConfig("pool { max_connections: 1 }")), 1U);
  const size_t pairs =
      WorkerPairsOf(ParseConfig("pool { max_connections: 10000 }"));
  EXPECT_GE(pairs, 1U);
  EXPECT_LE(pairs, 10000U);
}

}  // namespace
}  // namespace sluice::gateway
