#include "sluice/client/step.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace sluice::client {

Step& Step::ExpectExactly(int64_t rows) {
  proto_.mutable_expectation()->set_exactly(rows);
  return *this;
}

Step& Step::ExpectAtLeast(int64_t rows) {
  proto_.mutable_expectation()->set_at_least(rows);
  return *this;
}

Step& Step::ExpectAtMost(int64_t rows) {
  proto_.mutable_expectation()->set_at_most(rows);
  return *this;
}

void Step::AddParameter(const StepValue& value) {
  proto_.add_parameters();
  AddBinding(proto_.parameters_size(), value);
}

void Step::AddParameter(const TypedParameter<StepValue>& value) {
  AddParameter(value.value);
  proto_.mutable_parameters()->rbegin()->set_type(value.type);
}

void Step::AddColumn(const StepValue& value) {
  proto_.add_parameter_columns();
  AddBinding(proto_.parameter_columns_size(), value);
}

void Step::AddColumn(const TypedParameter<StepValue>& value) {
  AddColumn(value.value);
  proto_.mutable_parameter_columns()->rbegin()->set_type(value.type);
}

void Step::AddBinding(size_t number, const StepValue& value) {
  v1::ParameterBinding& binding = *proto_.add_bindings();
  binding.set_parameter(number);
  binding.set_step(value.step);
  binding.set_column(value.column);
}

void Step::NoteError(size_t number, const absl::Status& error) {
  status_.Update(
      absl::Status(error.code(),
                   absl::StrCat("parameter $", number, ": ", error.message())));
}

void Step::CheckLengths() {
  const auto is_bound = [this](int number) {
    return std::any_of(proto_.bindings().begin(), proto_.bindings().end(),
                       [&](const v1::ParameterBinding& binding) {
                         return std::cmp_equal(binding.parameter(), number);
                       });
  };
  int first = 1;
  while (is_bound(first)) ++first;
  const int wanted = proto_.parameter_columns(first - 1).values_size();
  for (int i = first + 1; i <= proto_.parameter_columns_size(); ++i) {
    const int length = proto_.parameter_columns(i - 1).values_size();
    if (is_bound(i) || length == wanted) continue;
    status_.Update(absl::InvalidArgumentError(
        absl::StrCat("columns of parameters differ in length: $", first,
                     " has ", wanted, " values, $", i, " has ", length)));
  }
}

}  // namespace sluice::client
