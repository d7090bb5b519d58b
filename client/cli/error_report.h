// Errors and notices as a person reads them.

#ifndef SLUICE_CLIENT_CLI_ERROR_REPORT_H_
#define SLUICE_CLIENT_CLI_ERROR_REPORT_H_

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "sluice/v1/database.pb.h"

namespace sluice::cli {

// Describes why the call of `sql` failed, much as psql does:
//
//   ERROR:  column "b" does not exist
//   REASON:  UNDEFINED_OBJECT (INVALID_ARGUMENT, SQLSTATE 42703)
//   LINE 1: select b
//                  ^
//   HINT:  ...
//
// and where it carries a reference to the outcome, how to ask for that.
std::string DescribeError(const absl::Status& status, absl::string_view sql);

// How many lines of `sql` stand before the place that PostgreSQL points at; 0
// where it points at none.
int LinesBeforeFault(const absl::Status& status, absl::string_view sql);

// How to ask what became of a write; nothing where the reference is empty.
std::string DescribeReference(absl::string_view outcome_reference);

// The notices of PostgreSQL, and what else is to be known of how a statement
// ran: that rows were left out, that nothing was run.
std::string DescribeNotices(const v1::ExecutionSummary& summary);

}  // namespace sluice::cli

#endif  // SLUICE_CLIENT_CLI_ERROR_REPORT_H_
