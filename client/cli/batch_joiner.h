// Streamed rows, with the pieces of long values put together.

#ifndef SLUICE_CLIENT_CLI_BATCH_JOINER_H_
#define SLUICE_CLIENT_CLI_BATCH_JOINER_H_

#include <map>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/optional.h"
#include "client/cli/result_view.h"
#include "sluice/v1/types.pb.h"

namespace sluice::cli {

// Takes the batches of one stream in order. It holds one batch, and a long
// value as a whole.
class BatchJoiner {
 public:
  explicit BatchJoiner(ColumnList metadata) : metadata_(std::move(metadata)) {}

  // The rows of `batch`; nothing for a piece of a long value. The view holds
  // until the next call.
  // Errors: INTERNAL where the batch contradicts itself or the header.
  absl::StatusOr<absl::optional<ResultView>> Add(v1::RowBatch batch);

  const ColumnList& metadata() const { return metadata_; }

 private:
  absl::Status AddPiece(const v1::RowBatch& batch);
  absl::Status JoinPieces();

  const ColumnList metadata_;
  v1::RowBatch batch_;
  std::map<int, std::string> pieces_;
  LongValues long_values_;
};

}  // namespace sluice::cli

#endif  // SLUICE_CLIENT_CLI_BATCH_JOINER_H_
