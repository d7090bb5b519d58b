#include "server/execution/statement_summary.h"

#include <utility>

#include "absl/strings/numbers.h"

namespace sluice::execution {

int64_t RowsAffected(absl::string_view command_tag) {
  int64_t rows = 0;
  const size_t space = command_tag.rfind(' ');
  if (space == absl::string_view::npos ||
      !absl::SimpleAtoi(command_tag.substr(space + 1), &rows)) {
    return 0;
  }
  return rows;
}

void FillSummary(postgres::StatementResult& result, const ResultSink& sink,
                 postgres::Access access, v1::ExecutionSummary& summary) {
  summary.set_rows_affected(RowsAffected(result.command_tag));
  if (sink.truncated() && access == postgres::Access::kReadOnly) {
    // How far PostgreSQL came by itself is chance.
    result.command_tag.clear();
    summary.set_rows_affected(sink.row_count());
  }
  summary.set_command_tag(std::move(result.command_tag));
  for (v1::Notice& notice : result.notices) {
    *summary.add_notices() = std::move(notice);
  }
  summary.set_truncated(sink.truncated());
}

}  // namespace sluice::execution
