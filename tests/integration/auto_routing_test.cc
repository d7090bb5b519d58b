// Where statements of Execute run with READ_ROUTING_AUTO.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/time.h"
#include "tests/integration/cluster_stack.h"
#include "tests/support/await.h"
#include "tests/support/call_error.h"
#include "tests/support/column_values.h"
#include "tests/support/values.h"

namespace sluice::testing {
namespace {

using Code = grpc::StatusCode;

constexpr char kMarker[] = "lying was called";

constexpr char kObjects[] = R"(
SET ROLE app;
CREATE TABLE item (id bigint GENERATED ALWAYS AS IDENTITY, value bigint);
INSERT INTO item (value) VALUES (7), (8);
CREATE SEQUENCE numbers;

CREATE FUNCTION noisy(x bigint) RETURNS bigint LANGUAGE plpgsql VOLATILE
  AS 'BEGIN RETURN x; END';
CREATE FUNCTION quiet(x bigint) RETURNS bigint LANGUAGE plpgsql STABLE
  AS 'BEGIN RETURN x; END';
CREATE FUNCTION turning() RETURNS bigint LANGUAGE sql STABLE AS 'SELECT 1::bigint';
CREATE FUNCTION add_item() RETURNS bigint LANGUAGE sql VOLATILE
  AS 'INSERT INTO item (value) VALUES (9) RETURNING id';
CREATE FUNCTION lying() RETURNS bigint LANGUAGE plpgsql STABLE
  AS 'BEGIN RAISE LOG ''lying was called''; RETURN add_item(); END';
CREATE FUNCTION by_type(x bigint) RETURNS int LANGUAGE plpgsql STABLE
  AS 'BEGIN RETURN 1; END';
CREATE FUNCTION by_type(x text) RETURNS int LANGUAGE plpgsql VOLATILE
  AS 'BEGIN RETURN 2; END';
CREATE FUNCTION by_default(x bigint DEFAULT nextval('numbers'))
  RETURNS bigint LANGUAGE plpgsql STABLE AS 'BEGIN RETURN x; END';
CREATE FUNCTION attribute(x item) RETURNS bigint LANGUAGE plpgsql VOLATILE
  AS 'BEGIN RETURN 1; END';

CREATE FUNCTION near(a item, b item) RETURNS boolean LANGUAGE plpgsql VOLATILE
  AS 'BEGIN RETURN true; END';
CREATE OPERATOR <~> (LEFTARG = item, RIGHTARG = item, FUNCTION = near);
CREATE TYPE pair AS (a bigint, b bigint);
CREATE FUNCTION pair_text(x pair) RETURNS text LANGUAGE plpgsql VOLATILE
  AS 'BEGIN RETURN x.a; END';
CREATE CAST (pair AS text) WITH FUNCTION pair_text(pair) AS IMPLICIT;

CREATE VIEW plain AS SELECT id, value FROM item;
CREATE VIEW counted AS SELECT nextval('numbers') AS number, id FROM item;
CREATE VIEW over_counted AS SELECT id FROM counted;
CREATE VIEW hidden AS SELECT noisy(value) AS value, id FROM item;
CREATE VIEW over_hidden AS SELECT id FROM hidden;
CREATE VIEW locked AS SELECT id FROM item FOR UPDATE;

CREATE TABLE guarded (id bigint);
INSERT INTO guarded VALUES (1);
ALTER TABLE guarded ENABLE ROW LEVEL SECURITY;
ALTER TABLE guarded FORCE ROW LEVEL SECURITY;
CREATE POLICY noisily ON guarded USING (noisy(id) = id);
CREATE UNLOGGED TABLE unlogged (id bigint);
)";

v1::Consistency Any() {
  v1::Consistency consistency;
  consistency.set_any(true);
  return consistency;
}

v1::Consistency AtLeast(const std::string& token) {
  v1::Consistency consistency;
  consistency.set_at_least(token);
  return consistency;
}

v1::ExecuteRequest MakeAuto(const std::string& sql,
                            const std::vector<v1::Value>& parameters = {},
                            const v1::Consistency& consistency = Any()) {
  v1::ExecuteRequest request = MakeExecute(sql, parameters);
  request.set_read_routing(v1::READ_ROUTING_AUTO);
  *request.mutable_options()->mutable_consistency() = consistency;
  return request;
}

class AutoRoutingTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    ClusterStackOptions options;
    // Each worker remembers for itself.
    options.gateway = {{"concurrency.worker_pairs", "1"}};
    absl::StatusOr<std::unique_ptr<ClusterStack>> stack =
        ClusterStack::Start(options);
    ASSERT_TRUE(stack.ok()) << stack.status();
    stack_ = *std::move(stack);
    const auto made = stack_->node(0).Execute("app", kObjects);
    ASSERT_TRUE(made.ok()) << made.status();
    AwaitReplayed();
  }
  static void TearDownTestSuite() { stack_.reset(); }

  static void AwaitReplayed() {
    for (const size_t replica : {1, 2}) {
      ASSERT_TRUE(stack_->cluster().AwaitReplayed(replica, 0));
    }
  }

  // Gives the app what PostgreSQL reserves for superusers, too.
  static void LetCallAll() {
    ASSERT_TRUE(stack_->node(0)
                    .Execute("app",
                             "GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA "
                             "pg_catalog TO app")
                    .ok());
    AwaitReplayed();
  }

  // Where it ran: "primary", "replica", or the error.
  std::string PlaceOf(const v1::ExecuteRequest& request) {
    const ExecuteOutcome outcome = client_.Execute(request);
    if (!outcome.status.ok())
      return CallError::Of(outcome.status).info.reason();
    return outcome.response.summary().node() == "n0" ? "primary" : "replica";
  }
  std::string PlaceOf(const std::string& sql,
                      const std::vector<v1::Value>& parameters = {}) {
    return PlaceOf(MakeAuto(sql, parameters));
  }

  // How often the function that lies was called on these nodes.
  static int CountLies(const std::vector<size_t>& nodes) {
    int count = 0;
    for (const size_t node : nodes) {
      const std::vector<std::string> parts =
          absl::StrSplit(stack_->node(node).ReadLog(), kMarker);
      count += static_cast<int>(parts.size()) - 1;
    }
    return count;
  }

  static int64_t Ask(const std::string& sql) {
    return std::stoll(stack_->node(0).Ask("app", sql));
  }

  // Statements that call each function of PostgreSQL's own that is of such a
  // volatility, and that no row makes it execute.
  static std::vector<std::string> CallsOf(const std::string& volatility);

  static std::unique_ptr<ClusterStack> stack_;
  GatewayClient client_ = stack_->MakeClient();
};

