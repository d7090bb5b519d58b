// Prints rows as they come.

#ifndef SLUICE_CLIENT_CLI_RESULT_WRITER_H_
#define SLUICE_CLIENT_CLI_RESULT_WRITER_H_

#include <memory>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "client/cli/display.h"
#include "client/cli/output.h"
#include "sluice/client/column_set.h"
#include "sluice/client/row.h"
#include "sluice/client/row_stream.h"
#include "sluice/client/rows.h"
#include "sluice/v1/database.pb.h"

namespace sluice::cli {

// Prints one result: Begin, WriteRows for each batch, End. Without End the
// result is not whole, and what ends one (the count of rows, the bracket of
// an array) is missing.
class ResultWriter {
 public:
  virtual ~ResultWriter() = default;
  virtual void Begin(const client::ColumnSet& columns) = 0;
  // At least one row.
  virtual void WriteRows(absl::Span<const client::Row> rows) = 0;
  virtual void End(const v1::ExecutionSummary& summary) = 0;
};

// Lifetime: `output` outlives the writer.
std::unique_ptr<ResultWriter> MakeResultWriter(const Display& display,
                                               Output& output);

// Prints a whole result.
void WriteResult(const client::Rows& rows, ResultWriter& writer);

// Prints a result as it comes. The writer begins with the first rows, so that a
// statement that fails before prints nothing.
// Errors: those of the stream; CANCELLED when `output` takes no more.
absl::StatusOr<v1::ExecutionSummary> WriteStream(client::RowStream& stream,
                                                 ResultWriter& writer,
                                                 const Output& output);

}  // namespace sluice::cli

#endif  // SLUICE_CLIENT_CLI_RESULT_WRITER_H_
