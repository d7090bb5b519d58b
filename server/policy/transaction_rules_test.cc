// Tests what may stand in a transaction, and what may not be put into one.

#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/base/error.h"
#include "server/policy/statement_analysis.h"
#include "server/policy/statement_classifier.h"
#include "server/policy/statement_rules.h"

namespace sluice::policy {
namespace {

using testing::HasSubstr;

StatementFacts Analyze(const std::string& sql) {
  StatementClassifier classifier;
  absl::StatusOr<StatementFacts> facts = classifier.ClassifyNow(sql);
  EXPECT_TRUE(facts.ok()) << sql << ": " << facts.status();
  return facts.value_or(StatementFacts{});
}

// `sql` with a comment in front that takes it beyond what is parsed.
std::string Long(const char* sql) {
  return absl::StrCat("/*", std::string(kMaxParsedBytes, '-'), "*/", sql);
}

constexpr const char* kRunInBlock[] = {
    "select 1",
    "show all",
    "select f()",
    "explain analyze delete from t",
    "insert into t values (1) returning a",
    "with d as (delete from t returning *) select * from d",
    "select * from t for update",
    "truncate t",
    "lock table t",
    "notify c",
    "create table t (a int)",
    "create temp table t as select 1",
    "select 1 as \"concurrent\" into t",
    "create index i on t (a)",
    "drop index i",
    "alter table t detach partition p",
    "alter table t detach partition p finalize",
    "alter table t set tablespace s",
    "alter type e add value 'x'",
    "alter database d set work_mem = '1MB'",
    "alter database d rename to e",
    "refresh materialized view concurrently m",
    "create publication p for all tables",
    "grant select on t to r",
};

constexpr const char* kRunAlone[] = {
    "do $$ begin commit; end $$",
    "call p()",
    "vacuum",
    "vacuum (analyze) t",
    "analyze t",
    "cluster",
    "reindex table t",
    "reindex (concurrently) table t",
    "reindex database concurrently d",
    "checkpoint",
    "create index concurrently on t (a)",
    "create unique index concurrently if not exists i on t (a)",
    "drop index concurrently if exists i",
    "alter table t detach partition p concurrently",
    "create database d",
    "drop database d",
    "alter database d set tablespace s",
    "create tablespace s location '/x'",
    "drop tablespace s",
    "alter system set work_mem = '1MB'",
    "create subscription s connection 'x' publication p",
    "alter subscription s refresh publication",
    "drop subscription s",
    "selec 1",
    "select 'open",
};

TEST(RunsAloneTest, WhatPostgresRunsInATransactionBlockGoesIntoOne) {
  for (const char* sql : kRunInBlock) {
    EXPECT_FALSE(Analyze(sql).runs_alone) << sql;
  }
}

TEST(RunsAloneTest, WhatMayCommitOnItsWayOrIsNotKnownRunsAlone) {
  for (const char* sql : kRunAlone) {
    EXPECT_TRUE(Analyze(sql).runs_alone) << sql;
    EXPECT_TRUE(Analyze(Long(sql)).runs_alone) << sql;
  }
  EXPECT_TRUE(StatementFacts().runs_alone);
}

TEST(RunsAloneTest, AMereScanTellsReadsAndWritesAlone) {
  for (const char* sql :
       {"select 1", "insert into t values (1)", "with a as (select 1) table a",
        "merge into t using u on true when matched then delete"}) {
    EXPECT_FALSE(Analyze(Long(sql)).runs_alone) << sql;
  }
  for (const char* sql : {"create table t (a int)", "drop index i"}) {
    EXPECT_TRUE(Analyze(Long(sql)).runs_alone) << sql;
  }
  // Of a grammar that is newer than the parser.
  EXPECT_FALSE(Analyze("merge into t using u on true when matched then delete "
                       "returning *")
                   .runs_alone);
}

constexpr const char* kTaken[] = {
    "select 1",
    "insert into t values (1)",
    "create table t (a int)",
    "do 'begin end'",
    "call p()",
    "vacuum",
    "selec 1",
    "set local work_mem = '1MB'",
    "SET LOCAL search_path TO a, b",
    "set local app.tenant = 'x'",
    "set local work_mem to default",
    "set local time zone 'UTC'",
    "set local statement_timeout = 100",
    "set constraints all deferred",
    "declare c cursor for select 1",
    "declare c scroll cursor without hold for select * from t for update",
    "fetch 10 from c",
    "move last in c",
    "close c",
    "close all",
    "update t set a = 1 where current of c",
    "explain delete from t where current of c",
    "with d as (delete from t where current of c returning *) table d",
};

struct Refusal {
  const char* sql;
  // Of the sentence that says what to use instead.
  const char* words;
};

constexpr Refusal kRefusals[] = {
    {"begin", "requests begin, commit"},
    {"start transaction read write", "requests begin, commit"},
    {"Commit", "requests begin, commit"},
    {"/* select */ cOMMIT -- ;", "requests begin, commit"},
    {"commit and chain", "requests begin, commit"},
    {"end", "requests begin, commit"},
    {"rollback", "requests begin, commit"},
    {"abort", "requests begin, commit"},
    {"savepoint s", "requests begin, commit"},
    {"release s", "requests begin, commit"},
    {"rollback to s", "requests begin, commit"},
    {"prepare transaction 'x'", "requests begin, commit"},
    {"commit prepared 'x'", "requests begin, commit"},
    {"set transaction read write", "TransactionOptions"},
    {"set local transaction isolation level serializable",
     "TransactionOptions"},
    {"set transaction snapshot 'x'", "TransactionOptions"},
    {"set session characteristics as transaction read write",
     "TransactionOptions"},
    {"set transaction_read_only = off", "TransactionOptions"},
    {"set local transaction_read_only = off", "TransactionOptions"},
    {"set local \"Transaction_Isolation\" = 'serializable'",
     "TransactionOptions"},
    {"set local transaction_timeout = 0", "TransactionOptions"},
    {"set local default_transaction_read_only = off", "TransactionOptions"},
    {"reset transaction_read_only", "TransactionOptions"},
    {"reset transaction isolation level", "TransactionOptions"},
    {"set local role r", "are the gateway's"},
    {"set local \"Role\" = 'r'", "are the gateway's"},
    {"set local session authorization default", "are the gateway's"},
    {"set local names 'latin1'", "are the gateway's"},
    {"set local Application_Name = 'sluice/x'", "are the gateway's"},
    {"set local DateStyle = 'German'", "are the gateway's"},
    {"set local intervalstyle = 'iso_8601'", "are the gateway's"},
    {"set local extra_float_digits from current", "are the gateway's"},
    {"set local bytea_output to default", "are the gateway's"},
    {"set local standard_conforming_strings = off", "are the gateway's"},
    {"set work_mem = '1MB'", "use SET LOCAL"},
    {"set session work_mem = '1MB'", "use SET LOCAL"},
    {"set role r", "use SET LOCAL"},
    {"reset all", "use SET LOCAL"},
    {"reset work_mem", "use SET LOCAL"},
    {"discard temp", "use SET LOCAL"},
    {"prepare p as select 1", "the gateway prepares it"},
    {"execute p", "the gateway prepares it"},
    {"explain analyze execute p", "the gateway prepares it"},
    {"create table t as execute p", "the gateway prepares it"},
    {"prepare p as update t set a = 1 where current of c",
     "the gateway prepares it"},
    {"deallocate all", "the gateway prepares it"},
    {"declare c cursor with hold for select 1", "without HOLD"},
    {"declare c scroll cursor with hold for select 1", "without HOLD"},
    {"listen c", "of the session"},
    {"unlisten *", "of the session"},
    {"copy t from stdin", "COPY"},
    {"copy (update t set a = 1 where current of c returning *) to stdout",
     "does not take"},
    {"load 'x'", "does not take"},
    {"alter system set work_mem = '1MB'", "does not take"},
};

TEST(TransactionRulesTest, ATransactionTakesWhatEndsWithIt) {
  for (const char* sql : kTaken) {
    const absl::Status status = CheckTransaction(Analyze(sql));
    EXPECT_TRUE(status.ok()) << sql << ": " << status;
  }
}

TEST(TransactionRulesTest, RefusesTheRestAndSaysWhatToUseInstead) {
  for (const Refusal& refusal : kRefusals) {
    const absl::Status status = CheckTransaction(Analyze(refusal.sql));
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << refusal.sql;
    EXPECT_EQ(ReasonOf(status), v1::ERROR_REASON_STATEMENT_NOT_ALLOWED)
        << refusal.sql;
    EXPECT_EQ(ErrorMetadataOf(status, "field"), "statement.sql");
    EXPECT_EQ(ErrorMetadataOf(status, "executed"), "no");
    EXPECT_THAT(std::string(status.message()), HasSubstr(refusal.words))
        << refusal.sql;
  }
}

TEST(TransactionRulesTest, RefusesWhatIsTooLongToTellWhetherItEndsWithIt) {
  for (const char* sql :
       {"commit", "rollback", "begin", "set local work_mem = '1MB'",
        "set a = b", "declare c cursor for select 1", "execute p",
        "listen c"}) {
    EXPECT_FALSE(CheckTransaction(Analyze(Long(sql))).ok()) << sql;
  }
  EXPECT_TRUE(CheckTransaction(Analyze(Long("select 1"))).ok());
}

// PostgreSQL 16 reads 1_000 as a number, and so would take these.
TEST(TransactionRulesTest, ATextThatOnlyTheServerCanScanKeepsItsRefusal) {
  for (const char* sql :
       {"set work_mem = 1_000", " -- x\n/* /* y */ */ ; (SET a.b = 0x1F",
        "commit /* x */ 1_0", "copy t from stdin 1_0"}) {
    const StatementFacts facts = Analyze(sql);
    EXPECT_FALSE(CheckTransaction(facts).ok()) << sql;
    EXPECT_FALSE(CheckExecute(facts).ok()) << sql;
  }
  EXPECT_TRUE(CheckTransaction(Analyze("select 1_000")).ok());
  EXPECT_TRUE(CheckTransaction(Analyze("-- set\nselect 1_000")).ok());
}

TEST(TransactionRulesTest, KnowsWhatReadsACursor) {
  EXPECT_TRUE(Analyze("fetch c").fetches_cursor);
  EXPECT_TRUE(Analyze("move c").fetches_cursor);
  EXPECT_FALSE(Analyze("close c").fetches_cursor);
  EXPECT_FALSE(Analyze("select 1").fetches_cursor);
}

}  // namespace
}  // namespace sluice::policy