std::unique_ptr<ClusterStack> AutoRoutingTest::stack_;

std::vector<std::string> AutoRoutingTest::CallsOf(
    const std::string& volatility) {
  const absl::StatusOr<SqlRows> rows = stack_->node(0).Execute(
      "app",
      absl::StrCat(
          "SELECT format('SELECT count(*) FROM (SELECT pg_catalog.%I(%s)"
          " WHERE false) AS t', proname, (SELECT string_agg("
          "  CASE WHEN provariadic <> 0 AND provariadic <> '\"any\"'::regtype"
          "   AND number = pronargs THEN 'VARIADIC ' ELSE '' END || 'NULL::' ||"
          "  CASE type::regtype::text WHEN '\"any\"' THEN 'int4'"
          "   WHEN 'anyarray' THEN 'int4[]'"
          "   WHEN 'anycompatiblearray' THEN 'int4[]'"
          "   WHEN 'anyrange' THEN 'int4range'"
          "   WHEN 'anycompatiblerange' THEN 'int4range'"
          "   WHEN 'anymultirange' THEN 'int4multirange'"
          "   WHEN 'anycompatiblemultirange' THEN 'int4multirange'"
          "   WHEN 'anyelement' THEN 'int4' WHEN 'anycompatible' THEN 'int4'"
          "   WHEN 'anynonarray' THEN 'int4'"
          "   WHEN 'anycompatiblenonarray' THEN 'int4'"
          "   ELSE type::regtype::text END, ', ' ORDER BY number)"
          " FROM unnest(proargtypes) WITH ORDINALITY AS a (type, number)))"
          " FROM pg_proc WHERE pronamespace = 'pg_catalog'::regnamespace"
          " AND prokind = 'f' AND provolatile = '",
          volatility,
          "' AND prorettype::regtype::text NOT IN ('trigger',"
          "  'event_trigger', 'internal', 'language_handler', 'fdw_handler',"
          "  'index_am_handler', 'table_am_handler', 'tsm_handler', 'anyenum')"
          " AND NOT EXISTS (SELECT FROM unnest(proargtypes) AS type"
          "  WHERE type::regtype::text IN ('internal', 'anyenum'))"
          " ORDER BY 1"));
  EXPECT_TRUE(rows.ok()) << rows.status();
  std::vector<std::string> calls;
  for (const SqlRow& row : *rows) calls.push_back(row[0].value_or(""));
  return calls;
}

