// The migrations of a served database, with plans that have more steps than
// the shipped one.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/provision/database_schema.h"
#include "server/provision/schema_plans.h"
#include "tests/support/postgres_test.h"

namespace sluice::provision {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr char kVersions[] =
    "SELECT string_agg(version || ' ' || name, ', ' ORDER BY version) "
    "FROM sluice.migration";

// The shipped plan, then a step that makes a function and a table.
SchemaPlan LongerPlan() {
  SchemaPlan plan = MakeServedPlan();
  plan.migrations.push_back(
      {plan.newest_version() + 1, "more",
       "CREATE FUNCTION sluice.more() RETURNS integer LANGUAGE sql "
       "SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS 'SELECT 7';\n"
       "CREATE TABLE sluice.more (id integer);\n"});
  return plan;
}

// A step further that fails when half of it is done.
SchemaPlan FailingPlan() {
  SchemaPlan plan = LongerPlan();
  plan.migrations.push_back({plan.newest_version() + 1, "broken",
                             "CREATE TABLE sluice.broken (id integer);\n"
                             "SELECT 1 / 0;\n"});
  return plan;
}

class ServedSchemaTest : public sluice::testing::PostgresTest {
 protected:
  DatabaseSchema SchemaBy(SchemaPlan plan) const {
    return DatabaseSchema(DatabaseSession::Open(ConnectionOf("owner")).value(),
                          std::move(plan));
  }

  absl::Status Apply(SchemaPlan plan,
                     const std::vector<std::string>& roles = {}) {
    lines_.clear();
    DatabaseSchema schema = SchemaBy(std::move(plan));
    return schema.Apply(
        roles, [this](const std::string& line) { lines_.push_back(line); });
  }

  std::vector<std::string> lines_;
};

TEST_F(ServedSchemaTest, AFreshDatabaseGoesThroughEveryStep) {
  const absl::Status status = Apply(LongerPlan());
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_THAT(lines_, ElementsAre(HasSubstr("now at version 1 (requests)"),
                                  HasSubstr("now at version 2 (more)")));
  EXPECT_EQ(Ask(kVersions), "1 requests, 2 more");
}

TEST_F(ServedSchemaTest, AnOlderDatabaseGoesThroughTheRestAndKeepsItsRows) {
  ASSERT_TRUE(Apply(MakeServedPlan(), {"app"}).ok());
  Ask("SELECT sluice.claim_request('app', 'kept', 'digest')");
  DatabaseSchema longer = SchemaBy(LongerPlan());
  EXPECT_EQ(longer.Read()->version, 1);

  const absl::Status status = Apply(LongerPlan());
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_THAT(lines_, ElementsAre(HasSubstr("now at version 2 (more)")));
  EXPECT_EQ(longer.Read()->version, 2);
  EXPECT_EQ(Ask("SELECT count(*) FROM sluice.find_request('app', 'kept')"),
            "1");
}

TEST_F(ServedSchemaTest, RolesThatHadTheSchemaGetWhatIsNew) {
  ASSERT_TRUE(Apply(MakeServedPlan(), {"app"}).ok());
  ASSERT_TRUE(Apply(LongerPlan()).ok());
  EXPECT_TRUE(SessionOf("app").Execute("SELECT sluice.more()").ok());
  EXPECT_FALSE(SessionOf("other").Execute("SELECT sluice.more()").ok());
  EXPECT_EQ(Ask("SELECT has_table_privilege('app', 'sluice.more', 'SELECT')"),
            "f");
  DatabaseSchema schema = SchemaBy(LongerPlan());
  EXPECT_THAT(*schema.FindRolesWithoutRights({"app", "other"}),
              ElementsAre("other"));
}

TEST_F(ServedSchemaTest, AStepThatFailsLeavesTheVersionBefore) {
  const absl::Status status = Apply(FailingPlan());
  EXPECT_EQ(status.code(), absl::StatusCode::kInternal);
  EXPECT_THAT(std::string(status.message()), HasSubstr("division by zero"));
  EXPECT_EQ(Ask(kVersions), "1 requests, 2 more");
  EXPECT_EQ(Ask("SELECT to_regclass('sluice.broken') IS NULL"), "t");
  EXPECT_TRUE(Apply(LongerPlan()).ok());
}

TEST_F(ServedSchemaTest, TheScriptOfAnOlderDatabaseHasTheRestAlone) {
  ASSERT_TRUE(Apply(MakeServedPlan(), {"app"}).ok());
  DatabaseSchema schema = SchemaBy(LongerPlan());
  const absl::StatusOr<std::string> script = schema.MakeScript({});
  ASSERT_TRUE(script.ok()) << script.status();
  EXPECT_TRUE(SessionOf("owner").Execute(*script).ok());
  EXPECT_EQ(Ask(kVersions), "1 requests, 2 more");
}

TEST_F(ServedSchemaTest, SaysThatAnotherSessionHoldsALock) {
  Ask("CREATE TABLE held (id integer)");
  sluice::testing::SqlSession holder = SessionOf("postgres");
  ASSERT_TRUE(holder.Execute("BEGIN; LOCK TABLE held").ok());
  DatabaseSession session =
      DatabaseSession::Open(ConnectionOf("postgres")).value();
  const absl::Status status = session.Run([](pqxx::work& transaction) {
    transaction.exec("SET LOCAL lock_timeout = 1; LOCK TABLE held");
    return absl::OkStatus();
  });
  EXPECT_EQ(status.code(), absl::StatusCode::kAborted);
  EXPECT_THAT(std::string(status.message()), HasSubstr("another session"));
}

TEST_F(ServedSchemaTest, ALostConnectionIsAnErrorAndNotOpenedAgain) {
  DatabaseSession session =
      DatabaseSession::Open(ConnectionOf("owner")).value();
  const absl::Status status = session.Run([this](pqxx::work& transaction) {
    transaction.exec("CREATE TABLE half (id integer)");
    Ask("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
        "WHERE usename = 'owner'");
    transaction.exec("CREATE TABLE rest (id integer)");
    return absl::OkStatus();
  });
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable) << status;
  EXPECT_EQ(Ask("SELECT to_regclass('rest') IS NULL"), "t");
}

}  // namespace
}  // namespace sluice::provision
