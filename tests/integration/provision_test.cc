// sluice-provision as it is shipped, on a live PostgreSQL.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "tests/support/await.h"
#include "tests/support/file.h"
#include "tests/support/postgres_test.h"
#include "tests/support/provision_run.h"

namespace sluice::testing {
namespace {

using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr absl::Duration kWaitLimit = absl::Seconds(20);
constexpr char kSchemaExists[] = "SELECT to_regnamespace('sluice') IS NOT NULL";
constexpr char kVersions[] =
    "SELECT string_agg(version::text, ',' ORDER BY version) "
    "FROM sluice.migration";

class ProvisionTest : public PostgresTest {
 protected:
  struct Result {
    int exit_code = -1;
    std::string output;
  };

  // As a role, in the test's database.
  Result RunAs(const std::string& user,
               std::vector<std::string> arguments = {}) const {
    arguments.insert(arguments.begin(), {"--connect", ConnectionOf(user)});
    return Run(arguments);
  }

  static Result Run(const std::vector<std::string>& arguments,
                    const std::vector<std::string>& environment = {}) {
    ProvisionRun run(arguments, environment);
    Result result;
    result.exit_code = run.ExitCode();
    result.output = run.Output();
    return result;
  }
};

TEST_F(ProvisionTest, MakesTheSchemaOnceAndSaysSo) {
  const Result first = RunAs("owner", {"--grant-to", "app"});
  EXPECT_EQ(first.exit_code, 0) << first.output;
  EXPECT_EQ(first.output,
            absl::StrCat(database(),
                         ": schema sluice is now at version 1 (requests)\n"
                         "role app may use schema sluice\n"));
  Ask("SELECT sluice.claim_request('app', 'kept', 'digest')");
  const Result second = RunAs("owner");
  EXPECT_EQ(second.exit_code, 0) << second.output;
  EXPECT_EQ(second.output,
            absl::StrCat(database(),
                         ": schema sluice is at version 1, up to date\n"));
  EXPECT_EQ(Ask(kVersions), "1");
  EXPECT_EQ(Ask("SELECT count(*) FROM sluice.find_request('app', 'kept')"),
            "1");
  EXPECT_EQ(Ask("SELECT sluice.schema_version()"), "1");
}

TEST_F(ProvisionTest, TwoRunsAtOnceDoItOnce) {
  SqlSession holder = SessionOf("postgres");
  ASSERT_TRUE(holder.Execute("SELECT pg_advisory_lock(1399616873, 1)").ok());
  ProvisionRun one({"--connect", ConnectionOf("owner")});
  ProvisionRun other({"--connect", ConnectionOf("owner")});
  EXPECT_TRUE(Await(kWaitLimit, [this] {
    return Ask("SELECT count(*) FROM pg_locks JOIN pg_stat_activity USING (pid)"
               " WHERE locktype = 'advisory' AND NOT granted AND "
               "datname = current_database()") == "2";
  }));
  ASSERT_TRUE(holder.Execute("SELECT pg_advisory_unlock_all()").ok());
  EXPECT_EQ(one.ExitCode(), 0) << one.Output();
  EXPECT_EQ(other.ExitCode(), 0) << other.Output();
  EXPECT_EQ(Ask(kVersions), "1");
}

TEST_F(ProvisionTest, ChecksWithoutChangingAnything) {
  const Result missing = RunAs("owner", {"--check"});
  EXPECT_EQ(missing.exit_code, 1);
  EXPECT_THAT(missing.output, EndsWith("schema sluice is missing\n"));
  EXPECT_EQ(Ask(kSchemaExists), "f");

  ASSERT_EQ(RunAs("owner").exit_code, 0);
  const Result refused = RunAs("owner", {"--check", "--grant-to=app"});
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_THAT(refused.output, HasSubstr("role app may not use schema sluice"));

  ASSERT_EQ(RunAs("owner", {"--grant-to=app"}).exit_code, 0);
  const Result good = RunAs("owner", {"--check", "--grant-to=app"});
  EXPECT_EQ(good.exit_code, 0);
  EXPECT_THAT(good.output, EndsWith("at version 1, up to date\n"));

  Ask("DELETE FROM sluice.migration");
  const Result older = RunAs("owner", {"--check"});
  EXPECT_EQ(older.exit_code, 1);
  EXPECT_THAT(older.output, EndsWith("schema sluice is at version 0 of 1\n"));
}

TEST_F(ProvisionTest, ADryRunPrintsWhatPsqlCanRun) {
  const Result script = RunAs("owner", {"--dry-run", "--grant-to", "app"});
  EXPECT_EQ(script.exit_code, 0) << script.output;
  EXPECT_EQ(Ask(kSchemaExists), "f");
  SqlSession owner = SessionOf("owner");
  absl::Status status = owner.Execute(script.output).status();
  EXPECT_TRUE(status.ok()) << status;
  const Result check = RunAs("owner", {"--check", "--grant-to", "app"});
  EXPECT_EQ(check.exit_code, 0) << check.output;

  const Result rest = RunAs("owner", {"--dry-run"});
  EXPECT_EQ(rest.exit_code, 0);
  EXPECT_THAT(rest.output, Not(HasSubstr("CREATE")));
}

TEST_F(ProvisionTest, RefusesWhoMayNotMakeASchemaAndSaysWhoMay) {
  const Result result = RunAs("app");
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.output,
              AllOf(HasSubstr("role app may not make schemas in database"),
                    HasSubstr("connect as the database's owner")));
  EXPECT_EQ(Ask(kSchemaExists), "f");
}

TEST_F(ProvisionTest, TakesAnEmptySchemaThatWasMadeForIt) {
  Ask("CREATE SCHEMA sluice AUTHORIZATION other");
  const Result result = RunAs("other");
  EXPECT_EQ(result.exit_code, 0) << result.output;
  EXPECT_EQ(Ask("SELECT sluice.schema_version()"), "1");
}

TEST_F(ProvisionTest, RefusesASchemaOfSomebodyElse) {
  Ask("CREATE SCHEMA sluice AUTHORIZATION other; SET ROLE other; "
      "CREATE TABLE sluice.migration (version integer)");
  for (const char* user : {"owner", "postgres"}) {
    const Result result = RunAs(user, {"--grant-to", "app"});
    EXPECT_EQ(result.exit_code, 1);
    EXPECT_THAT(result.output, HasSubstr("belongs to role other, not to "));
    EXPECT_EQ(RunAs(user, {"--check"}).exit_code, 1);
    EXPECT_EQ(RunAs(user, {"--dry-run"}).exit_code, 1);
  }
  EXPECT_EQ(Ask("SELECT has_schema_privilege('app', 'sluice', 'USAGE')"), "f");
}

TEST_F(ProvisionTest, RefusesASchemaWithObjectsOfOthers) {
  Ask("CREATE SCHEMA sluice AUTHORIZATION owner; SET ROLE owner; "
      "CREATE TABLE sluice.request (id integer)");
  const Result result = RunAs("owner");
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.output, HasSubstr("this program did not make"));
}

