#include "server/execution/transaction_outcome.h"

#include "gtest/gtest.h"

namespace sluice::execution {
namespace {

using Place = Sighting::Place;

v1::TransactionOutcome Judge(Place place, const std::string& status) {
  Sighting sighting;
  sighting.place = place;
  sighting.status = status;
  return JudgeSighting(sighting);
}

TEST(TransactionOutcomeTest, ServerThatHasNotCrashedIsBelieved) {
  EXPECT_EQ(Judge(Place::kHere, "committed"),
            v1::TRANSACTION_OUTCOME_COMMITTED);
  EXPECT_EQ(Judge(Place::kHere, "aborted"), v1::TRANSACTION_OUTCOME_ABORTED);
  EXPECT_EQ(Judge(Place::kHere, "in progress"),
            v1::TRANSACTION_OUTCOME_IN_PROGRESS);
  EXPECT_EQ(Judge(Place::kHere, ""), v1::TRANSACTION_OUTCOME_UNKNOWN);
  EXPECT_EQ(Judge(Place::kHere, "something new"),
            v1::TRANSACTION_OUTCOME_UNKNOWN);
}

TEST(TransactionOutcomeTest, CommitAfterACrashMayBeAnotherTransactions) {
  EXPECT_EQ(Judge(Place::kRecovered, "committed"),
            v1::TRANSACTION_OUTCOME_UNKNOWN);
  EXPECT_EQ(Judge(Place::kRecovered, "aborted"),
            v1::TRANSACTION_OUTCOME_ABORTED);
  EXPECT_EQ(Judge(Place::kRecovered, "in progress"),
            v1::TRANSACTION_OUTCOME_IN_PROGRESS);
}

TEST(TransactionOutcomeTest, AnotherServerCanTellNothing) {
  for (const char* status : {"committed", "aborted", "in progress", ""}) {
    EXPECT_EQ(Judge(Place::kElsewhere, status),
              v1::TRANSACTION_OUTCOME_UNKNOWN);
  }
}

}  // namespace
}  // namespace sluice::execution
