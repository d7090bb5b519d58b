// The functions of schema `sluice`, called as the gateway calls them.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "tests/support/await.h"
#include "tests/support/postgres_test.h"
#include "tests/support/provision_run.h"

namespace sluice::testing {
namespace {

constexpr absl::Duration kWaitLimit = absl::Seconds(20);
constexpr absl::string_view kIsolations[] = {
    "READ UNCOMMITTED", "READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE"};

std::string Begin(absl::string_view isolation) {
  return absl::StrCat("BEGIN ISOLATION LEVEL ", isolation);
}
std::string Claim(absl::string_view id) {
  return absl::StrCat("SELECT sluice.claim_request('app', '", id,
                      R"(', '\x0badd1e5'))");
}
std::string Keep(absl::string_view id) {
  return absl::StrCat("SELECT sluice.keep_reply('app', '", id,
                      R"(', '\x600d'))");
}
std::string Find(absl::string_view id) {
  return absl::StrCat(
      "SELECT digest, reply, created_at <= now() FROM sluice.find_request("
      "'app', '",
      id, "')");
}

// Keeps so many bytes.
std::string KeepBytes(absl::string_view id, int bytes) {
  return absl::StrCat("SELECT sluice.keep_reply('app', '", id,
                      "', decode(repeat('ab', ", bytes, "), 'hex'))");
}

// The first value; PostgreSQL's message when it fails.
std::string ValueOf(SqlSession& session, const std::string& sql) {
  const absl::StatusOr<SqlRows> rows = session.Execute(sql);
  if (!rows.ok()) return std::string(rows.status().message());
  return rows->empty() ? "no row" : rows->front().front().value_or("NULL");
}

// "" when it succeeds.
std::string SqlstateOf(SqlSession& session, const std::string& sql) {
  const std::optional<SqlFailure> failure = session.FindFailure(sql);
  return failure.has_value() ? failure->sqlstate : "";
}

class ServedFunctionsTest : public PostgresTest {
 protected:
  void SetUp() override {
    PostgresTest::SetUp();
    ProvisionRun run({"--connect", ConnectionOf("owner"), "--grant-to", "app"});
    ASSERT_EQ(run.ExitCode(), 0) << run.Output();
  }

  SqlSession App() const { return SessionOf("app"); }