TEST_F(ProvisionTest, RefusesANewerVersionThanItKnows) {
  ASSERT_EQ(RunAs("owner").exit_code, 0);
  Ask("INSERT INTO sluice.migration (version, name) VALUES (2, 'later')");
  for (const char* option : {"--check", "--dry-run", "--grant-to=app"}) {
    const Result result = RunAs("owner", {option});
    EXPECT_EQ(result.exit_code, 1) << option;
    EXPECT_THAT(result.output,
                HasSubstr("is at version 2, newer than the 1 of this program"));
  }
  EXPECT_EQ(Ask("SELECT has_schema_privilege('app', 'sluice', 'USAGE')"), "f");
}

TEST_F(ProvisionTest, DoesNothingWhenARoleDoesNotExist) {
  const Result result = RunAs("owner", {"--grant-to=app", "--grant-to=nobody"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.output, HasSubstr("role nobody does not exist"));
  EXPECT_EQ(Ask(kSchemaExists), "f");
}

TEST_F(ProvisionTest, GrantsToRolesWhoseNamesNeedQuotes) {
  const std::string role = "we\"ird; DROP TABLE x";
  Ask(R"(CREATE ROLE "we""ird; DROP TABLE x")");
  const Result result = RunAs("owner", {"--grant-to", role});
  EXPECT_EQ(result.exit_code, 0) << result.output;
  EXPECT_EQ(RunAs("owner", {"--check", "--grant-to", role}).exit_code, 0);
}

TEST_F(ProvisionTest, RefusesAReplica) {
  absl::StatusOr<std::unique_ptr<PostgresServer>> replica = StartServer();
  ASSERT_TRUE(replica.ok()) << replica.status();
  (*replica)->Ask("postgres",
                  "DO $$ BEGIN EXECUTE format('COPY (SELECT) TO %L', "
                  "current_setting('data_directory') || '/standby.signal'); "
                  "END $$");
  (*replica)->Stop();
  ASSERT_TRUE((*replica)->StartAgain().ok());
  const Result result =
      Run({"--connect", (*replica)->ConnectionString("postgres", "postgres")});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.output, HasSubstr("connect to the primary"));
}

