#include "sluice/client/cell.h"

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace sluice::client {
namespace {

using v1::Column;

constexpr size_t kUuidBytes = 16;

// Bits of `v1::RangeColumn.flags`.
constexpr uint8_t kRangeEmpty = 1;
constexpr uint8_t kRangeLowerInclusive = 2;
constexpr uint8_t kRangeUpperInclusive = 4;

}  // namespace

absl::StatusOr<bool> Cell::AsBool() const {
  absl::Status status = Expect(Column::kBools, "a boolean");
  if (!status.ok()) return status;
  return column_->slots().bools().values(slot());
}

absl::StatusOr<int64_t> Cell::AsInt64() const {
  absl::Status status = Expect(Column::kInt64S, "an integer");
  if (!status.ok()) return status;
  return column_->slots().int64s().values(slot());
}

absl::StatusOr<double> Cell::AsDouble() const {
  absl::Status status = Expect(Column::kDoubles, "a floating-point number");
  if (!status.ok()) return status;
  return column_->slots().doubles().values(slot());
}

absl::StatusOr<absl::string_view> Cell::AsText() const {
  if (is_null()) return NullError();
  switch (kind()) {
    case Column::kTexts:
      return column_->slots().texts().values(slot());
    case Column::kNumerics:
      return column_->slots().numerics().values(slot());
    case Column::kJsons:
      return column_->slots().jsons().values(slot());
    case Column::kOthers:
      return column_->slots().others().values(slot());
    default:
      return KindError("text");
  }
}

absl::StatusOr<absl::string_view> Cell::AsNumericText() const {
  absl::Status status = Expect(Column::kNumerics, "a numeric");
  if (!status.ok()) return status;
  return column_->slots().numerics().values(slot());
}

absl::StatusOr<absl::string_view> Cell::AsJsonText() const {
  absl::Status status = Expect(Column::kJsons, "JSON");
  if (!status.ok()) return status;
  return column_->slots().jsons().values(slot());
}

absl::StatusOr<absl::string_view> Cell::AsBytes() const {
  absl::Status status = Expect(Column::kBlobs, "a byte string");
  if (!status.ok()) return status;
  return column_->slots().blobs().values(slot());
}

absl::StatusOr<int64_t> Cell::AsTimestampMicroseconds() const {
  absl::Status status = Expect(Column::kTimestamps, "a timestamp");
  if (!status.ok()) return status;
  return column_->slots().timestamps().values(slot());
}

absl::StatusOr<int32_t> Cell::AsDateDays() const {
  absl::Status status = Expect(Column::kDates, "a date");
  if (!status.ok()) return status;
  return column_->slots().dates().values(slot());
}

absl::StatusOr<int64_t> Cell::AsTimeMicroseconds() const {
  absl::Status status = Expect(Column::kTimes, "a time of day");
  if (!status.ok()) return status;
  return column_->slots().times().values(slot());
}

absl::StatusOr<v1::Interval> Cell::AsInterval() const {
  absl::Status status = Expect(Column::kIntervals, "an interval");
  if (!status.ok()) return status;
  return column_->slots().intervals().values(slot());
}

absl::StatusOr<absl::string_view> Cell::AsUuidOctets() const {
  absl::Status status = Expect(Column::kUuids, "a UUID");
  if (!status.ok()) return status;
  const std::string& octets = column_->slots().uuids().values(slot());
  if (octets.size() != kUuidBytes) {
    return absl::InternalError(
        absl::StrCat("malformed result: a UUID of ", octets.size(), " bytes"));
  }
  return octets;
}

absl::StatusOr<ArrayCell> Cell::AsArray() const {
  if (is_null()) return NullError();
  if (kind() != Column::kArrays && kind() != Column::kMultiranges) {
    return KindError("an array");
  }
  return ArrayCell(*this);
}

absl::StatusOr<CompositeCell> Cell::AsComposite() const {
  absl::Status status = Expect(Column::kComposites, "a composite");
  if (!status.ok()) return status;
  return CompositeCell(*this);
}

absl::StatusOr<RangeCell> Cell::AsRange() const {
  absl::Status status = Expect(Column::kRanges, "a range");
  if (!status.ok()) return status;
  const uint8_t flags = column_->RangeFlags(row_);
  return RangeCell{.empty = (flags & kRangeEmpty) != 0,
                   .lower_inclusive = (flags & kRangeLowerInclusive) != 0,
                   .upper_inclusive = (flags & kRangeUpperInclusive) != 0,
                   .lower = Cell(column_->children()[0], row_),
                   .upper = Cell(column_->children()[1], row_)};
}

absl::Status Cell::Expect(Column::ValuesCase wanted_kind,
                          absl::string_view wanted) const {
  if (is_null()) return NullError();
  if (kind() != wanted_kind) return KindError(wanted);
  return absl::OkStatus();
}

absl::Status Cell::NullError() const {
  return absl::FailedPreconditionError(
      "is NULL, and read as a type without NULL: use std::optional");
}

absl::Status Cell::KindError(absl::string_view wanted) const {
  return absl::InvalidArgumentError(
      absl::StrCat("is of type ", type().name(), ", and read as ", wanted));
}

}  // namespace sluice::client
