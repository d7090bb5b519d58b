// Making the errors.

#include "server/postgres/codec/refusal.h"

#include "absl/strings/str_cat.h"
#include "server/base/error.h"

namespace sluice::postgres {
namespace {

absl::string_view KindName(const v1::Value& value) {
  switch (value.kind_case()) {
    case v1::Value::kNullValue:
      return "a null";
    case v1::Value::kBoolValue:
      return "a boolean";
    case v1::Value::kInt64Value:
      return "an integer";
    case v1::Value::kDoubleValue:
      return "a double";
    case v1::Value::kTextValue:
      return "a text";
    case v1::Value::kBytesValue:
      return "a byte string";
    case v1::Value::kNumericValue:
      return "a numeric";
    case v1::Value::kTimestampValue:
      return "a timestamp";
    case v1::Value::kDateValue:
      return "a date";
    case v1::Value::kTimeValue:
      return "a time";
    case v1::Value::kIntervalValue:
      return "an interval";
    case v1::Value::kUuidValue:
      return "a UUID";
    case v1::Value::kJsonValue:
      return "a JSON document";
    case v1::Value::kArrayValue:
      return "an array";
    case v1::Value::kCompositeValue:
      return "a composite";
    case v1::Value::kRangeValue:
      return "a range";
    case v1::Value::kMultirangeValue:
      return "a multirange";
    case v1::Value::KIND_NOT_SET:
      break;
  }
  return "an unset value";
}

// A status can't change its message, so it is made anew.
absl::Status InContext(const absl::Status& refusal, absl::string_view place) {
  return MakeError(refusal.code(), ReasonOf(refusal),
                   absl::StrCat(place, ": ", refusal.message()));
}

}  // namespace

absl::Status RefuseType(const v1::Value& value, const TypeEntry& target) {
  return MakeError(
      absl::StatusCode::kInvalidArgument, v1::ERROR_REASON_PARAMETER_TYPE,
      absl::StrCat(KindName(value), " does not become ", target.name));
}

absl::Status RefuseLoss(absl::string_view shown, const TypeEntry& target) {
  return MakeError(absl::StatusCode::kInvalidArgument,
                   v1::ERROR_REASON_PARAMETER_LOSS,
                   absl::StrCat(shown, " does not fit ", target.name));
}

absl::Status RefuseMalformed(absl::string_view fault) {
  return MakeError(absl::StatusCode::kInvalidArgument,
                   v1::ERROR_REASON_PARAMETER_MALFORMED, fault);
}

absl::Status RefuseUnset() {
  return RefuseMalformed("it has no value; a NULL is said with null_value");
}

absl::Status RefuseDepth() {
  return RefuseMalformed(
      absl::StrCat("arrays, composites and ranges nest at "
                   "most ",
                   kMaxValueDepth, " deep"));
}

absl::Status RefuseSize(size_t max_bytes) {
  return MakeError(
      absl::StatusCode::kResourceExhausted,
      v1::ERROR_REASON_PARAMETERS_TOO_LARGE,
      absl::StrCat("the parameters are longer than limits.max_parameter_bytes,"
                   " which leaves ",
                   max_bytes, " bytes for this one"));
}

absl::Status AtPart(const absl::Status& refusal, absl::string_view part) {
  return InContext(refusal, part);
}

absl::Status AtParameter(const absl::Status& refusal, int number) {
  absl::Status located =
      InContext(refusal, absl::StrCat("parameter $", number));
  SetErrorMetadata(located, "parameter", absl::StrCat(number));
  SetErrorMetadata(located, "executed", "no");
  return located;
}

}  // namespace sluice::postgres
