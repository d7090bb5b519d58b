#include "client/cli/result_writer.h"

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

void WriteResult(const ColumnList& columns, const ResultView& rows,
                 const v1::ExecutionSummary& summary, ResultWriter& writer) {
  writer.Begin(columns);
  if (rows.row_count() > 0) writer.WriteRows(rows);
  writer.End(summary);
}

}  // namespace sluice::cli
