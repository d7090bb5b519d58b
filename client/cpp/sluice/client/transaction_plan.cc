#include "sluice/client/transaction_plan.h"

#include "absl/strings/str_cat.h"

namespace sluice::client {

StepId TransactionPlan::Add(const Step& step) {
  const size_t index = steps_.size();
  steps_.push_back(step.proto());
  if (!step.status().ok()) {
    status_.Update(absl::Status(
        step.status().code(),
        absl::StrCat("step ", index, ": ", step.status().message())));
  }
  for (const v1::ParameterBinding& binding : step.proto().bindings()) {
    if (binding.step() < index) continue;
    status_.Update(absl::InvalidArgumentError(absl::StrCat(
        "step ", index, ": parameter $", binding.parameter(),
        " is a value of step ", binding.step(), ", which is none before it")));
  }
  return StepId(index);
}

}  // namespace sluice::client
