// Small results, for the shell's own questions.

#ifndef SLUICE_CLIENT_CLI_SHELL_ROW_COLLECTOR_H_
#define SLUICE_CLIENT_CLI_SHELL_ROW_COLLECTOR_H_

#include <string>
#include <vector>

#include "client/cli/result_writer.h"

namespace sluice::cli {

// Keeps the texts of all rows; a NULL is the empty text.
class RowCollector : public ResultWriter {
 public:
  void Begin(const client::ColumnSet&) override {}
  void WriteRows(absl::Span<const client::Row> rows) override;
  void End(const v1::ExecutionSummary&) override {}

  const std::vector<std::vector<std::string>>& rows() const { return rows_; }

 private:
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace sluice::cli

#endif  // SLUICE_CLIENT_CLI_SHELL_ROW_COLLECTOR_H_
