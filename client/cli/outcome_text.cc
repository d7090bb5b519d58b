#include "client/cli/outcome_text.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace sluice::cli {
namespace {

constexpr int kCommittedStatus = 0;
constexpr int kAbortedStatus = 3;
constexpr int kInProgressStatus = 4;
constexpr int kUnknownStatus = 5;

absl::string_view OutcomeName(v1::TransactionOutcome outcome) {
  switch (outcome) {
    case v1::TRANSACTION_OUTCOME_COMMITTED:
      return "COMMITTED";
    case v1::TRANSACTION_OUTCOME_ABORTED:
      return "ABORTED";
    case v1::TRANSACTION_OUTCOME_IN_PROGRESS:
      return "IN_PROGRESS";
    default:
      return "UNKNOWN";
  }
}

}  // namespace

std::string FormatOutcome(v1::TransactionOutcome outcome, Format format) {
  const absl::string_view name = OutcomeName(outcome);
  if (format != Format::kJson) return absl::StrCat(name, "\n");
  return absl::StrCat("{\"outcome\": \"", name, "\"}\n");
}

int OutcomeExitStatus(v1::TransactionOutcome outcome) {
  switch (outcome) {
    case v1::TRANSACTION_OUTCOME_COMMITTED:
      return kCommittedStatus;
    case v1::TRANSACTION_OUTCOME_ABORTED:
      return kAbortedStatus;
    case v1::TRANSACTION_OUTCOME_IN_PROGRESS:
      return kInProgressStatus;
    default:
      return kUnknownStatus;
  }
}

}  // namespace sluice::cli
