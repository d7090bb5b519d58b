// Between C++ values and PostgreSQL's: types of one value.

#ifndef SLUICE_CLIENT_SCALAR_TRAITS_H_
#define SLUICE_CLIENT_SCALAR_TRAITS_H_

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "sluice/client/cell.h"
#include "sluice/client/types.h"
#include "sluice/client/value_traits.h"
#include "sluice/v1/types.pb.h"

namespace sluice::client {

template <typename T>
concept IntegerValue =
    std::integral<T> && !std::same_as<T, bool> && !std::same_as<T, char> &&
    !std::same_as<T, wchar_t> && !std::same_as<T, char8_t> &&
    !std::same_as<T, char16_t> && !std::same_as<T, char32_t>;

template <typename T>
concept TextValue = std::same_as<T, std::string> ||
    std::same_as<T, absl::string_view> || std::same_as<T, std::string_view>;

template <>
struct ValueTraits<bool> {
  static absl::Status Encode(bool value, v1::Value& out);
  static absl::StatusOr<bool> Decode(const Cell& cell) { return cell.AsBool(); }
};

// An unsigned one beyond int64 is sent as a numeric.
template <IntegerValue T>
struct ValueTraits<T> {
  static absl::Status Encode(T value, v1::Value& out) {
    if (std::in_range<int64_t>(value)) {
      out.set_int64_value(static_cast<int64_t>(value));
    } else {
      out.set_numeric_value(absl::StrCat(value));
    }
    return absl::OkStatus();
  }
  static absl::StatusOr<T> Decode(const Cell& cell) {
    const absl::StatusOr<int64_t> value = cell.AsInt64();
    if (!value.ok()) return value.status();
    if (!std::in_range<T>(*value)) {
      return absl::OutOfRangeError(absl::StrCat(
          *value, " does not fit an integer of ",
          std::is_signed_v<T> ? "" : "unsigned ", 8 * sizeof(T), " bits"));
    }
    return static_cast<T>(*value);
  }
};

template <>
struct ValueTraits<double> {
  static absl::Status Encode(double value, v1::Value& out);
  static absl::StatusOr<double> Decode(const Cell& cell) {
    return cell.AsDouble();
  }
};

// What a float can't hold exactly is OUT_OF_RANGE; a float4 always fits.
template <>
struct ValueTraits<float> {
  static absl::Status Encode(float value, v1::Value& out);
  static absl::StatusOr<float> Decode(const Cell& cell);
};

// Views are valid as long as a Row of the same batch, or the Rows, live.
template <TextValue T>
struct ValueTraits<T> {
  static absl::Status Encode(const T& value, v1::Value& out) {
    out.set_text_value(value.data(), value.size());
    return absl::OkStatus();
  }
  static absl::StatusOr<T> Decode(const Cell& cell) {
    const absl::StatusOr<absl::string_view> text = cell.AsText();
    if (!text.ok()) return text.status();
    return T(text->data(), text->size());
  }
};

template <>
struct ValueTraits<const char*> {
  static absl::Status Encode(const char* value, v1::Value& out);
};

template <>
struct ValueTraits<char*> : ValueTraits<const char*> {};

template <>
struct ValueTraits<Bytes> {
  static absl::Status Encode(const Bytes& value, v1::Value& out);
  static absl::StatusOr<Bytes> Decode(const Cell& cell);
};

template <>
struct ValueTraits<Numeric> {
  static absl::Status Encode(const Numeric& value, v1::Value& out);
  static absl::StatusOr<Numeric> Decode(const Cell& cell);
};

template <>
struct ValueTraits<Json> {
  static absl::Status Encode(const Json& value, v1::Value& out);
  static absl::StatusOr<Json> Decode(const Cell& cell);
};

template <>
struct ValueTraits<Uuid> {
  static absl::Status Encode(const Uuid& value, v1::Value& out);
  static absl::StatusOr<Uuid> Decode(const Cell& cell);
};

// timestamptz, and timestamp as if it were in UTC. The infinities are
// absl::InfinitePast and absl::InfiniteFuture. What is finer than a microsecond
// is cut off; what lies beyond 294247-01-10 is refused.
template <>
struct ValueTraits<absl::Time> {
  static absl::Status Encode(absl::Time value, v1::Value& out);
  static absl::StatusOr<absl::Time> Decode(const Cell& cell);
};

// date. The infinities are absl::CivilDay::min and max.
template <>
struct ValueTraits<absl::CivilDay> {
  static absl::Status Encode(absl::CivilDay value, v1::Value& out);
  static absl::StatusOr<absl::CivilDay> Decode(const Cell& cell);
};

template <>
struct ValueTraits<TimeOfDay> {
  static absl::Status Encode(const TimeOfDay& value, v1::Value& out);
  static absl::StatusOr<TimeOfDay> Decode(const Cell& cell);
};

template <>
struct ValueTraits<Interval> {
  static absl::Status Encode(const Interval& value, v1::Value& out);
  static absl::StatusOr<Interval> Decode(const Cell& cell);
};

// An interval of microseconds alone. One with months or days has no fixed
// length: OUT_OF_RANGE. What is finer than a microsecond is cut off.
template <>
struct ValueTraits<absl::Duration> {
  static absl::Status Encode(absl::Duration value, v1::Value& out);
  static absl::StatusOr<absl::Duration> Decode(const Cell& cell);
};

// A parameter as the protocol has it.
template <>
struct ValueTraits<v1::Value> {
  static absl::Status Encode(const v1::Value& value, v1::Value& out);
};

template <>
struct ValueTraits<std::nullopt_t> {
  static absl::Status Encode(std::nullopt_t value, v1::Value& out);
};

}  // namespace sluice::client

#endif  // SLUICE_CLIENT_SCALAR_TRAITS_H_