TEST_F(AutoRoutingTest, StatementsThatOnlyReadGoWhereAQueryWould) {
  for (
      const char* sql :
      {"SELECT value FROM item", "SELECT value FROM item;;  -- all of them",
       "VALUES (1), (2)", "TABLE item", "SELECT now(), current_user",
       "WITH a AS (SELECT value FROM item) SELECT sum(value) FROM a",
       "WITH RECURSIVE a AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM a "
       "WHERE n < 5) SELECT max(n), max(n) FROM a",
       "SELECT value, rank() OVER (ORDER BY value) FROM item ORDER BY 1 LIMIT "
       "1",
       "SELECT 1 UNION SELECT value FROM item", "SELECT quiet(value) FROM item",
       "SELECT (SELECT count(*) FROM item), 'sluice_read_proof'",
       "SELECT FROM item", "SELECT value FROM plain",
       "SELECT * FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid"}) {
    // The second time it is known.
    EXPECT_EQ(PlaceOf(sql), "replica") << sql;
    EXPECT_EQ(PlaceOf(sql), "replica") << sql;
  }
  EXPECT_EQ(PlaceOf("SELECT current_setting('transaction_read_only') = 'on'"),
            "replica");
}

TEST_F(AutoRoutingTest, ItsRowsAndParametersAreThoseOfTheCall) {
  const ExecuteOutcome outcome = client_.Execute(
      MakeAuto("SELECT value + $1 FROM item WHERE value = $2 -- a comment",
               {Int(1), Int(7)}));
  ASSERT_THAT(outcome.status, IsOk());
  EXPECT_NE(outcome.response.summary().node(), "n0");
  EXPECT_EQ(outcome.response.summary().attempts(), 1);
  EXPECT_EQ(outcome.response.summary().command_tag(), "SELECT 1");
  EXPECT_EQ(outcome.response.result_set().columns(0).int64s().values(0), 8);
  EXPECT_EQ(PlaceOf("SELECT $1", {Int(1), Int(2)}), "PARAMETER_COUNT");
  EXPECT_EQ(PlaceOf("SELECT nothing FROM item"), "UNDEFINED_OBJECT");
  EXPECT_EQ(PlaceOf("SELECT 1 / (value - 7) FROM item"), "DATA_INVALID");
}

TEST_F(AutoRoutingTest, WithoutItAndWithARequestIdAllGoToThePrimary) {
  v1::ExecuteRequest request = MakeAuto("SELECT value FROM item");
  ASSERT_EQ(PlaceOf(request), "replica");
  request.set_request_id("once");
  EXPECT_EQ(PlaceOf(request), "primary");
  request.clear_request_id();
  for (const auto routing :
       {v1::READ_ROUTING_UNSPECIFIED, v1::READ_ROUTING_PRIMARY}) {
    request.set_read_routing(routing);
    EXPECT_EQ(PlaceOf(request), "primary");
  }
}

