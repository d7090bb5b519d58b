// AnalyzeStatement: what libpg_query knows of one SQL text.

#ifndef SLUICE_SERVER_POLICY_STATEMENT_ANALYSIS_H_
#define SLUICE_SERVER_POLICY_STATEMENT_ANALYSIS_H_

#include <cstddef>
#include <string>

#include "absl/status/statusor.h"
#include "server/policy/statement_class.h"

namespace sluice::policy {

// Longest text that is parsed; a longer one is only scanned. libpg_query
// recurses once per operator and without a limit: 16 KiB of `1+1+...` need
// between 1 and 2 MiB of stack.
inline constexpr size_t kMaxParsedBytes = 16 * 1024;

// Stack of a thread that calls AnalyzeStatement.
inline constexpr size_t kAnalysisStackBytes = 64 * 1024 * 1024;

// Takes a few microseconds for a usual statement, at most some ten
// milliseconds for one that is parsed, and about 150 ms per MiB beyond.
//
// Errors: INVALID_ARGUMENT with reason EMPTY_STATEMENT, MULTIPLE_STATEMENTS,
// or INVALID_REQUEST for a NUL in the text or for what operator_runs.h keeps
// out. A syntax error is no error here.
// Threads: any with a stack of kAnalysisStackBytes.
absl::StatusOr<StatementFacts> AnalyzeStatement(const std::string& sql);

}  // namespace sluice::policy

#endif  // SLUICE_SERVER_POLICY_STATEMENT_ANALYSIS_H_
