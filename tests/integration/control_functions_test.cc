// The functions of schema `sluice_control`, called as the gateway calls them.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "tests/support/await.h"
#include "tests/support/postgres_test.h"
#include "tests/support/provision_run.h"

namespace sluice::testing {
namespace {

using ::testing::HasSubstr;

constexpr absl::Duration kWaitLimit = absl::Seconds(20);
constexpr char kRead[] =
    "SELECT revision, kind, value, revoke_time, expire_time "
    "FROM sluice_control.read_revocations()";

std::string Revoke(absl::string_view kind, absl::string_view value,
                   absl::string_view expire_time = "now() + interval '1 h'") {
  return absl::StrCat(
      "SELECT revoke_time, revision FROM sluice_control.revoke('", kind, "', '",
      value, "', ", expire_time, ", 'operator', 'for a test')");
}

class ControlFunctionsTest : public PostgresTest {
 protected:
  void SetUp() override {
    PostgresTest::SetUp();
    ProvisionRun run({"--connect", ConnectionOf("owner"), "--grant-to", "app"},
                     {}, "control");
    ASSERT_EQ(run.ExitCode(), 0) << run.Output();
  }

  SqlSession App() const { return SessionOf("app"); }

  static std::string SqlstateOf(SqlSession& session, const std::string& sql) {
    const std::optional<SqlFailure> failure = session.FindFailure(sql);
    return failure.has_value() ? failure->sqlstate : "";
  }

  // A column of the only row.
  static std::string Value(SqlSession& session, const std::string& sql,
                           size_t column = 0) {
    const absl::StatusOr<SqlRows> rows = session.Execute(sql);
    EXPECT_TRUE(rows.ok()) << rows.status();
    if (!rows.ok() || rows->size() != 1) return "not one row";
    return rows->front()[column].value_or("NULL");
  }