TEST_F(ProvisionTest, SaysWhyItCannotConnect) {
  const Result result = Run({"--connect", "host=/nonexistent dbname=none"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.output,
              HasSubstr("sluice-provision: cannot connect: connection to "
                        "server on socket"));
}

TEST_F(ProvisionTest, TakesThePasswordFromAFileAndTheRestFromTheEnvironment) {
  const TempDir folder = TempDir::Make().value();
  const std::string file = folder.Path("passwords");
  ASSERT_TRUE(WriteFile(file, "*:*:*:owner:of-the-owner\n", 0600).ok());
  Ask("ALTER ROLE owner PASSWORD 'of-the-owner'");
  std::vector<std::string> environment = {
      "PGHOST=127.0.0.1", absl::StrCat("PGPORT=", server().port()),
      "PGUSER=owner", absl::StrCat("PGDATABASE=", database()),
      "PGSSLMODE=require"};
  const Result without = Run({}, environment);
  EXPECT_EQ(without.exit_code, 1);
  EXPECT_THAT(without.output, HasSubstr("no password supplied"));
  environment.push_back(absl::StrCat("PGPASSFILE=", file));
  const Result with = Run({}, environment);
  EXPECT_EQ(with.exit_code, 0) << with.output;
}

TEST_F(ProvisionTest, RefusesAPasswordOnTheCommandLine) {
  for (const char* connect :
       {"dbname=app password=secret", "postgresql://owner:secret@db/app"}) {
    const Result result = Run({"--connect", connect});
    EXPECT_EQ(result.exit_code, 2);
    EXPECT_THAT(result.output,
                AllOf(HasSubstr("PGPASSFILE"), Not(HasSubstr("secret"))));
  }
}

TEST_F(ProvisionTest, HandsNoTableOutThatDefaultPrivilegesWouldGiveAway) {
  SqlSession owner = SessionOf("owner");
  ASSERT_TRUE(owner
                  .Execute("ALTER DEFAULT PRIVILEGES GRANT ALL ON TABLES TO "
                           "app, PUBLIC")
                  .ok());
  ASSERT_EQ(RunAs("owner", {"--grant-to=app"}).exit_code, 0);
  EXPECT_EQ(Ask("SELECT string_agg(c.relname || ' ' || a.privilege_type, ',') "
                "FROM pg_class AS c, aclexplode(c.relacl) AS a "
                "WHERE c.relnamespace = 'sluice'::regnamespace "
                "AND a.grantee <> c.relowner"),
            "");
}

TEST_F(ProvisionTest, IsNotLedByTheSearchPathOfItsRole) {
  Ask(absl::StrCat(
      "CREATE SCHEMA trap; GRANT USAGE ON SCHEMA trap TO PUBLIC; "
      "CREATE FUNCTION trap.format(text, VARIADIC \"any\") RETURNS text "
      "LANGUAGE internal AS 'text_format'; "
      "CREATE FUNCTION trap.current_database() RETURNS name LANGUAGE plpgsql "
      "AS 'BEGIN RAISE EXCEPTION $$trapped$$; END'; "
      "CREATE FUNCTION trap.pg_is_in_recovery() RETURNS boolean "
      "LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION $$trapped$$; END'; "
      "ALTER ROLE owner IN DATABASE ",
      database(), " SET search_path = trap, pg_catalog"));
  const Result result = RunAs("owner");
  EXPECT_EQ(result.exit_code, 0) << result.output;
}

}  // namespace
}  // namespace sluice::testing
