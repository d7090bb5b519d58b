#include "client/cli/outcome_text.h"

#include "gtest/gtest.h"

namespace sluice::cli {
namespace {

TEST(OutcomeTextTest, NamesEachOutcomeAndGivesItAStatusOfItsOwn) {
  const struct {
    v1::TransactionOutcome outcome;
    const char* line;
    int status;
  } cases[] = {{v1::TRANSACTION_OUTCOME_COMMITTED, "COMMITTED\n", 0},
               {v1::TRANSACTION_OUTCOME_ABORTED, "ABORTED\n", 3},
               {v1::TRANSACTION_OUTCOME_IN_PROGRESS, "IN_PROGRESS\n", 4},
               {v1::TRANSACTION_OUTCOME_UNKNOWN, "UNKNOWN\n", 5}};
  for (const auto& [outcome, line, status] : cases) {
    EXPECT_EQ(FormatOutcome(outcome, Format::kTable), line);
    EXPECT_EQ(OutcomeExitStatus(outcome), status) << line;
  }
}

TEST(OutcomeTextTest, TakesAnOutcomeThatItDoesNotKnowForUnknown) {
  EXPECT_EQ(OutcomeExitStatus(v1::TRANSACTION_OUTCOME_UNSPECIFIED), 5);
}

TEST(OutcomeTextTest, WritesJson) {
  EXPECT_EQ(FormatOutcome(v1::TRANSACTION_OUTCOME_ABORTED, Format::kJson),
            "{\"outcome\": \"ABORTED\"}\n");
}

}  // namespace
}  // namespace sluice::cli
