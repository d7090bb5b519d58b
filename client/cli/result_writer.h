// Prints rows as they come.

#ifndef SLUICE_CLIENT_CLI_RESULT_WRITER_H_
#define SLUICE_CLIENT_CLI_RESULT_WRITER_H_

#include <memory>

#include "client/cli/display.h"
#include "client/cli/output.h"
#include "client/cli/result_view.h"
#include "sluice/v1/database.pb.h"

namespace sluice::cli {

// Prints one result: Begin, WriteRows for each batch, End. Without End the
// result is not whole, and what ends one (the count of rows, the bracket of
// an array) is missing.
class ResultWriter {
 public:
  virtual ~ResultWriter() = default;
  virtual void Begin(const ColumnList& columns) = 0;
  virtual void WriteRows(const ResultView& rows) = 0;
  virtual void End(const v1::ExecutionSummary& summary) = 0;
};

// Lifetime: `output` outlives the writer.
std::unique_ptr<ResultWriter> MakeResultWriter(const Display& display,
                                               Output& output);

// Prints a whole result.
void WriteResult(const ColumnList& columns, const ResultView& rows,
                 const v1::ExecutionSummary& summary, ResultWriter& writer);

}  // namespace sluice::cli

#endif  // SLUICE_CLIENT_CLI_RESULT_WRITER_H_