TEST_F(AutoRoutingTest, WhatIsNoPlainReadGoesToThePrimary) {
  for (const char* sql :
       {"INSERT INTO item (value) VALUES (1)", "UPDATE item SET value = value",
        "WITH a AS (INSERT INTO item (value) VALUES (1) RETURNING id) "
        "SELECT * FROM a",
        "SELECT value FROM item FOR UPDATE", "SELECT value FROM item FOR SHARE",
        "SHOW server_version", "EXPLAIN SELECT 1", "SELECT 1 AS x INTO made",
        "SELECT id FROM unlogged"}) {
    EXPECT_EQ(PlaceOf(sql), "primary") << sql;
  }
}

TEST_F(AutoRoutingTest, WhatIsVolatileGoesToThePrimaryWhereverItHides) {
  for (const char* sql :
       {"SELECT nextval('numbers')",
        "SELECT random()",
        "SELECT pg_advisory_xact_lock(1)",
        "SELECT clock_timestamp()",
        "SELECT gen_random_uuid()",
        "SELECT set_config('a.b', 'c', true)",
        "SELECT noisy(1)",
        "SELECT value FROM item WHERE noisy(value) = 7",
        "SELECT value FROM item ORDER BY noisy(value)",
        "SELECT * FROM noisy(1)",
        "SELECT 1 FROM item WHERE false OR random() > 2",
        "SELECT (SELECT noisy(1))",
        "VALUES (noisy(1))",
        "WITH a AS (SELECT noisy(1) AS n) SELECT n FROM a",
        "SELECT CASE WHEN true THEN 1 ELSE noisy(1) END",
        "SELECT count(*) FILTER (WHERE noisy(value) = 7) FROM item",
        "SELECT app.public.noisy(1)",
        "SELECT id FROM counted",
        "SELECT id FROM over_counted",
        "SELECT id FROM locked",
        "SELECT id FROM hidden",
        "SELECT id FROM over_hidden",
        "SELECT id FROM guarded",
        "SELECT (item).attribute FROM item",
        "SELECT item.attribute FROM item",
        "SELECT 1 FROM item AS a, item AS b WHERE a <~> b",
        "SELECT length(ROW(1, 2)::pair)"}) {
    EXPECT_EQ(PlaceOf(sql), "primary") << sql;
    EXPECT_EQ(PlaceOf(sql), "primary") << sql;
  }
  const int64_t before = Ask("SELECT nextval('numbers')");
  EXPECT_EQ(PlaceOf("SELECT max(number) FROM counted"), "primary");
  EXPECT_GT(Ask("SELECT nextval('numbers')"), before + 2);
}

TEST_F(AutoRoutingTest, TheTypesThatACallDeclaresTellWhatItCalls) {
  const std::string sql = "SELECT by_type($1)";
  EXPECT_EQ(PlaceOf(sql, {Typed(Int(1), "int8")}), "replica");
  EXPECT_EQ(PlaceOf(sql, {Typed(Text("a"), "text")}), "primary");
  EXPECT_EQ(PlaceOf(sql, {Typed(Int(1), "int8")}), "replica");
}

TEST_F(AutoRoutingTest, NoVolatileFunctionOfPostgreSqlIsTakenForARead) {
  ASSERT_NO_FATAL_FAILURE(LetCallAll());
  const std::vector<std::string> calls = CallsOf("v");
  std::cout << calls.size() << " volatile functions" << std::endl;
  EXPECT_GT(calls.size(), 100);
  for (const std::string& sql : calls)
    EXPECT_EQ(PlaceOf(sql), "primary") << sql;
}

TEST_F(AutoRoutingTest, StableFunctionsOfPostgreSqlAreTakenForReads) {
  ASSERT_NO_FATAL_FAILURE(LetCallAll());
  const std::vector<std::string> calls = CallsOf("s");
  std::cout << calls.size() << " stable functions" << std::endl;
  EXPECT_GT(calls.size(), 200);
  for (const std::string& sql : calls)
    EXPECT_EQ(PlaceOf(sql), "replica") << sql;
}

