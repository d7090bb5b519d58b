// Rows as blocks of lines, a column a line, as psql's expanded format.

#ifndef SLUICE_CLIENT_CLI_FORMAT_EXPANDED_H_
#define SLUICE_CLIENT_CLI_FORMAT_EXPANDED_H_

#include <cstdint>
#include <string>
#include <vector>

#include "client/cli/display_text.h"
#include "client/cli/result_writer.h"

namespace sluice::cli {

// A rule with the number of the record, then "name | value" for each column.
class ExpandedWriter : public ResultWriter {
 public:
  ExpandedWriter(Display display, Output& output)
      : display_(std::move(display)), output_(output) {}

  void Begin(const client::ColumnSet& columns) override;
  void WriteRows(absl::Span<const client::Row> rows) override;
  void End(const v1::ExecutionSummary& summary) override;

 private:
  using Lines = std::vector<DisplayLine>;

  void AppendRecord(const client::Row& row, std::string& out);
  void AppendColumn(const Lines& name, const Lines& value, std::string& out);

  const Display display_;
  Output& output_;
  std::vector<Lines> names_;
  size_t name_width_ = 0;
  uint64_t row_count_ = 0;
};

}  // namespace sluice::cli

#endif  // SLUICE_CLIENT_CLI_FORMAT_EXPANDED_H_
