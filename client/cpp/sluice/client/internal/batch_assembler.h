// From the messages of a stream to batches of rows.

#ifndef SLUICE_CLIENT_INTERNAL_BATCH_ASSEMBLER_H_
#define SLUICE_CLIENT_INTERNAL_BATCH_ASSEMBLER_H_

#include <memory>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "sluice/client/column_set.h"
#include "sluice/client/internal/batch.h"
#include "sluice/v1/types.pb.h"

namespace sluice::client::internal {

// Joins the fragments of long values and puts them into the row that they are
// of. Holds no more than the long values of one row.
class BatchAssembler {
 public:
  explicit BatchAssembler(std::shared_ptr<const ColumnSet> column_set)
      : column_set_(std::move(column_set)) {}

  // Null where the message gives no rows.
  // Errors: INTERNAL where it is malformed.
  absl::StatusOr<std::shared_ptr<const Batch>> Add(v1::RowBatch message);

 private:
  absl::Status AddFragment(const v1::ValueFragment& fragment);

  std::shared_ptr<const ColumnSet> column_set_;
  LongValues long_values_;
};

}  // namespace sluice::client::internal

#endif  // SLUICE_CLIENT_INTERNAL_BATCH_ASSEMBLER_H_