TEST_F(AutoRoutingTest, AWriteOfAFunctionThatDeniesItTakesPlaceOnThePrimary) {
  const int64_t items = Ask("SELECT count(*) FROM item");
  const int lies = CountLies({1, 2});
  const ExecuteOutcome first = client_.Execute(MakeAuto("SELECT lying()"));
  ASSERT_THAT(first.status, IsOk());
  EXPECT_EQ(first.response.summary().node(), "n0");
  EXPECT_EQ(first.response.summary().attempts(), 1);
  EXPECT_EQ(first.response.result_set().row_count(), 1);
  EXPECT_NE(first.response.summary().consistency_token(), "");
  // It was tried as a read, on one replica.
  EXPECT_EQ(CountLies({1, 2}), lies + 1);
  EXPECT_EQ(CountLies({0}), 1);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(PlaceOf("SELECT lying()"), "primary");
  }
  EXPECT_EQ(CountLies({1, 2}), lies + 1);
  EXPECT_EQ(Ask("SELECT count(*) FROM item"), items + 4);
}

TEST_F(AutoRoutingTest, AStrongReadThatWritesAfterAllDoesSo) {
  const int64_t items = Ask("SELECT count(*) FROM item");
  const v1::ExecuteRequest request =
      MakeAuto("SELECT lying() AS strong", {}, v1::Consistency());
  EXPECT_EQ(PlaceOf(request), "primary");
  EXPECT_EQ(Ask("SELECT count(*) FROM item"), items + 1);
  EXPECT_EQ(PlaceOf("SELECT txid_current()"), "primary");
  EXPECT_EQ(PlaceOf("SELECT by_default()"), "primary");
}

TEST_F(AutoRoutingTest, AFunctionThatTurnsIntoAWriteWritesOnThePrimary) {
  ASSERT_EQ(PlaceOf("SELECT turning()"), "replica");
  ASSERT_TRUE(
      stack_->node(0)
          .Execute("app",
                   "CREATE OR REPLACE FUNCTION turning() RETURNS bigint "
                   "LANGUAGE sql VOLATILE AS 'SELECT add_item()'")
          .ok());
  AwaitReplayed();
  const int64_t items = Ask("SELECT count(*) FROM item");
  EXPECT_EQ(PlaceOf("SELECT turning()"), "primary");
  EXPECT_EQ(PlaceOf("SELECT turning()"), "primary");
  EXPECT_EQ(Ask("SELECT count(*) FROM item"), items + 2);
}

TEST_F(AutoRoutingTest, WhatCouldNotBePlannedIsSoonAskedAboutAgain) {
  EXPECT_EQ(PlaceOf("SELECT id FROM later"), "UNDEFINED_OBJECT");
  ASSERT_TRUE(stack_->node(0)
                  .Execute("app", "SET ROLE app; CREATE TABLE later (id int)")
                  .ok());
  AwaitReplayed();
  EXPECT_TRUE(Await(absl::Seconds(30), [this] {
    return PlaceOf("SELECT id FROM later") == "replica";
  }));
}

TEST_F(AutoRoutingTest, ReadsSeeTheWritesWhoseTokenTheyCarry) {
  int on_replicas = 0;
  for (int64_t trial = 1; trial <= 200; ++trial) {
    if (trial % 20 == 0) {
      ASSERT_TRUE(stack_->node(1).PauseReplay().ok());
    }
    const ExecuteOutcome written = client_.Execute(
        MakeAuto("UPDATE item SET value = $1 WHERE id = 1", {Int(trial)}));
    ASSERT_THAT(written.status, IsOk());
    const std::string& token = written.response.summary().consistency_token();
    ASSERT_NE(token, "");
    const ExecuteOutcome read = client_.Execute(
        MakeAuto("SELECT value FROM item WHERE id = 1", {}, AtLeast(token)));
    ASSERT_THAT(read.status, IsOk());
    EXPECT_EQ(read.response.result_set().columns(0).int64s().values(0), trial);
    EXPECT_EQ(read.response.summary().consistency_token(), "");
    if (read.response.summary().node() != "n0") ++on_replicas;
    if (trial % 20 == 0) {
      ASSERT_TRUE(stack_->node(1).ResumeReplay().ok());
    }
  }
  EXPECT_GT(on_replicas, 100);
}

}  // namespace
}  // namespace sluice::testing
