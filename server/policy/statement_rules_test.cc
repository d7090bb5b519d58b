// Tests which classes each RPC takes, and which statements cost the session.

#include "server/policy/statement_rules.h"

#include <string>

#include "absl/status/status.h"
#include "absl/strings/cord.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/base/error.h"
#include "server/policy/statement_classifier.h"
#include "sluice/v1/errors.pb.h"

namespace sluice::policy {
namespace {

using testing::HasSubstr;

enum class Verdict { kTaken, kRefused, kUseExecute };

struct ClassRow {
  StatementClass statement_class;
  Verdict query;
  Verdict execute;
};

// kUnparsable has tests of its own.
constexpr ClassRow kClassRows[] = {
    {StatementClass::kRead, Verdict::kTaken, Verdict::kTaken},
    {StatementClass::kWrite, Verdict::kUseExecute, Verdict::kTaken},
    {StatementClass::kDdl, Verdict::kUseExecute, Verdict::kTaken},
    {StatementClass::kProcedure, Verdict::kUseExecute, Verdict::kTaken},
    {StatementClass::kMaintenance, Verdict::kUseExecute, Verdict::kTaken},
    {StatementClass::kCopy, Verdict::kRefused, Verdict::kRefused},
    {StatementClass::kListen, Verdict::kRefused, Verdict::kRefused},
    {StatementClass::kTransaction, Verdict::kRefused, Verdict::kRefused},
    {StatementClass::kSession, Verdict::kRefused, Verdict::kRefused},
    {StatementClass::kOther, Verdict::kRefused, Verdict::kRefused},
};

StatementFacts FactsOf(StatementClass statement_class) {
  StatementFacts facts;
  facts.statement_class = statement_class;
  return facts;
}

void ExpectVerdict(const absl::Status& status, Verdict expected,
                   const ClassRow& row) {
  SCOPED_TRACE(std::string(StatementClassName(row.statement_class)));
  EXPECT_EQ(status.ok(), expected == Verdict::kTaken) << status;
  if (status.ok()) return;
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(ReasonOf(status), v1::ERROR_REASON_STATEMENT_NOT_ALLOWED);
  EXPECT_EQ(ErrorMetadataOf(status, "executed"), "no");
  EXPECT_EQ(ErrorMetadataOf(status, "field"), "statement.sql");
  const std::string message(status.message());
  EXPECT_THAT(message,
              HasSubstr(std::string(StatementClassName(row.statement_class))));
  EXPECT_EQ(absl::StrContains(message, "use Execute"),
            expected == Verdict::kUseExecute);
}

TEST(StatementRulesTest, QueryTakesReadsAlone) {
  for (const ClassRow& row : kClassRows) {
    ExpectVerdict(CheckQuery(FactsOf(row.statement_class)), row.query, row);
  }
}

TEST(StatementRulesTest, ExecuteTakesAllThatLeavesTheSessionAsItIs) {
  for (const ClassRow& row : kClassRows) {
    ExpectVerdict(CheckExecute(FactsOf(row.statement_class)), row.execute, row);
  }
}

TEST(StatementRulesTest, QueryAnswersNoCommandAsPostgresWould) {
  StatementFacts facts = FactsOf(StatementClass::kUnparsable);
  facts.fault = SyntaxFault{"syntax error at or near \"selec\"", 3};

  const absl::Status status = CheckQuery(facts);

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(ReasonOf(status), v1::ERROR_REASON_SYNTAX_ERROR);
  EXPECT_EQ(status.message(), "syntax error at or near \"selec\"");
  EXPECT_EQ(ErrorMetadataOf(status, "sqlstate"), "42601");
  EXPECT_EQ(ErrorMetadataOf(status, "executed"), "no");
  const absl::optional<absl::Cord> detail =
      status.GetPayload(DetailUrl("sluice.v1.PostgresDiagnostic"));
  ASSERT_TRUE(detail.has_value());
  v1::PostgresDiagnostic diagnostic;
  ASSERT_TRUE(diagnostic.ParseFromString(std::string(*detail)));
  EXPECT_EQ(diagnostic.sqlstate(), "42601");
  EXPECT_EQ(diagnostic.severity(), "ERROR");
  EXPECT_EQ(diagnostic.message(), "syntax error at or near \"selec\"");
  EXPECT_EQ(diagnostic.position(), 3);
}

TEST(StatementRulesTest, QueryRefusesNoCommandEvenWithoutTheParsersWords) {
  const absl::Status status = CheckQuery(FactsOf(StatementClass::kUnparsable));
  EXPECT_EQ(ReasonOf(status), v1::ERROR_REASON_SYNTAX_ERROR);
  EXPECT_EQ(status.message(), "syntax error");
}

TEST(StatementRulesTest, ExecuteLeavesWhatTheParserDoesNotKnowToPostgres) {
  StatementFacts facts = FactsOf(StatementClass::kUnparsable);
  facts.fault = SyntaxFault{"syntax error at or near \"json_table\"", 15};
  EXPECT_TRUE(CheckExecute(facts).ok());
}

struct RightRow {
  StatementClass statement_class;
  Right right;
};

constexpr RightRow kRightRows[] = {
    {StatementClass::kRead, Right::kRead},
    {StatementClass::kWrite, Right::kWrite},
    {StatementClass::kProcedure, Right::kWrite},
    {StatementClass::kDdl, Right::kDdl},
    {StatementClass::kMaintenance, Right::kDdl},
    {StatementClass::kOther, Right::kDdl},
    {StatementClass::kUnparsable, Right::kDdl},
    {StatementClass::kCopy, Right::kCopy},
    {StatementClass::kListen, Right::kListen},
    {StatementClass::kTransaction, Right::kRead},
    {StatementClass::kSession, Right::kRead},
};

TEST(StatementRulesTest, EachClassNeedsItsRight) {
  for (const RightRow& row : kRightRows) {
    EXPECT_EQ(RightName(RightOf(FactsOf(row.statement_class))),
              RightName(row.right))
        << StatementClassName(row.statement_class);
  }
}

TEST(StatementRulesTest, WhatIsNoPlainReadByItsFormCanNotBeProvedToBeOne) {
  struct Row {
    bool expected;
    const char* sql;
  };
  constexpr Row kRows[] = {
      {true, "SELECT 1"},
      {true, "select a from t where b = $1;"},
      {true, "VALUES (1), (2)"},
      {true, "TABLE t"},
      {true, "WITH a AS (SELECT 1) TABLE a"},
      {true, "SELECT 1 UNION ALL (SELECT 2 ORDER BY 1 LIMIT 1)"},
      // By its form: PostgreSQL knows better.
      {true, "SELECT nextval('s')"},

      {false, "INSERT INTO t VALUES (1)"},
      {false, "INSERT INTO t VALUES (1) RETURNING a"},
      {false, "WITH a AS (DELETE FROM t RETURNING *) SELECT * FROM a"},
      {false, "SELECT 1 FROM t FOR UPDATE"},
      {false, "SELECT 1 FROM t FOR KEY SHARE SKIP LOCKED"},
      {false, "SELECT * FROM (SELECT 1 FROM t FOR SHARE) AS a"},
      {false, "SELECT 1 INTO t"},
      {false, "CREATE TABLE t AS SELECT 1"},
      {false, "SHOW all"},
      {false, "EXPLAIN SELECT 1"},
      {false, "EXPLAIN ANALYZE SELECT 1"},
      {false, "DO $$ BEGIN END $$"},
      {false, "CALL p()"},
      {false, "SELECT 1 FROM t WHERE CURRENT OF c"},
      // Of a grammar that is not known here.
      {false, "SELECT 1 FROM JSON_TABLE(x, '$' COLUMNS (a int)) AS t"},
  };
  for (const Row& row : kRows) {
    StatementClassifier classifier;
    const absl::StatusOr<StatementFacts> facts =
        classifier.ClassifyNow(row.sql);
    ASSERT_TRUE(facts.ok()) << row.sql << ": " << facts.status();
    EXPECT_EQ(MayProveRead(*facts), row.expected) << row.sql;
  }
  StatementClassifier classifier;
  const absl::StatusOr<StatementFacts> too_long = classifier.ClassifyNow(
      absl::StrCat("SELECT 1 --", std::string(20'000, 'x')));
  ASSERT_TRUE(too_long.ok());
  EXPECT_FALSE(MayProveRead(*too_long));
}

}  // namespace
}  // namespace sluice::policy
