#include "server/policy/statement_analysis.h"

#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "server/base/error.h"
#include "server/policy/statement_classifier.h"

namespace sluice::policy {
namespace {

using absl::string_view;

// AnalyzeStatement needs the stack of the classifier's thread.
absl::StatusOr<StatementFacts> Analyze(std::string sql) {
  StatementClassifier classifier;
  return classifier.ClassifyNow(std::move(sql));
}

struct Row {
  StatementClass expected;
  const char* sql;
};

constexpr Row kRows[] = {
    {StatementClass::kRead, "select 1"},
    {StatementClass::kRead, "SELECT * FROM t WHERE a = $1;"},
    {StatementClass::kRead, "  ;; select 1 ;; "},
    {StatementClass::kRead, "((select 1))"},
    {StatementClass::kRead, "select 1 union all (select 2 order by 1)"},
    {StatementClass::kRead, "values (1), (2)"},
    {StatementClass::kRead, "table t"},
    {StatementClass::kRead, "with a as (select 1) table a"},
    {StatementClass::kRead,
     "with recursive a as (select 1 union select 2) select * from a"},
    {StatementClass::kRead, "show all"},
    {StatementClass::kRead, "show \"default_transaction_read_only\""},
    {StatementClass::kRead, "explain select 1"},
    {StatementClass::kRead, "explain (analyze, format json) table t"},
    {StatementClass::kRead, "/* insert */ select 1 -- ; delete"},
    {StatementClass::kRead, "select/**/1"},
    {StatementClass::kRead, "select /* /* nested */ insert */ 1"},
    {StatementClass::kRead, "select $$; insert into t values (1)$$"},
    {StatementClass::kRead, "select $x$ $$; drop table t; $$ $x$"},
    {StatementClass::kRead, "select E'\\'; insert into t values (1); --'"},
    {StatementClass::kRead, "select U&'\\0027; delete'"},
    {StatementClass::kRead, "select '\"InsertStmt\":{\"intoClause\":1}'"},
    {StatementClass::kRead, "select 1 as \"lockingClause\""},
    {StatementClass::kRead, "select 1 as \"\xc3\xa9\""},
    // Functions are PostgreSQL's to refuse.
    {StatementClass::kRead, "select set_config('a.b', 'c', false)"},
    {StatementClass::kRead, "select nextval('s')"},

    {StatementClass::kWrite, "insert into t values (1)"},
    {StatementClass::kWrite, "insert into t values (1) returning *"},
    {StatementClass::kWrite, "/* select */ update t set a = 1"},
    {StatementClass::kWrite, "delete from t"},
    {StatementClass::kWrite,
     "merge into t using u on t.a = u.a when matched then delete"},
    {StatementClass::kWrite, "truncate t"},
    {StatementClass::kWrite, "lock table t in exclusive mode"},
    {StatementClass::kWrite, "notify c, 'x'"},
    {StatementClass::kWrite, "select * from t for update"},
    {StatementClass::kWrite, "select * from t for no key update of t nowait"},
    {StatementClass::kWrite, "select * from t for share skip locked"},
    {StatementClass::kWrite, "select * from t for key share"},
    {StatementClass::kWrite, "select (select a from t limit 1 for update)"},
    {StatementClass::kWrite,
     "with a as (delete from t returning *) select * from a"},
    {StatementClass::kWrite,
     "with a as (with b as (update t set a = 1 returning *) table b) table a"},
    {StatementClass::kWrite,
     "select * from (with a as (insert into t values (1) returning 1) "
     "select * from a) b"},
    {StatementClass::kWrite, "with a as (select 1) insert into t table a"},
    {StatementClass::kWrite, "explain insert into t values (1)"},
    {StatementClass::kWrite, "explain analyze insert into t values (1)"},
    {StatementClass::kWrite, "EXPLAIN (ANALYZE) DELETE FROM t"},
    {StatementClass::kWrite,
     "explain analyze with a as (delete from t returning 1) table a"},

    {StatementClass::kDdl, "create table t (a int)"},
    {StatementClass::kDdl, "create table t as select 1"},
    {StatementClass::kDdl, "create materialized view m as select 1"},
    {StatementClass::kDdl, "explain analyze create table t as select 1"},
    {StatementClass::kDdl, "select * into u from t"},
    {StatementClass::kDdl, "select 1 into temporary u"},
    {StatementClass::kDdl, "with a as (select 1) select * into u from a"},
    {StatementClass::kDdl, "explain analyze select 1 into u"},
    {StatementClass::kDdl, "create index concurrently i on t (a)"},
    {StatementClass::kDdl,
     "create rule r as on insert to t do also "
     "(insert into u values (1); select 1)"},
    {StatementClass::kDdl,
     "create function f() returns int language sql "
     "begin atomic select 1; select 2; end"},
    {StatementClass::kDdl, "create view v as select 1"},
    {StatementClass::kDdl, "create extension x"},
    {StatementClass::kDdl, "create role r"},
    {StatementClass::kDdl, "alter table t add b int"},
    {StatementClass::kDdl, "alter table t rename to u"},
    {StatementClass::kDdl, "alter role r set work_mem = '1MB'"},
    {StatementClass::kDdl, "drop table t"},
    {StatementClass::kDdl, "drop owned by r"},
    {StatementClass::kDdl, "reassign owned by r to s"},
    {StatementClass::kDdl, "grant select on t to r"},
    {StatementClass::kDdl, "grant r to s"},
    {StatementClass::kDdl, "revoke all on t from r"},
    {StatementClass::kDdl, "comment on table t is 'x'"},
    {StatementClass::kDdl, "security label on table t is 'x'"},
    {StatementClass::kDdl, "import foreign schema s from server v into p"},
    {StatementClass::kDdl, "refresh materialized view m"},

    {StatementClass::kCopy, "copy t from stdin"},
    {StatementClass::kCopy, "copy t to program 'sh'"},
    {StatementClass::kCopy, "copy (delete from t returning *) to stdout"},

    {StatementClass::kListen, "listen c"},
    {StatementClass::kListen, "unlisten *"},

    {StatementClass::kTransaction, "begin"},
    {StatementClass::kTransaction, "START TRANSACTION READ WRITE"},
    {StatementClass::kTransaction, "commit"},
    {StatementClass::kTransaction, "commit and chain"},
    {StatementClass::kTransaction, "end"},
    {StatementClass::kTransaction, "rollback"},
    {StatementClass::kTransaction, "abort"},
    {StatementClass::kTransaction, "savepoint s"},
    {StatementClass::kTransaction, "release s"},
    {StatementClass::kTransaction, "rollback to s"},
    {StatementClass::kTransaction, "prepare transaction 'x'"},
    {StatementClass::kTransaction, "commit prepared 'x'"},
    {StatementClass::kTransaction, "set constraints all deferred"},

    {StatementClass::kSession, "set work_mem = '1MB'"},
    {StatementClass::kSession, "set local work_mem = '1MB'"},
    {StatementClass::kSession, "set transaction read write"},
    {StatementClass::kSession,
     "set session characteristics as transaction read write"},
    {StatementClass::kSession, "set role r"},
    {StatementClass::kSession, "reset all"},
    {StatementClass::kSession, "discard all"},
    {StatementClass::kSession, "prepare p as select 1"},
    {StatementClass::kSession, "execute p"},
    {StatementClass::kSession, "explain analyze execute p"},
    {StatementClass::kSession, "deallocate all"},
    {StatementClass::kSession, "declare c cursor with hold for select 1"},
    {StatementClass::kSession, "explain declare c cursor for select 1"},
    {StatementClass::kSession, "fetch 1 from c"},
    {StatementClass::kSession, "move 1 from c"},
    {StatementClass::kSession, "close c"},
    {StatementClass::kSession, "create table t as execute p"},
    {StatementClass::kSession,
     "create unlogged table if not exists t (a) with (fillfactor = 70) "
     "as execute p (1) with no data"},
    {StatementClass::kSession, "create temp table t as execute p"},
    {StatementClass::kSession, "explain create table t as execute p"},
    {StatementClass::kSession,
     "explain (analyze, verbose) create table t as execute p(1)"},
    {StatementClass::kSession, "update t set a = 1 where current of c"},
    {StatementClass::kSession,
     "with d as (delete from t where current of c returning *) table d"},
    {StatementClass::kDdl, "create table t as select 1 as execute"},
    {StatementClass::kDdl,
     "create trigger r after insert on t execute function f()"},
    {StatementClass::kRead, "select 1 as execute, 'as execute p'"},

    {StatementClass::kProcedure, "do $$ begin commit; end $$"},
    {StatementClass::kProcedure, "/**/DO 'begin end'"},
    {StatementClass::kProcedure, "call p()"},

    {StatementClass::kMaintenance, "vacuum full t"},
    {StatementClass::kMaintenance, "analyze t"},
    {StatementClass::kMaintenance, "cluster t"},
    {StatementClass::kMaintenance, "reindex table t"},
    {StatementClass::kMaintenance, "checkpoint"},

    {StatementClass::kOther, "load 'x'"},
    {StatementClass::kOther, "alter system set work_mem = '1MB'"},
};

TEST(StatementAnalysisTest, ParserTellsTheClassOfEachKindOfStatement) {
  for (const Row& row : kRows) {
    absl::StatusOr<StatementFacts> facts = Analyze(row.sql);
    ASSERT_TRUE(facts.ok()) << row.sql << ": " << facts.status();
    EXPECT_EQ(StatementClassName(facts->statement_class),
              StatementClassName(row.expected))
        << row.sql;
    EXPECT_EQ(facts->evidence, Evidence::kParsed) << row.sql;
    EXPECT_FALSE(facts->fault.has_value()) << row.sql;
  }
}

// `sql` with a comment in front that takes it beyond what is parsed.
std::string Long(string_view sql) {
  return absl::StrCat("/*", std::string(kMaxParsedBytes, '-'), "*/", sql);
}

constexpr Row kLongRows[] = {
    {StatementClass::kRead, "select 1;"},
    {StatementClass::kRead, ";; ( ((SELECT 1)))"},
    {StatementClass::kRead, "Table t"},
    {StatementClass::kRead, "values (1)"},
    {StatementClass::kRead, "show all"},
    {StatementClass::kRead, "with a as (select 1) select 1"},
    {StatementClass::kRead, "select $$ ; $$, ';', \";\" /* ; */ -- ; x"},
    {StatementClass::kRead, "explain select 1"},
    {StatementClass::kRead, "explain analyze verbose (select 1)"},
    {StatementClass::kRead, "explain (costs off, format json) ((select 1))"},
    {StatementClass::kRead, "explain ((select 1))"},
    {StatementClass::kWrite, "explain (analyze) update t set a = 1"},
    {StatementClass::kWrite, "insert into t values (1)"},
    {StatementClass::kWrite, "notify c"},
    {StatementClass::kDdl, "create rule r as on insert to t do (table a; b)"},
    {StatementClass::kDdl,
     "create function f() returns int language sql "
     "begin atomic select 1; select 2; end"},
    {StatementClass::kCopy, "copy t from stdin"},
    {StatementClass::kListen, "listen c"},
    {StatementClass::kTransaction, "commit"},
    {StatementClass::kSession, "set a.b = 'c'"},
    {StatementClass::kSession, "Create table t (a) /* */ As Execute p (1)"},
    {StatementClass::kSession, "explain analyze create table t as execute p"},
    {StatementClass::kSession, "explain (costs) create table t as execute p"},
    {StatementClass::kSession, "update t set a = 1 where current of c"},
    {StatementClass::kDdl, "create table t as select 1 as execute"},
    {StatementClass::kDdl, "create table t as (select 1 as execute)"},
    {StatementClass::kRead, "select 1 as execute"},
    {StatementClass::kDdl, "create table \"as\" (execute int)"},
    {StatementClass::kProcedure, "do 'x'"},
    {StatementClass::kProcedure, "call p()"},
    {StatementClass::kMaintenance, "vacuum"},
    {StatementClass::kOther, "selec 1"},
    {StatementClass::kOther, "\"select\" 1"},
    {StatementClass::kOther, "'select' 1"},
    {StatementClass::kOther, "explain"},
    {StatementClass::kOther, "("},
};

TEST(StatementAnalysisTest, FirstKeywordTellsTheClassOfATextTooLongToParse) {
  for (const Row& row : kLongRows) {
    absl::StatusOr<StatementFacts> facts = Analyze(Long(row.sql));
    ASSERT_TRUE(facts.ok()) << row.sql << ": " << facts.status();
    EXPECT_EQ(StatementClassName(facts->statement_class),
              StatementClassName(row.expected))
        << row.sql;
    EXPECT_EQ(facts->evidence, Evidence::kScanned) << row.sql;
    EXPECT_FALSE(facts->fault.has_value()) << row.sql;
  }
}

TEST(StatementAnalysisTest, TextOfExactlyTheLimitIsParsed) {
  std::string sql = "select 1";
  sql.append(kMaxParsedBytes - sql.size(), ' ');
  EXPECT_EQ(Analyze(sql)->evidence, Evidence::kParsed);
  sql.push_back(' ');
  EXPECT_EQ(Analyze(sql)->evidence, Evidence::kScanned);
}

void ExpectRefusal(const std::string& sql, v1::ErrorReason reason) {
  absl::StatusOr<StatementFacts> facts = Analyze(sql);
  EXPECT_EQ(facts.status().code(), absl::StatusCode::kInvalidArgument) << sql;
  EXPECT_EQ(v1::ErrorReason_Name(ReasonOf(facts.status())),
            v1::ErrorReason_Name(reason))
      << sql;
}

TEST(StatementAnalysisTest, RefusesATextWithoutACommand) {
  for (const char* sql : {"", " \n", ";", ";;", "-- select 1", "/* x */;"}) {
    ExpectRefusal(sql, v1::ERROR_REASON_EMPTY_STATEMENT);
    ExpectRefusal(Long(sql), v1::ERROR_REASON_EMPTY_STATEMENT);
  }
}

TEST(StatementAnalysisTest, RefusesASecondStatement) {
  for (const char* sql : {"select 1; select 2", "select 1;;select 2;",
                          "select '\\'; drop table t --'", "begin;commit",
                          "select 1; /* x */ selec", "selec 1; select (2)"}) {
    ExpectRefusal(sql, v1::ERROR_REASON_MULTIPLE_STATEMENTS);
    ExpectRefusal(Long(sql), v1::ERROR_REASON_MULTIPLE_STATEMENTS);
  }
}

TEST(StatementAnalysisTest, RefusesANulThatWouldHideTheRest) {
  ExpectRefusal(std::string("select 1\0; drop table t", 23),
                v1::ERROR_REASON_INVALID_REQUEST);
}

TEST(StatementAnalysisTest, SyntaxErrorKeepsTheClassOfItsFirstKeyword) {
  absl::StatusOr<StatementFacts> facts =
      Analyze("select '\xc3\xa9\xc3\xa9' from from");
  ASSERT_TRUE(facts.ok());
  EXPECT_EQ(facts->statement_class, StatementClass::kRead);
  EXPECT_EQ(facts->evidence, Evidence::kScanned);
  ASSERT_TRUE(facts->fault.has_value());
  EXPECT_EQ(facts->fault->message, "syntax error at or near \"from\"");
  EXPECT_EQ(facts->fault->position, 18);
}

TEST(StatementAnalysisTest, GrammarOfANewerPostgresKeepsItsClass) {
  EXPECT_EQ(Analyze("select * from json_table('[]', '$[*]' columns "
                    "(a int path '$'))")
                ->statement_class,
            StatementClass::kRead);
  EXPECT_EQ(Analyze("merge into t using u on true when matched then delete "
                    "returning *")
                ->statement_class,
            StatementClass::kWrite);
}

TEST(StatementAnalysisTest, KnowsWhatExplainTakes) {
  for (const char* sql :
       {"select 1", "; (select 1)", "values (1)", "table t",
        "/* x */ with a as (select 1) table a", "select * from t for update",
        "with a as (delete from t returning *) select * from a",
        "insert into t values (1)", "Update t set a = 1", "delete from t",
        "merge into t using u on true when matched then delete"}) {
    EXPECT_TRUE(Analyze(sql)->explainable) << sql;
    EXPECT_TRUE(Analyze(Long(sql))->explainable) << sql;
  }
  for (const char* sql :
       {"explain select 1", "explain (verbose) select 1", "explain (select 1)",
        "show all", "truncate t", "lock table t", "notify c",
        "create table t as select 1", "drop table t", "do 'x'", "call f()",
        "vacuum", "analyze t", "execute f", "selec 1", "(analyze) select 1"}) {
    EXPECT_FALSE(Analyze(sql)->explainable) << sql;
    EXPECT_FALSE(Analyze(Long(sql))->explainable) << sql;
  }
  // Of a long text it is PostgreSQL that finds the INTO.
  EXPECT_FALSE(Analyze("select 1 as a into t")->explainable);
}

TEST(StatementAnalysisTest, TextThatBeginsNoCommandIsUnparsable) {
  for (const char* sql : {"selec 1", "\"select\" 1", "1", "(", "\\d",
                          "select 'open", "select $x$ open", "/* open"}) {
    absl::StatusOr<StatementFacts> facts = Analyze(sql);
    ASSERT_TRUE(facts.ok()) << sql << ": " << facts.status();
    EXPECT_EQ(facts->statement_class, StatementClass::kUnparsable) << sql;
    ASSERT_TRUE(facts->fault.has_value()) << sql;
    EXPECT_NE(facts->fault->message, "") << sql;
    EXPECT_GE(facts->fault->position, 1) << sql;
  }
}

TEST(StatementAnalysisTest, OpenQuoteInALongTextIsUnparsable) {
  absl::StatusOr<StatementFacts> facts = Analyze(Long("select 'open"));
  ASSERT_TRUE(facts.ok()) << facts.status();
  EXPECT_EQ(facts->statement_class, StatementClass::kUnparsable);
  EXPECT_TRUE(facts->fault.has_value());
}

TEST(StatementAnalysisTest, RefusesWhatPostgresWouldReadInQuadraticTime) {
  std::string sql = "select ";
  while (sql.size() < 16000) sql += "+-";
  ExpectRefusal(sql + "1", v1::ERROR_REASON_INVALID_REQUEST);
}

std::string Repeat(string_view unit, size_t byte_count) {
  std::string result;
  while (result.size() + unit.size() <= byte_count) {
    absl::StrAppend(&result, unit);
  }
  return result;
}

// Texts that nest as deeply as their length allows.
TEST(StatementAnalysisTest, SurvivesTheDeepestNesting) {
  for (size_t byte_count : {kMaxParsedBytes - 32, size_t{64} * 1024}) {
    for (const char* unit : {"1+",
                             "1-(",
                             "(",
                             "-(",
                             "not ",
                             "a and ",
                             "a or (",
                             "select (",
                             "case when ",
                             "array[",
                             "[",
                             "{",
                             "f(",
                             "a::b::",
                             "exists(select ",
                             "a in (",
                             "with a as (select ",
                             "row(",
                             "- ",
                             "((a)).",
                             "a is null ",
                             "select 1 union ",
                             "(table a) union ",
                             "explain ",
                             "/*",
                             "$$",
                             "'"}) {
      const std::string nested = Repeat(unit, byte_count);
      Analyze(absl::StrCat("select ", nested, "1")).IgnoreError();
      Analyze(absl::StrCat("select * from t where ", nested)).IgnoreError();
      Analyze(nested).IgnoreError();
    }
  }
}

TEST(StatementAnalysisTest, DeepButValidTextsKeepTheirClass) {
  const size_t byte_count = kMaxParsedBytes - 32;
  const std::string sum = absl::StrCat("select ", Repeat("1+", byte_count), 1);
  EXPECT_EQ(Analyze(sum)->evidence, Evidence::kParsed);
  std::string nested = Repeat("select (", byte_count * 8 / 9);
  absl::StrAppend(&nested, "select a from t for update",
                  std::string(nested.size() / 8, ')'));
  absl::StatusOr<StatementFacts> facts = Analyze(nested);
  EXPECT_EQ(facts->evidence, Evidence::kParsed);
  EXPECT_EQ(facts->statement_class, StatementClass::kWrite);
  const std::string long_sum =
      absl::StrCat("select ", Repeat("1+", 64 * 1024), 1);
  EXPECT_EQ(Analyze(long_sum)->statement_class, StatementClass::kRead);
}

std::string FingerprintOf(const std::string& sql) {
  absl::StatusOr<StatementFacts> facts = Analyze(sql);
  return facts.ok() ? facts->fingerprint.ToString() : facts.status().ToString();
}

TEST(FingerprintTest, StatementsThatDifferInConstantsAloneHaveTheSame) {
  const std::string one = FingerprintOf("insert into t values ('a', 1)");
  EXPECT_EQ(one.size(), 16);
  EXPECT_EQ(FingerprintOf("INSERT INTO t VALUES ('bcd', 25)"), one);
  EXPECT_EQ(FingerprintOf("insert into t values ($1, $2)"), one);
  EXPECT_NE(FingerprintOf("insert into u values ('a', 1)"), one);
}

TEST(FingerprintTest, TextThatIsNotParsedHasNone) {
  EXPECT_EQ(FingerprintOf("selec 1"), "");
  const std::string long_text =
      "insert into t values ('" + std::string(kMaxParsedBytes, 'a') + "')";
  EXPECT_EQ(FingerprintOf(long_text), "");
}

TEST(FingerprintTest, ThatOfAPasswordIsWithheld) {
  EXPECT_EQ(FingerprintOf("ALTER ROLE r PaSSword 'x'"), "withheld");
  EXPECT_EQ(FingerprintOf("do $$ begin perform f('secret'); end $$"),
            "withheld");
  EXPECT_EQ(FingerprintOf("alter roles r password 'x'"), "withheld");
  EXPECT_EQ(FingerprintOf("update t set password = 'x'").size(), 16);
}

TEST(FingerprintTest, ItIsWrittenAsWhatItIsOf) {
  EXPECT_EQ((Fingerprint{Fingerprint::Of::kTree, 0xa}).ToString(),
            "000000000000000a");
  EXPECT_EQ((Fingerprint{Fingerprint::Of::kText, 0xa}).ToString(),
            "text:000000000000000a");
}

}  // namespace
}  // namespace sluice::policy
