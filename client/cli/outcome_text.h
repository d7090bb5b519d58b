// What became of a transaction, for a person or a program.

#ifndef SLUICE_CLIENT_CLI_OUTCOME_TEXT_H_
#define SLUICE_CLIENT_CLI_OUTCOME_TEXT_H_

#include <string>

#include "client/cli/display.h"
#include "sluice/v1/database.pb.h"

namespace sluice::cli {

// A line with COMMITTED, ABORTED, IN_PROGRESS or UNKNOWN. As JSON: an object
// with it as "outcome".
std::string FormatOutcome(v1::TransactionOutcome outcome, Format format);

// 0 for COMMITTED; 3, 4 and 5 for the others in that order.
int OutcomeExitStatus(v1::TransactionOutcome outcome);

}  // namespace sluice::cli

#endif  // SLUICE_CLIENT_CLI_OUTCOME_TEXT_H_
