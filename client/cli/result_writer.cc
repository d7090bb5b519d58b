#include "client/cli/result_writer.h"

#include <vector>

#include "client/cli/format_csv.h"
#include "client/cli/format_expanded.h"
#include "client/cli/format_json.h"
#include "client/cli/format_table.h"

namespace sluice::cli {

std::unique_ptr<ResultWriter> MakeResultWriter(const Display& display,
                                               Output& output) {
  switch (display.format) {
    case Format::kTable:
      break;
    case Format::kExpanded:
      return std::make_unique<ExpandedWriter>(display, output);
    case Format::kCsv:
      return std::make_unique<CsvWriter>(display, output);
    case Format::kJson:
      return std::make_unique<JsonWriter>(JsonShape::kArray, output);
    case Format::kJsonLines:
      return std::make_unique<JsonWriter>(JsonShape::kLines, output);
  }
  return std::make_unique<TableWriter>(display, output);
}

void WriteResult(const client::Rows& rows, ResultWriter& writer) {
  writer.Begin(rows.columns());
  if (!rows.empty()) {
    writer.WriteRows(std::vector<client::Row>(rows.begin(), rows.end()));
  }
  writer.End(rows.summary());
}

absl::StatusOr<v1::ExecutionSummary> WriteStream(client::RowStream& stream,
                                                 ResultWriter& writer,
                                                 const Output& output) {
  bool has_begun = false;
  std::vector<client::Row> rows;
  while (output.is_open() && stream.Next()) {
    if (!stream.current().ok()) return stream.current().status();
    rows.push_back(*stream.current());
    if (stream.has_next_at_hand()) continue;
    if (!has_begun) writer.Begin(stream.columns());
    has_begun = true;
    writer.WriteRows(rows);
    rows.clear();
  }
  if (!output.is_open()) {
    return absl::CancelledError("the output takes no more");
  }
  if (!has_begun) writer.Begin(stream.columns());
  writer.End(*stream.summary());
  return stream.summary();
}

}  // namespace sluice::cli
