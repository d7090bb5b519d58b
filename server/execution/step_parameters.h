// StepParameters: the rows of parameters that a statement is run with.

#ifndef SLUICE_SERVER_EXECUTION_STEP_PARAMETERS_H_
#define SLUICE_SERVER_EXECUTION_STEP_PARAMETERS_H_

#include <cstddef>
#include <vector>

#include "absl/types/span.h"
#include "google/protobuf/repeated_ptr_field.h"
#include "sluice/v1/database.pb.h"
#include "sluice/v1/types.pb.h"

namespace sluice::execution {

// One row as in any call, or columns of many, all of one length; some of them
// filled with one value for all rows, by Bind.
// Lifetime: what it is made from outlives it.
class StepParameters {
 public:
  using Values = google::protobuf::RepeatedPtrField<v1::Value>;
  using Columns = google::protobuf::RepeatedPtrField<v1::ParameterColumn>;

  explicit StepParameters(const Values& row);
  StepParameters(const Columns& columns, size_t row_count);

  // How often the statement runs.
  size_t row_count() const { return row_count_; }
  // A value for each parameter: with its declared type, perhaps nothing else.
  const Values& declared() const {
    return given_ == nullptr ? types_ : *given_;
  }

  // Fills a parameter of every row; `parameter` is 1 for $1, and there.
  void Bind(size_t parameter, v1::Value value);

  // The parameters of a row; valid until the next call.
  absl::Span<const v1::Value* const> Row(size_t row);

 private:
  // The one row; null: it is columns_.
  const Values* given_ = nullptr;
  const Columns* columns_ = nullptr;
  // Of the columns.
  Values types_;
  size_t row_count_ = 1;
  // For each parameter, where Bind filled it.
  std::vector<v1::Value> bound_;
  std::vector<const v1::Value*> row_;
};

}  // namespace sluice::execution

#endif  // SLUICE_SERVER_EXECUTION_STEP_PARAMETERS_H_