  static std::string Revision(SqlSession& session) {
    return Value(session, "SELECT sluice_control.revision()");
  }
};

TEST_F(ControlFunctionsTest, RunAgainTheProgramChangesNothing) {
  SqlSession app = App();
  Value(app, Revoke("app", "kept"));
  ProvisionRun again({"--connect", ConnectionOf("owner")}, {}, "control");
  EXPECT_EQ(again.ExitCode(), 0);
  EXPECT_EQ(again.Output(),
            absl::StrCat(database(),
                         ": schema sluice_control is at version 1, up to "
                         "date\n"));
  EXPECT_EQ(Value(app, kRead, 2), "kept");
}

TEST_F(ControlFunctionsTest, BothSchemasMayStandInOneDatabase) {
  ProvisionRun served({"--connect", ConnectionOf("owner")});
  EXPECT_EQ(served.ExitCode(), 0) << served.Output();
  for (const char* schema : {"served", "control"}) {
    ProvisionRun check({"--connect", ConnectionOf("owner"), "--check"}, {},
                       schema);
    EXPECT_EQ(check.ExitCode(), 0) << check.Output();
  }
}

TEST_F(ControlFunctionsTest, ARevocationIsReadWithTheRevisionThatItMade) {
  SqlSession app = App();
  EXPECT_EQ(Revision(app), "1");
  EXPECT_EQ(Value(app, kRead, 0), "1");
  EXPECT_EQ(Value(app, kRead, 1), "NULL");
  const absl::StatusOr<SqlRows> revoked =
      app.Execute(Revoke("token_id", "first"));
  ASSERT_TRUE(revoked.ok()) << revoked.status();
  EXPECT_EQ(revoked->front()[1], "2");
  EXPECT_EQ(Revision(app), "2");
  const absl::StatusOr<SqlRows> rows = app.Execute(kRead);
  ASSERT_TRUE(rows.ok()) << rows.status();
  ASSERT_EQ(rows->size(), 1);
  EXPECT_EQ(rows->front()[0], "2");
  EXPECT_EQ(rows->front()[1], "token_id");
  EXPECT_EQ(rows->front()[2], "first");
  EXPECT_EQ(rows->front()[3], revoked->front()[0]);
  EXPECT_EQ(Ask("SELECT actor || ': ' || reason FROM "
                "sluice_control.revocation"),
            "operator: for a test");
}

TEST_F(ControlFunctionsTest, AnAppRevokedAgainIsRevokedUntilThen) {
  SqlSession app = App();
  for (const char* kind : {"app", "token_id", "certificate_thumbprint"}) {
    const std::string first = Value(app, Revoke(kind, "it"));
    const std::string second = Value(app, Revoke(kind, "it"));
    EXPECT_EQ(Value(app, absl::StrCat("SELECT '", second, "'::timestamptz > '",
                                      first, "'::timestamptz")),
              kind == absl::string_view("app") ? "t" : "f");
  }
}

TEST_F(ControlFunctionsTest, ALaterEndStandsOverAnEarlierOne) {
  SqlSession app = App();
  Value(app, Revoke("token_id", "it", "now() + interval '1 s'"));
  Value(app, Revoke("token_id", "it", "NULL"));
  Value(app, Revoke("token_id", "it", "now() + interval '1 s'"));
  EXPECT_EQ(Value(app, kRead, 4), "infinity");
}

TEST_F(ControlFunctionsTest, TheNextRevisionWaitsForTheOneBefore) {
  SqlSession first = App();
  SqlSession second = App();
  SqlSession reader = App();
  ASSERT_EQ(SqlstateOf(first, "BEGIN; " + Revoke("token_id", "one")), "");
  std::future<std::string> revision = std::async(std::launch::async, [&] {
    return Value(second, Revoke("token_id", "two"), 1);
  });
  EXPECT_TRUE(Await(kWaitLimit, [this] {
    return Ask("SELECT count(*) FROM pg_stat_activity WHERE usename = 'app' "
               "AND wait_event_type = 'Lock' AND datname = "
               "current_database()") == "1";
  }));
  EXPECT_EQ(Revision(reader), "1");
  ASSERT_EQ(SqlstateOf(first, "COMMIT"), "");
  EXPECT_EQ(revision.get(), "3");
  EXPECT_EQ(Revision(reader), "3");
}

TEST_F(ControlFunctionsTest, ARevocationTakenBackLeavesNoRevision) {
  SqlSession app = App();
  ASSERT_EQ(SqlstateOf(app, "BEGIN; " + Revoke("token_id", "one")), "");
  ASSERT_EQ(SqlstateOf(app, "ROLLBACK"), "");
  EXPECT_EQ(Revision(app), "1");
}

TEST_F(ControlFunctionsTest, WhatTheOwnerChangesByHandIsAChangeToo) {
  SqlSession app = App();
  Value(app, Revoke("certificate_thumbprint", "by mistake", "NULL"));
  SqlSession owner = SessionOf("owner");
  EXPECT_EQ(SqlstateOf(owner, "DELETE FROM sluice_control.revocation"), "");
  EXPECT_EQ(Revision(app), "3");
}

TEST_F(ControlFunctionsTest, PrunesWhatHasExpiredSoManyAtATime) {
  SqlSession app = App();
  const auto prune = [&app](absl::string_view rows) {
    return Value(app, absl::StrCat("SELECT sluice_control.prune(", rows, ")"));
  };
  Value(app, Revoke("token_id", "good"));
  Value(app, Revoke("key_id", "for good", "NULL"));
  for (const char* token : {"a", "b", "c"}) {
    Value(app, Revoke("token_id", token, "now() - interval '1 s'"));
  }
  EXPECT_EQ(Revision(app), "6");
  for (const char* none : {"0", "-1", "NULL"}) EXPECT_EQ(prune(none), "0");
  EXPECT_EQ(prune("2"), "2");
  EXPECT_EQ(prune("100"), "1");
  EXPECT_EQ(Revision(app), "8");
  EXPECT_EQ(prune("100"), "0");
  EXPECT_EQ(Revision(app), "8");
  EXPECT_EQ(Ask("SELECT string_agg(value, ',' ORDER BY value) "
                "FROM sluice_control.revocation"),
            "for good,good");
}

TEST_F(ControlFunctionsTest, WhatHasExpiredIsNotRead) {
  SqlSession app = App();
  Value(app, Revoke("token_id", "over", "now() - interval '1 s'"));
  EXPECT_EQ(Value(app, kRead, 2), "NULL");
}

TEST_F(ControlFunctionsTest, TheHeartbeatIsSetOnceInAWhile) {
  SqlSession app = App();
  const char* kBeat = "SELECT beat_time FROM sluice_control.heartbeat";
  const std::string made = Ask(kBeat);
  EXPECT_EQ(SqlstateOf(app, "SELECT sluice_control.beat('1 hour')"), "");
  EXPECT_EQ(Ask(kBeat), made);
  EXPECT_EQ(SqlstateOf(app, "SELECT sluice_control.beat('0 s')"), "");
  EXPECT_NE(Ask(kBeat), made);
  // After a step of the clock backwards.
  Ask("UPDATE sluice_control.heartbeat SET beat_time = now() + interval '1 d'");
  EXPECT_EQ(SqlstateOf(app, "SELECT sluice_control.beat('1 hour')"), "");
  EXPECT_EQ(Ask("SELECT beat_time <= clock_timestamp() "
                "FROM sluice_control.heartbeat"),
            "t");
  EXPECT_EQ(Value(app, "SELECT sluice_control.replica_lag()"), "NULL");
}

TEST_F(ControlFunctionsTest, RefusesWhatIsNoRevocation) {
  SqlSession app = App();
  constexpr char kCheckViolation[] = "23514";
  EXPECT_EQ(SqlstateOf(app, Revoke("tokens", "x")), kCheckViolation);
  EXPECT_EQ(SqlstateOf(app, Revoke("token_id", "")), kCheckViolation);
  EXPECT_EQ(SqlstateOf(app, Revoke("app", std::string(256, 'x'))),
            kCheckViolation);
  EXPECT_EQ(Revision(app), "1");
}

TEST_F(ControlFunctionsTest, TheGatewaysRoleHasTheFunctionsAndNothingElse) {
  SqlSession app = App();
  constexpr char kRefused[] = "42501";
  for (const char* table :
       {"revocation", "revision", "heartbeat", "migration"}) {
    for (const char* statement :
         {"SELECT * FROM ", "DELETE FROM ", "TRUNCATE "}) {
      EXPECT_EQ(
          SqlstateOf(app, absl::StrCat(statement, "sluice_control.", table)),
          kRefused)
          << statement << table;
    }
  }
  EXPECT_EQ(SqlstateOf(app, "CREATE TABLE sluice_control.mine (id integer)"),
            kRefused);
  SqlSession other = SessionOf("other");
  EXPECT_EQ(SqlstateOf(other, Revoke("app", "x")), kRefused);
  EXPECT_EQ(SqlstateOf(other, kRead), kRefused);
}

TEST_F(ControlFunctionsTest, AreNotLedByTheSearchPathOfTheirCaller) {
  Ask("CREATE SCHEMA trap AUTHORIZATION app; SET ROLE app; "
      "CREATE FUNCTION trap.clock_timestamp() RETURNS timestamptz "
      "LANGUAGE sql AS $$SELECT 'epoch'::timestamptz$$; "
      "CREATE FUNCTION trap.pg_notify(text, text) RETURNS void "
      "LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION $$trapped$$; END'");
  SqlSession app = App();
  ASSERT_EQ(SqlstateOf(app, "SET search_path = trap, pg_catalog"), "");
  EXPECT_THAT(Value(app, Revoke("app", "x")), HasSubstr("20"));
  EXPECT_EQ(Ask("SELECT revoke_time > now() - interval '1 min' "
                "FROM sluice_control.revocation"),
            "t");
}

}  // namespace
}  // namespace sluice::testing
