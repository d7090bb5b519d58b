#include "server/execution/transaction_step.h"

#include <cstddef>

#include "absl/strings/str_cat.h"
#include "server/base/error.h"
#include "server/execution/request_validation.h"

namespace sluice::execution {
namespace {

bool IsMet(const v1::RowExpectation& expectation, int64_t count) {
  switch (expectation.rows_case()) {
    case v1::RowExpectation::kExactly:
      return count == expectation.exactly();
    case v1::RowExpectation::kAtLeast:
      return count >= expectation.at_least();
    case v1::RowExpectation::kAtMost:
      return count <= expectation.at_most();
    case v1::RowExpectation::ROWS_NOT_SET:
      return true;
  }
  return true;
}

std::string TextOf(const v1::RowExpectation& expectation) {
  switch (expectation.rows_case()) {
    case v1::RowExpectation::kExactly:
      return absl::StrCat("exactly ", expectation.exactly());
    case v1::RowExpectation::kAtLeast:
      return absl::StrCat("at least ", expectation.at_least());
    default:
      return absl::StrCat("at most ", expectation.at_most());
  }
}

absl::Status NoRowFor(size_t step) {
  return MakeError(absl::StatusCode::kFailedPrecondition,
                   v1::ERROR_REASON_BINDING_WITHOUT_ROW,
                   absl::StrCat("the result of step ", step, " has no row"),
                   {{"field", "bindings"}, {"executed", "no"}});
}

}  // namespace

absl::Status CheckExpectation(const TransactionStep& step) {
  if (step.expectation == nullptr) return absl::OkStatus();
  for (size_t run = 0; run < step.row_counts.size(); ++run) {
    if (IsMet(*step.expectation, step.row_counts[run])) continue;
    const std::string expected = TextOf(*step.expectation);
    return MakeError(
        absl::StatusCode::kFailedPrecondition,
        v1::ERROR_REASON_EXPECTATION_NOT_MET,
        absl::StrCat("the statement counted ", step.row_counts[run],
                     " rows, expected were ", expected),
        {{"expected", expected},
         {"actual", absl::StrCat(step.row_counts[run])},
         {"parameter_row", absl::StrCat(run)},
         {"executed", "no"}});
  }
  return absl::OkStatus();
}

absl::Status ReadScalar(const v1::Column& column, v1::Value& value) {
  if (!column.nulls().empty() && (column.nulls()[0] & 1) != 0) {
    value.set_null_value(google::protobuf::NULL_VALUE);
    return absl::OkStatus();
  }
  switch (column.values_case()) {
    case v1::Column::kBools:
      value.set_bool_value(column.bools().values(0));
      break;
    case v1::Column::kInt64S:
      value.set_int64_value(column.int64s().values(0));
      break;
    case v1::Column::kDoubles:
      value.set_double_value(column.doubles().values(0));
      break;
    case v1::Column::kTexts:
      value.set_text_value(column.texts().values(0));
      break;
    case v1::Column::kBlobs:
      value.set_bytes_value(column.blobs().values(0));
      break;
    case v1::Column::kNumerics:
      value.set_numeric_value(column.numerics().values(0));
      break;
    case v1::Column::kTimestamps:
      value.set_timestamp_value(column.timestamps().values(0));
      break;
    case v1::Column::kDates:
      value.set_date_value(column.dates().values(0));
      break;
    case v1::Column::kTimes:
      value.set_time_value(column.times().values(0));
      break;
    case v1::Column::kIntervals:
      *value.mutable_interval_value() = column.intervals().values(0);
      break;
    case v1::Column::kUuids:
      value.set_uuid_value(column.uuids().values(0));
      break;
    case v1::Column::kJsons:
      value.set_json_value(column.jsons().values(0));
      break;
    case v1::Column::kOthers:
      value.set_text_value(column.others().values(0));
      break;
    default:
      return InvalidField("bindings", "the column is no scalar");
  }
  return absl::OkStatus();
}

absl::Status BindResults(const std::vector<TransactionStep>& steps,
                         TransactionStep& step) {
  if (step.bindings == nullptr) return absl::OkStatus();
  for (const v1::ParameterBinding& binding : *step.bindings) {
    const v1::ResultSet& result = *steps[binding.step()].result_set;
    if (result.row_count() == 0) return NoRowFor(binding.step());
    if (binding.column() >= static_cast<uint32_t>(result.columns_size())) {
      return InvalidField(
          "bindings", absl::StrCat("step ", binding.step(), " has no column ",
                                   binding.column()));
    }
    v1::Value value;
    absl::Status status =
        ReadScalar(result.columns(static_cast<int>(binding.column())), value);
    if (!status.ok()) return status;
    step.parameters.Bind(binding.parameter(), std::move(value));
  }
  return absl::OkStatus();
}

}  // namespace sluice::execution
