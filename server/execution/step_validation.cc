#include "server/execution/step_validation.h"

#include <cstdint>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "server/base/error.h"
#include "server/execution/request_validation.h"

namespace sluice::execution {
namespace {

using BoundParameters = absl::flat_hash_set<uint32_t>;

int ParameterCountOf(const v1::Step& step) {
  return step.parameter_columns().empty() ? step.parameters_size()
                                          : step.parameter_columns_size();
}

absl::Status CheckExpectation(const v1::Step& step) {
  if (step.has_expectation() &&
      step.expectation().rows_case() == v1::RowExpectation::ROWS_NOT_SET) {
    return InvalidField("expectation", "says no number");
  }
  return absl::OkStatus();
}

absl::Status CheckBindings(const v1::Step& step, int index,
                           BoundParameters& bound) {
  const auto parameters = static_cast<uint32_t>(ParameterCountOf(step));
  for (const v1::ParameterBinding& binding : step.bindings()) {
    if (binding.parameter() == 0 || binding.parameter() > parameters) {
      return InvalidField("bindings.parameter",
                          absl::StrCat("there is no parameter $",
                                       binding.parameter(), " here"));
    }
    if (binding.step() >= static_cast<uint32_t>(index)) {
      return InvalidField("bindings.step", "is no step before this one");
    }
    if (!bound.insert(binding.parameter()).second) {
      return InvalidField(
          "bindings.parameter",
          absl::StrCat("$", binding.parameter(), " is bound twice"));
    }
  }
  return absl::OkStatus();
}

// What a binding fills holds no value of its own.
absl::Status CheckRow(const v1::Step& step, const BoundParameters& bound) {
  for (const uint32_t parameter : bound) {
    const v1::Value& value = step.parameters(static_cast<int>(parameter) - 1);
    if (value.kind_case() != v1::Value::KIND_NOT_SET) {
      return InvalidField("parameters", absl::StrCat("$", parameter,
                                                     " has a value, and a "
                                                     "binding"));
    }
  }
  return CheckParameters(step.parameters());
}

absl::Status CheckColumns(const v1::Step& step, const BoundParameters& bound) {
  if (!step.parameters().empty()) {
    return InvalidField("parameter_columns", "stand beside parameters");
  }
  int rows = -1;
  for (int i = 0; i < step.parameter_columns_size(); ++i) {
    const int size = step.parameter_columns(i).values_size();
    if (bound.contains(static_cast<uint32_t>(i) + 1)) {
      if (size == 0) continue;
      return InvalidField("parameter_columns",
                          absl::StrCat("$", i + 1,
                                       " has values, and a "
                                       "binding"));
    }
    if (rows == -1) rows = size;
    if (size == rows) continue;
    return MakeError(absl::StatusCode::kInvalidArgument,
                     v1::ERROR_REASON_PARAMETER_COLUMNS_RAGGED,
                     absl::StrCat("the column of $", i + 1, " has ", size,
                                  " values, one before it has ", rows),
                     {{"field", "parameter_columns"},
                      {"parameter", absl::StrCat(i + 1)},
                      {"executed", "no"}});
  }
  return absl::OkStatus();
}

absl::Status CheckStep(const v1::Step& step, int index,
                       const config::v1::Limits& limits) {
  absl::Status status = CheckSql(step.statement().sql(), limits);
  if (status.ok()) status = CheckExpectation(step);
  BoundParameters bound;
  if (status.ok()) status = CheckBindings(step, index, bound);
  if (!status.ok()) return status;
  return step.parameter_columns().empty() ? CheckRow(step, bound)
                                          : CheckColumns(step, bound);
}

}  // namespace

size_t RunCountOf(const v1::Step& step) {
  if (step.parameter_columns().empty()) return 1;
  BoundParameters bound;
  for (const v1::ParameterBinding& binding : step.bindings()) {
    bound.insert(binding.parameter());
  }
  for (int i = 0; i < step.parameter_columns_size(); ++i) {
    if (bound.contains(static_cast<uint32_t>(i) + 1)) continue;
    return static_cast<size_t>(step.parameter_columns(i).values_size());
  }
  return 1;
}

absl::Status CheckSteps(const v1::RunTransactionRequest& request,
                        const config::v1::Limits& limits) {
  if (request.steps().empty()) return InvalidField("steps", "are missing");
  if (static_cast<uint32_t>(request.steps_size()) > limits.max_steps()) {
    return InvalidField("steps",
                        absl::StrCat("are more than ", limits.max_steps(),
                                     " (limits.max_steps)"));
  }
  size_t runs = 0;
  for (int i = 0; i < request.steps_size(); ++i) {
    absl::Status status = CheckStep(request.steps(i), i, limits);
    if (!status.ok()) {
      SetErrorMetadata(status, "step", absl::StrCat(i));
      return status;
    }
    runs += RunCountOf(request.steps(i));
  }
  if (runs > limits.max_parameter_rows()) {
    return InvalidField(
        "steps", absl::StrCat("have more than ", limits.max_parameter_rows(),
                              " rows of parameters "
                              "(limits.max_parameter_rows)"));
  }
  return absl::OkStatus();
}

}  // namespace sluice::execution
