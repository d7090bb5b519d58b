// What the caller is told of how a statement ran.

#ifndef SLUICE_SERVER_EXECUTION_STATEMENT_SUMMARY_H_
#define SLUICE_SERVER_EXECUTION_STATEMENT_SUMMARY_H_

#include <cstdint>

#include "absl/strings/string_view.h"
#include "server/execution/result_sink.h"
#include "server/postgres/connection.h"
#include "server/postgres/statement.h"
#include "sluice/v1/database.pb.h"

namespace sluice::execution {

// The count at the end of a command tag, such as "INSERT 0 3"; 0 without one.
int64_t RowsAffected(absl::string_view command_tag);

// Fills command tag, rows, notices and truncation; takes them out of `result`.
// `access`: a read of kReadOnly that was cut off was stopped somewhere.
void FillSummary(postgres::StatementResult& result, const ResultSink& sink,
                 postgres::Access access, v1::ExecutionSummary& summary);

}  // namespace sluice::execution

#endif  // SLUICE_SERVER_EXECUTION_STATEMENT_SUMMARY_H_
