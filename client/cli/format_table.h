// Rows as a table for people, as psql's aligned format has it.

#ifndef SLUICE_CLIENT_CLI_FORMAT_TABLE_H_
#define SLUICE_CLIENT_CLI_FORMAT_TABLE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "client/cli/display_text.h"
#include "client/cli/result_writer.h"

namespace sluice::cli {

// The header, a rule, the rows, the count of rows and an empty line. Numbers
// stand to the right; a value of several lines ends each but the last with
// "+". Then the command tag, of a write and of a statement without rows.
//
// Columns are as wide as the widest of the first `kMeasuredRows` rows, or of
// those in the first `kMeasuredBytes`: later rows are printed as they come, and
// a wider value among them moves what follows it in its line to the right.
class TableWriter : public ResultWriter {
 public:
  static constexpr size_t kMeasuredRows = 10'000;
  static constexpr size_t kMeasuredBytes = 4 << 20;

  TableWriter(Display display, Output& output)
      : display_(std::move(display)), output_(output) {}

  void Begin(const client::ColumnSet& columns) override;
  void WriteRows(absl::Span<const client::Row> rows) override;
  void End(const v1::ExecutionSummary& summary) override;

 private:
  enum class Alignment { kLeft, kCenter, kRight };
  using Lines = std::vector<DisplayLine>;

  static Alignment AlignmentOf(const v1::Type& type);
  static size_t WidthOf(const Lines& cell);
  static size_t HeightOf(const std::vector<Lines>& row);

  void HoldRow(std::vector<Lines> row);
  // Prints the header and the rows held: the widths are fixed from here on.
  void StopMeasuring();
  void AppendTitle();
  void AppendHeader();
  void AppendRule();
  void AppendRow(const std::vector<Lines>& row);
  void AppendLine(const Lines& cell, size_t line, size_t column,
                  Alignment alignment);

  const Display display_;
  Output& output_;
  std::vector<Alignment> alignments_;
  std::vector<Lines> header_;
  std::vector<size_t> widths_;
  std::vector<std::vector<Lines>> held_rows_;
  size_t held_bytes_ = 0;
  bool is_measuring_ = true;
  uint64_t row_count_ = 0;
  std::string out_;
};

}  // namespace sluice::cli

#endif  // SLUICE_CLIENT_CLI_FORMAT_TABLE_H_
