// Tests for what PostgreSQL is asked; what it answers is tested over the wire
// (tests/integration/auto_routing_test.cc).

#include "server/execution/read_proof.h"

#include <string>

#include "gtest/gtest.h"
#include "server/policy/statement_classifier.h"
#include "server/policy/statement_rules.h"

namespace sluice::execution {
namespace {

std::string ProofOf(const std::string& sql) {
  policy::StatementClassifier classifier;
  const absl::StatusOr<policy::StatementFacts> facts =
      classifier.ClassifyNow(sql);
  if (!facts.ok()) return facts.status().ToString();
  EXPECT_TRUE(policy::MayProveRead(*facts)) << sql;
  return ProofSql(sql, *facts);
}

std::string Around(const std::string& command) {
  return "EXPLAIN (COSTS OFF) WITH sluice_read_proof AS (\n" + command +
         "\n) SELECT FROM sluice_read_proof";
}

TEST(ReadProofTest, TheCommandStandsAloneInTheQuestion) {
  EXPECT_EQ(ProofOf("SELECT 1"), Around("SELECT 1"));
  EXPECT_EQ(ProofOf("SELECT 1;"), Around("SELECT 1"));
  EXPECT_EQ(ProofOf(";;SELECT 1;; "), Around("SELECT 1"));
  EXPECT_EQ(ProofOf("SELECT ';'; -- ;"), Around("SELECT ';'"));
  EXPECT_EQ(ProofOf("SELECT '\xc3\xa9'; /* \xc3\xa9 */"),
            Around("SELECT '\xc3\xa9'"));
  EXPECT_EQ(ProofOf("SELECT $1 -- a comment"),
            Around("SELECT $1 -- a comment"));
}

}  // namespace
}  // namespace sluice::execution
