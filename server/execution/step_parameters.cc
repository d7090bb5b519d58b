#include "server/execution/step_parameters.h"

#include <utility>

namespace sluice::execution {

StepParameters::StepParameters(const Values& row) : given_(&row) {}

StepParameters::StepParameters(const Columns& columns, size_t row_count)
    : columns_(&columns), row_count_(row_count) {
  for (const v1::ParameterColumn& column : columns) {
    types_.Add()->set_type(column.type());
  }
}

void StepParameters::Bind(size_t parameter, v1::Value value) {
  bound_.resize(static_cast<size_t>(declared().size()));
  bound_[parameter - 1] = std::move(value);
}

absl::Span<const v1::Value* const> StepParameters::Row(size_t row) {
  row_.resize(static_cast<size_t>(declared().size()));
  for (size_t i = 0; i < row_.size(); ++i) {
    const int index = static_cast<int>(i);
    if (!bound_.empty() && bound_[i].kind_case() != v1::Value::KIND_NOT_SET) {
      row_[i] = &bound_[i];
    } else if (columns_ != nullptr) {
      row_[i] = &(*columns_)[index].values(static_cast<int>(row));
    } else {
      row_[i] = &(*given_)[index];
    }
  }
  return row_;
}

}  // namespace sluice::execution
