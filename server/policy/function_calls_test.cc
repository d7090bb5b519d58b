// Tests which statements are taken to change their session.

#include "server/policy/function_calls.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "server/policy/harmless_functions.h"
#include "server/policy/statement_analysis.h"
#include "server/policy/statement_classifier.h"

namespace sluice::policy {
namespace {

StatementFacts Analyze(const std::string& sql) {
  StatementClassifier classifier;
  absl::StatusOr<StatementFacts> facts = classifier.ClassifyNow(sql);
  EXPECT_TRUE(facts.ok()) << sql << ": " << facts.status();
  return facts.value_or(StatementFacts{});
}

TEST(FunctionCallsTest, ReadsAndWritesOfTablesLeaveTheSessionAlone) {
  for (const char* sql : {
           "select * from t where a = $1",
           "insert into t values ($1) returning a",
           "update settings set config = 1",
           "select set_config, pg_advisory_lock from t",
           "select 'set_config(1)' /* pg_advisory_lock(1) */",
           "select '{\"funcname\":[{\"String\":{\"sval\":\"f\"}}]}'",
           "show all",
           "notify c",
           "select * from t for update",
       }) {
    EXPECT_FALSE(Analyze(sql).may_change_session) << sql;
  }
}

TEST(FunctionCallsTest, WellKnownFunctionsLeaveTheSessionAlone) {
  for (const char* sql : {
           "select count(*), sum(a), max(b) over (order by c) from t",
           "select pg_catalog.lower(a), COALESCE(b, '') from t",
           "select extract(year from now()), substring(a from 1 for 2) from t",
           "select a like 'x' escape 'y', a similar to 'x', trim(a) from t",
           "select a at time zone 'UTC', overlay(b placing 'x' from 1) from t",
           "select position('a' in b), (a, b) overlaps (c, d) from t",
           "select 'a' is normalized, normalize('a', nfc), treat(a as int)",
           "insert into t values (nextval('s'), gen_random_uuid())",
           "with a as (delete from t returning upper(b)) select * from a",
           "select * from generate_series(1, 2), unnest(array[1])",
           "select pg_advisory_xact_lock(hashtext($1))",
           "select current_setting('a.b', true), current_user, user",
           "select ts_headline('a', to_tsquery('b')), btrim('a')",
           "select xmlelement(name a), json_build_object('a', 1)",
           "explain analyze select lower(a) from t",
       }) {
    EXPECT_FALSE(Analyze(sql).may_change_session) << sql;
  }
}

TEST(FunctionCallsTest, AnyOtherFunctionMayChangeTheSession) {
  for (const char* sql : {
           "select f()",
           "select public.lower(a) from t",
           "select a.pg_catalog.lower('x')",
           "SELECT \"Lower\"('x')",
           "select lower(f(upper(a))) from t",
           "select * from f(1)",
           "select * from lateral rows from (unnest(array[1]), f(2)) as x",
           "select count(*) filter (where f(a)) over (order by b) from t",
           "select 1 from t order by f(a)",
           "insert into t values (1, f(2))",
           "update t set a = f(b)",
           "delete from t where f(a)",
           "with w as (select f()) select 1",
           "merge into t using u on f(t.a) when matched then delete",
           "explain select f()",
           "select set_config('a.b', $1, false)",
           "SELECT Set_Config('a.b', 'c', FALSE)",
           "select pg_catalog.\"set_config\"('a.b', 'c', false)",
           "select U&\"set\\005fconfig\"('a.b', 'c', false)",
           "select pg_advisory_lock(1)",
           "select pg_try_advisory_lock_shared(1, 2)",
           "select pg_advisory_unlock_all()",
           "select setseed(0.5)",
           "select query_to_xml('select 1', true, true, '')",
           "select ts_rewrite('a'::tsquery, 'select 1')",
           "select pg_temp.f()",
       }) {
    EXPECT_TRUE(Analyze(sql).may_change_session) << sql;
  }
}

TEST(FunctionCallsTest, AParameterOfTheUsersOwnMayBeSetForTheTransaction) {
  for (const char* sql : {
           "select set_config('app.tenant', $1, true)",
           "select pg_catalog.set_config('app.tenant', lower($1), TRUE)",
           "select set_config('a.b', '1', true), set_config('c.d', '2', true)",
           "set local app.tenant = 'x'",
       }) {
    EXPECT_FALSE(Analyze(sql).may_change_session) << sql;
  }
  for (const char* sql : {
           "select set_config('app.tenant', $1, false)",
           "select set_config('app.tenant', $1, $2)",
           "select set_config('app.tenant', $1, 1 = 1)",
           "select set_config('app.tenant', $1, not true)",
           "select set_config('app' || '.x', $1, true)",
           "select set_config($1, 'a.b', true)",
           "select set_config(lower('a.b'), 'x', true)",
           "select set_config('search_path', 'a.b', true)",
           "select set_config('a.b', set_config('role', 'x', true), true)",
           "select set_config('a.b', '', true), set_config('role', 'x', true)",
           "select set_config('role', 'x', true), set_config('a.b', '', true)",
           "select set_config('a.b', f(), true)",
           "select x.set_config('a.b', '', true)",
           "set local work_mem = '1MB'",
           "set local search_path = 'a.b'",
       }) {
    EXPECT_TRUE(Analyze(sql).may_change_session) << sql;
  }
}

TEST(FunctionCallsTest, WhatEndsWithTheTransactionLeavesTheSessionAlone) {
  for (const char* sql : {"declare c cursor for select 1", "fetch 1 from c",
                          "close c", "set constraints all deferred",
                          "update t set a = 1 where current of c"}) {
    EXPECT_FALSE(Analyze(sql).may_change_session) << sql;
  }
  EXPECT_TRUE(Analyze("declare c cursor for select f()").may_change_session);
  EXPECT_TRUE(
      Analyze("declare c cursor with hold for select 1").may_change_session);
}

TEST(FunctionCallsTest, EverythingElseMayChangeTheSession) {
  const std::string comment =
      absl::StrCat("/*", std::string(kMaxParsedBytes, '-'), "*/");
  for (const std::string& sql :
       {std::string("create table t (a int)"), std::string("copy t to stdout"),
        std::string("listen c"), std::string("begin"),
        std::string("set a.b = 'c'"), std::string("do 'x'"),
        std::string("vacuum"), std::string("load 'x'"), std::string("selec 1"),
        std::string("select 1 from from"), comment + "select 1"}) {
    EXPECT_TRUE(Analyze(sql).may_change_session) << sql;
  }
  EXPECT_TRUE(StatementFacts().may_change_session);
}

TEST(FunctionCallsTest, KnowsWhatNoResetUndoes) {
  for (const char* sql : {"select dblink_connect('c', 'dbname=x')",
                          "select Pg_Replication_Origin_Session_Setup('x')",
                          "do $$ begin execute 'load ''x'''; end $$",
                          "do $$ begin execute 'LOAD ''x'''; end $$"}) {
    EXPECT_TRUE(Analyze(sql).outlasts_reset) << sql;
  }
  EXPECT_FALSE(Analyze("select set_config('a', 'b', false)").outlasts_reset);
}

TEST(HarmlessFunctionsTest, KnowsNamesAsWhole) {
  for (const char* name : {"abbrev", "count", "xpath_exists", "now"}) {
    EXPECT_TRUE(IsHarmlessFunction(name)) << name;
  }
  for (const char* name :
       {"", " ", "coun", "counts", "count cos", "Count", "set_config",
        "setseed", "pg_advisory_lock", "pg_try_advisory_lock", "query_to_xml",
        "ts_stat", "table_to_xml", "cursor_to_xml", "ts_rewrite"}) {
    EXPECT_FALSE(IsHarmlessFunction(name)) << name;
  }
}

}  // namespace
}  // namespace sluice::policy
