#include "sluice/client/scalar_traits.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace sluice::client {
namespace {

constexpr int64_t kInt64Min = std::numeric_limits<int64_t>::min();
constexpr int64_t kInt64Max = std::numeric_limits<int64_t>::max();
constexpr int32_t kInt32Min = std::numeric_limits<int32_t>::min();
constexpr int32_t kInt32Max = std::numeric_limits<int32_t>::max();

// int32 days reach some 5.88 million years from 1970.
constexpr int64_t kMaxCivilYear = 6'000'000;

absl::CivilDay EpochDay() { return absl::CivilDay(1970, 1, 1); }

// Whole microseconds of `value`, cut towards zero.
absl::StatusOr<int64_t> ToMicroseconds(absl::Duration value) {
  absl::Duration rest;
  const int64_t count = absl::IDivDuration(value, absl::Microseconds(1), &rest);
  if (count == kInt64Max || count == kInt64Min) {
    return absl::InvalidArgumentError(absl::StrCat(
        absl::FormatDuration(value), " is beyond PostgreSQL's range"));
  }
  return count;
}

}  // namespace

absl::Status ValueTraits<bool>::Encode(bool value, v1::Value& out) {
  out.set_bool_value(value);
  return absl::OkStatus();
}

absl::Status ValueTraits<double>::Encode(double value, v1::Value& out) {
  out.set_double_value(value);
  return absl::OkStatus();
}

absl::Status ValueTraits<float>::Encode(float value, v1::Value& out) {
  out.set_double_value(value);
  return absl::OkStatus();
}

absl::StatusOr<float> ValueTraits<float>::Decode(const Cell& cell) {
  const absl::StatusOr<double> wide = cell.AsDouble();
  if (!wide.ok()) return wide.status();
  const bool fits_range = std::isinf(*wide) || std::isnan(*wide) ||
                          std::abs(*wide) <= std::numeric_limits<float>::max();
  if (fits_range) {
    const auto value = static_cast<float>(*wide);
    if (std::isnan(value) || static_cast<double>(value) == *wide) return value;
  }
  return absl::OutOfRangeError(
      absl::StrCat(*wide, " is not exact in a float: read it as a double"));
}

absl::Status ValueTraits<const char*>::Encode(const char* value,
                                              v1::Value& out) {
  if (value == nullptr) {
    return absl::InvalidArgumentError(
        "a null pointer is no text; std::nullopt is NULL");
  }
  out.set_text_value(value);
  return absl::OkStatus();
}

absl::Status ValueTraits<Bytes>::Encode(const Bytes& value, v1::Value& out) {
  out.set_bytes_value(value.data);
  return absl::OkStatus();
}

absl::StatusOr<Bytes> ValueTraits<Bytes>::Decode(const Cell& cell) {
  const absl::StatusOr<absl::string_view> data = cell.AsBytes();
  if (!data.ok()) return data.status();
  return Bytes{std::string(*data)};
}

absl::Status ValueTraits<Numeric>::Encode(const Numeric& value,
                                          v1::Value& out) {
  out.set_numeric_value(value.text);
  return absl::OkStatus();
}

absl::StatusOr<Numeric> ValueTraits<Numeric>::Decode(const Cell& cell) {
  const absl::StatusOr<absl::string_view> text = cell.AsNumericText();
  if (!text.ok()) return text.status();
  return Numeric{std::string(*text)};
}

absl::Status ValueTraits<Json>::Encode(const Json& value, v1::Value& out) {
  out.set_json_value(value.text);
  return absl::OkStatus();
}

absl::StatusOr<Json> ValueTraits<Json>::Decode(const Cell& cell) {
  const absl::StatusOr<absl::string_view> text = cell.AsJsonText();
  if (!text.ok()) return text.status();
  return Json{std::string(*text)};
}

absl::Status ValueTraits<Uuid>::Encode(const Uuid& value, v1::Value& out) {
  out.set_uuid_value(value.octets.data(), value.octets.size());
  return absl::OkStatus();
}

absl::StatusOr<Uuid> ValueTraits<Uuid>::Decode(const Cell& cell) {
  const absl::StatusOr<absl::string_view> octets = cell.AsUuidOctets();
  if (!octets.ok()) return octets.status();
  Uuid uuid;
  std::copy(octets->begin(), octets->end(), uuid.octets.begin());
  return uuid;
}

absl::Status ValueTraits<absl::Time>::Encode(absl::Time value, v1::Value& out) {
  if (value == absl::InfiniteFuture()) {
    out.set_timestamp_value(kInt64Max);
  } else if (value == absl::InfinitePast()) {
    out.set_timestamp_value(kInt64Min);
  } else if (value <= absl::FromUnixMicros(kInt64Min) ||
             value >= absl::FromUnixMicros(kInt64Max)) {
    return absl::InvalidArgumentError(
        absl::StrCat(absl::FormatTime(value, absl::UTCTimeZone()),
                     " is beyond what a timestamp parameter holds"));
  } else {
    out.set_timestamp_value(absl::ToUnixMicros(value));
  }
  return absl::OkStatus();
}

