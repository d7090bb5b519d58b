// Comma-separated values, byte for byte as `psql --csv` prints them.

#ifndef SLUICE_CLIENT_CLI_FORMAT_CSV_H_
#define SLUICE_CLIENT_CLI_FORMAT_CSV_H_

#include <string>

#include "client/cli/result_writer.h"

namespace sluice::cli {

// A line of names, then a line a row. A NULL is an empty field, as an empty
// text is, unless the display says otherwise. Nothing for a statement that has
// no rows by nature.
class CsvWriter : public ResultWriter {
 public:
  CsvWriter(const Display& display, Output& output)
      : null_text_(display.null_text), output_(output) {}

  void Begin(const client::ColumnSet& columns) override;
  void WriteRows(absl::Span<const client::Row> rows) override;
  void End(const v1::ExecutionSummary& summary) override;

 private:
  void WriteLineWithoutColumns();

  const std::string null_text_;
  Output& output_;
  bool has_line_without_columns_ = false;
};

}  // namespace sluice::cli

#endif  // SLUICE_CLIENT_CLI_FORMAT_CSV_H_