  // A second claim of "id" while `first` has it; its SQLSTATE, once `first` has
  // run `end`.
  std::string ClaimWhileHeld(absl::string_view isolation, SqlSession& first,
                             const std::string& end) {
    SqlSession second = App();
    EXPECT_EQ(SqlstateOf(second, Begin(isolation)), "");
    std::future<std::string> sqlstate = std::async(
        std::launch::async, [&] { return SqlstateOf(second, Claim("id")); });
    EXPECT_TRUE(Await(kWaitLimit, [this] {
      return Ask("SELECT count(*) FROM pg_stat_activity WHERE usename = 'app' "
                 "AND wait_event_type = 'Lock' AND datname = "
                 "current_database()") == "1";
    }));
    EXPECT_EQ(SqlstateOf(first, end), "");
    const std::string result = sqlstate.get();
    EXPECT_EQ(SqlstateOf(second, "COMMIT"), "");
    return result;
  }
};

TEST_F(ServedFunctionsTest, AnIdIsClaimedOnce) {
  SqlSession app = App();
  for (const absl::string_view isolation : kIsolations) {
    EXPECT_EQ(SqlstateOf(app, Begin(isolation)), "");
    EXPECT_EQ(SqlstateOf(app, Claim(isolation)), "") << isolation;
    EXPECT_EQ(SqlstateOf(app, Keep(isolation)), "") << isolation;
    EXPECT_EQ(SqlstateOf(app, "COMMIT"), "");
    for (const absl::string_view other : kIsolations) {
      EXPECT_EQ(SqlstateOf(app, Begin(other)), "");
      EXPECT_EQ(SqlstateOf(app, Claim(isolation)), "SL001") << other;
      EXPECT_EQ(SqlstateOf(app, "ROLLBACK"), "");
    }
  }
}

TEST_F(ServedFunctionsTest, TheTextOfTheRefusalIsFixed) {
  SqlSession app = App();
  EXPECT_EQ(SqlstateOf(app, Claim("id")), "");
  EXPECT_EQ(app.FindFailure(Claim("id"))->message, "request id is in use");
}

TEST_F(ServedFunctionsTest, ASecondClaimWaitsForTheFirstToCommit) {
  for (const absl::string_view isolation : kIsolations) {
    Ask("DELETE FROM sluice.request");
    SqlSession first = App();
    ASSERT_EQ(SqlstateOf(first, Begin(isolation)), "");
    ASSERT_EQ(SqlstateOf(first, Claim("id")), "");
    EXPECT_EQ(ClaimWhileHeld(isolation, first, "COMMIT"), "SL001") << isolation;
  }
}

TEST_F(ServedFunctionsTest, ASecondClaimSucceedsWhenTheFirstIsRolledBack) {
  for (const absl::string_view isolation : kIsolations) {
    Ask("DELETE FROM sluice.request");
    SqlSession first = App();
    ASSERT_EQ(SqlstateOf(first, Begin(isolation)), "");
    ASSERT_EQ(SqlstateOf(first, Claim("id")), "");
    EXPECT_EQ(ClaimWhileHeld(isolation, first, "ROLLBACK"), "") << isolation;
    EXPECT_EQ(Ask("SELECT count(*) FROM sluice.request"), "1");
  }
}

TEST_F(ServedFunctionsTest, AReplyIsFoundOnceItsTransactionIsCommitted) {
  SqlSession app = App();
  SqlSession other = App();
  ASSERT_EQ(SqlstateOf(app, "BEGIN; " + Claim("id") + "; " + Keep("id")), "");
  EXPECT_TRUE(other.Execute(Find("id"))->empty());
  ASSERT_EQ(SqlstateOf(app, "COMMIT"), "");
  const absl::StatusOr<SqlRows> rows = other.Execute(Find("id"));
  ASSERT_TRUE(rows.ok()) << rows.status();
  EXPECT_EQ(*rows, (SqlRows{{R"(\x0badd1e5)", R"(\x600d)", "t"}}));
  EXPECT_TRUE(other.Execute(Find("another"))->empty());
}

TEST_F(ServedFunctionsTest, AReplyIsKeptOnceAndOnlyOfAClaim) {
  SqlSession app = App();
  EXPECT_EQ(SqlstateOf(app, Keep("id")), "SL002");
  EXPECT_EQ(Ask("SELECT count(*) FROM sluice.request"), "0");
  ASSERT_EQ(SqlstateOf(app, Claim("id")), "");
  EXPECT_EQ(SqlstateOf(app, Keep("id")), "");
  EXPECT_EQ(SqlstateOf(app, "SELECT sluice.keep_reply('app', 'id', '\\xba')"),
            "SL002");
  EXPECT_EQ(Ask("SELECT reply FROM sluice.request"), R"(\x600d)");
}

TEST_F(ServedFunctionsTest, AppsHaveIdsOfTheirOwn) {
  SqlSession app = App();
  ASSERT_EQ(SqlstateOf(app, Claim("id")), "");
  EXPECT_EQ(
      SqlstateOf(app, "SELECT sluice.claim_request('another', 'id', '\\x00')"),
      "");
}

TEST_F(ServedFunctionsTest, TakesALongReply) {
  SqlSession app = App();
  ASSERT_EQ(SqlstateOf(app, Claim("long")), "");
  EXPECT_EQ(SqlstateOf(app, KeepBytes("long", 5000000)), "");
  EXPECT_EQ(ValueOf(app,
                    "SELECT octet_length(reply) FROM "
                    "sluice.find_request('app', 'long')"),
            "5000000");
}

TEST_F(ServedFunctionsTest, PrunesWhatIsOlderThanADaySoManyAtATime) {
  Ask("INSERT INTO sluice.request (app, id, digest, created_at) "
      "SELECT 'app', i, '', now() - interval '1 hour' * (i + 0.5) "
      "FROM generate_series(20, 29) AS i");
  SqlSession app = App();
  const auto prune = [&app](absl::string_view rows) {
    return ValueOf(app,
                   absl::StrCat("SELECT sluice.prune_requests(", rows, ")"));
  };
  for (const char* none : {"0", "-1", "NULL"}) EXPECT_EQ(prune(none), "0");
  EXPECT_EQ(prune("2"), "2");
  EXPECT_EQ(Ask("SELECT string_agg(id, ' ' ORDER BY id) FROM sluice.request"),
            "20 21 22 23 24 25 26 27");
  EXPECT_EQ(prune("100"), "4");
  EXPECT_EQ(prune("100"), "0");
  EXPECT_EQ(Ask("SELECT string_agg(id, ' ' ORDER BY id) FROM sluice.request"),
            "20 21 22 23");
}

TEST_F(ServedFunctionsTest, PruningWaitsForNobody) {
  Ask("INSERT INTO sluice.request (app, id, digest, created_at) "
      "SELECT 'app', i, '', now() - interval '2 days' "
      "FROM generate_series(1, 3) AS i");
  SqlSession holder = SessionOf("postgres");
  ASSERT_TRUE(holder
                  .Execute("BEGIN; SELECT FROM sluice.request WHERE id = '2' "
                           "FOR UPDATE")
                  .ok());
  SqlSession app = App();
  ASSERT_TRUE(app.Execute("SET statement_timeout = '10s'").ok());
  EXPECT_EQ(ValueOf(app, "SELECT sluice.prune_requests(10)"), "2");
  EXPECT_EQ(Ask("SELECT string_agg(id, ' ') FROM sluice.request"), "2");
}

TEST_F(ServedFunctionsTest, WhoMayCallThemReachesTheTablesByThemAlone) {
  SqlSession app = App();
  for (const char* sql :
       {"SELECT FROM sluice.request", "DELETE FROM sluice.request",
        "UPDATE sluice.request SET reply = ''",
        "INSERT INTO sluice.request (app, id, digest) VALUES ('a', 'b', '')",
        "TRUNCATE sluice.request", "SELECT FROM sluice.migration",
        "DELETE FROM sluice.migration", "CREATE TABLE sluice.mine ()",
        "CREATE OR REPLACE FUNCTION sluice.schema_version() RETURNS integer "
        "LANGUAGE sql AS 'SELECT 1'",
        "DROP SCHEMA sluice CASCADE"}) {
    EXPECT_EQ(SqlstateOf(app, sql), "42501") << sql;
  }
}

TEST_F(ServedFunctionsTest, NobodyElseMayCallThem) {
  Ask("GRANT USAGE ON SCHEMA sluice TO other");
  SqlSession other = SessionOf("other");
  for (const std::string& sql :
       {Claim("id"), Keep("id"), Find("id"),
        std::string("SELECT sluice.prune_requests(1)"),
        std::string("SELECT sluice.schema_version()")}) {
    EXPECT_EQ(SqlstateOf(other, sql), "42501") << sql;
  }
}

TEST_F(ServedFunctionsTest, TheCallersSearchPathLeadsThemNowhereElse) {
  Ask("CREATE SCHEMA trap; GRANT ALL ON SCHEMA trap TO PUBLIC; "
      "GRANT TEMPORARY ON DATABASE " +
      database() + " TO app");
  SqlSession app = App();
  const absl::Status made =
      app.Execute(
             "CREATE FUNCTION trap.same(text, text) RETURNS boolean LANGUAGE "
             "plpgsql AS $$ BEGIN RAISE EXCEPTION 'trapped'; END $$; "
             "CREATE OPERATOR trap.= (LEFTARG = text, RIGHTARG = text, "
             "FUNCTION = trap.same); "
             "CREATE FUNCTION trap.now() RETURNS timestamptz LANGUAGE plpgsql "
             "AS $$ BEGIN RAISE EXCEPTION 'trapped'; END $$; "
             "CREATE FUNCTION trap.current_setting(text) RETURNS text LANGUAGE "
             "plpgsql AS $$ BEGIN RAISE EXCEPTION 'trapped'; END $$; "
             "CREATE TEMPORARY TABLE request (id text); "
             "SET search_path = trap, pg_temp, pg_catalog")
          .status();
  ASSERT_TRUE(made.ok()) << made;
  ASSERT_EQ(SqlstateOf(app, "SELECT now()"), "P0001");
  for (const std::string& sql :
       {Claim("id"), Keep("id"),
        std::string("SELECT * FROM sluice.find_request('app', 'id')"),
        std::string("SELECT sluice.prune_requests(1)"),
        std::string("SELECT sluice.schema_version()")}) {
    EXPECT_EQ(SqlstateOf(app, sql), "") << sql;
  }
  EXPECT_EQ(Ask("SELECT count(*) FROM sluice.request"), "1");
}

// Plans that a session keeps must not read the table from end to end when it
// has grown since.
TEST_F(ServedFunctionsTest, NoSessionKeepsAPlanThatScansTheTable) {
  SqlSession app = App();
  ASSERT_EQ(SqlstateOf(app, Claim("first")), "");
  Ask("VACUUM ANALYZE sluice.request");
  ASSERT_EQ(SqlstateOf(app, "BEGIN"), "");
  for (int i = 0; i < 20; ++i) {
    ASSERT_EQ(SqlstateOf(app, Claim(absl::StrCat(i))), "");
    ASSERT_EQ(SqlstateOf(app, Keep(absl::StrCat(i))), "");
  }
  EXPECT_EQ(ValueOf(app,
                    "SELECT pg_stat_get_xact_numscans(c.oid) FROM pg_class AS "
                    "c WHERE c.oid = 'sluice.request'::regclass"),
            "0");
}

TEST_F(ServedFunctionsTest, SerializableRequestsOfDifferentIdsDoNotConflict) {
  SqlSession sessions[] = {App(), App(), App()};
  for (SqlSession& session : sessions) {
    ASSERT_EQ(SqlstateOf(session, Begin("SERIALIZABLE") + "; SELECT 1"), "");
  }
  for (size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(SqlstateOf(sessions[i], Claim(absl::StrCat(i))), "");
    EXPECT_EQ(SqlstateOf(sessions[i], Keep(absl::StrCat(i))), "");
  }
  for (const size_t i : {2, 0, 1}) {
    EXPECT_EQ(SqlstateOf(sessions[i], "COMMIT"), "") << i;
  }
}

TEST_F(ServedFunctionsTest, AReplyNeedsNoIndexEntriesOfItsOwn) {
  SqlSession app = App();
  for (int i = 0; i < 100; ++i) {
    ASSERT_EQ(SqlstateOf(app, "BEGIN"), "");
    ASSERT_EQ(SqlstateOf(app, Claim(absl::StrCat(i))), "");
    ASSERT_EQ(SqlstateOf(app, KeepBytes(absl::StrCat(i), 300)), "");
    EXPECT_EQ(ValueOf(app,
                      "SELECT pg_stat_get_xact_tuples_updated(c.oid) - "
                      "pg_stat_get_xact_tuples_hot_updated(c.oid) FROM "
                      "pg_class AS c WHERE c.oid = 'sluice.request'::regclass"),
              "0")
        << i;
    ASSERT_EQ(SqlstateOf(app, "COMMIT"), "");
  }
}

}  // namespace
}  // namespace sluice::testing