absl::StatusOr<absl::Time> ValueTraits<absl::Time>::Decode(const Cell& cell) {
  const absl::StatusOr<int64_t> microseconds = cell.AsTimestampMicroseconds();
  if (!microseconds.ok()) return microseconds.status();
  if (*microseconds == kInt64Max) return absl::InfiniteFuture();
  if (*microseconds == kInt64Min) return absl::InfinitePast();
  return absl::FromUnixMicros(*microseconds);
}

absl::Status ValueTraits<absl::CivilDay>::Encode(absl::CivilDay value,
                                                 v1::Value& out) {
  if (value == (absl::CivilDay::max)()) {
    out.set_date_value(kInt32Max);
    return absl::OkStatus();
  }
  if (value == (absl::CivilDay::min)()) {
    out.set_date_value(kInt32Min);
    return absl::OkStatus();
  }
  const bool is_near =
      value.year() <= kMaxCivilYear && value.year() >= -kMaxCivilYear;
  const int64_t days = is_near ? value - EpochDay() : kInt64Max;
  if (days >= kInt32Max || days <= kInt32Min) {
    return absl::InvalidArgumentError(
        absl::StrCat("the year ", value.year(), " is beyond a date's range"));
  }
  out.set_date_value(static_cast<int32_t>(days));
  return absl::OkStatus();
}

absl::StatusOr<absl::CivilDay> ValueTraits<absl::CivilDay>::Decode(
    const Cell& cell) {
  const absl::StatusOr<int32_t> days = cell.AsDateDays();
  if (!days.ok()) return days.status();
  if (*days == kInt32Max) return (absl::CivilDay::max)();
  if (*days == kInt32Min) return (absl::CivilDay::min)();
  return EpochDay() + *days;
}

absl::Status ValueTraits<TimeOfDay>::Encode(const TimeOfDay& value,
                                            v1::Value& out) {
  if (value.since_midnight < absl::ZeroDuration() ||
      value.since_midnight > absl::Hours(24)) {
    return absl::InvalidArgumentError(
        absl::StrCat(absl::FormatDuration(value.since_midnight),
                     " is no time of day: 0 to 24 hours"));
  }
  out.set_time_value(absl::ToInt64Microseconds(value.since_midnight));
  return absl::OkStatus();
}

absl::StatusOr<TimeOfDay> ValueTraits<TimeOfDay>::Decode(const Cell& cell) {
  const absl::StatusOr<int64_t> microseconds = cell.AsTimeMicroseconds();
  if (!microseconds.ok()) return microseconds.status();
  return TimeOfDay{absl::Microseconds(*microseconds)};
}

absl::Status ValueTraits<Interval>::Encode(const Interval& value,
                                           v1::Value& out) {
  v1::Interval& interval = *out.mutable_interval_value();
  interval.set_months(value.months);
  interval.set_days(value.days);
  interval.set_microseconds(value.microseconds);
  return absl::OkStatus();
}

absl::StatusOr<Interval> ValueTraits<Interval>::Decode(const Cell& cell) {
  const absl::StatusOr<v1::Interval> interval = cell.AsInterval();
  if (!interval.ok()) return interval.status();
  return Interval{.months = interval->months(),
                  .days = interval->days(),
                  .microseconds = interval->microseconds()};
}

absl::Status ValueTraits<absl::Duration>::Encode(absl::Duration value,
                                                 v1::Value& out) {
  const absl::StatusOr<int64_t> microseconds = ToMicroseconds(value);
  if (!microseconds.ok()) return microseconds.status();
  out.mutable_interval_value()->set_microseconds(*microseconds);
  return absl::OkStatus();
}

absl::StatusOr<absl::Duration> ValueTraits<absl::Duration>::Decode(
    const Cell& cell) {
  const absl::StatusOr<v1::Interval> interval = cell.AsInterval();
  if (!interval.ok()) return interval.status();
  if (interval->months() != 0 || interval->days() != 0) {
    return absl::OutOfRangeError(
        "an interval of months or days has no fixed length: read it as "
        "Interval");
  }
  return absl::Microseconds(interval->microseconds());
}

absl::Status ValueTraits<v1::Value>::Encode(const v1::Value& value,
                                            v1::Value& out) {
  out = value;
  return absl::OkStatus();
}

absl::Status ValueTraits<std::nullopt_t>::Encode(std::nullopt_t,
                                                 v1::Value& out) {
  out.set_null_value(google::protobuf::NULL_VALUE);
  return absl::OkStatus();
}

}  // namespace sluice::client
