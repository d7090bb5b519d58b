// Between C++ values and PostgreSQL's: types that hold others.

#ifndef SLUICE_CLIENT_NESTED_TRAITS_H_
#define SLUICE_CLIENT_NESTED_TRAITS_H_

#include <cstddef>
#include <optional>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "sluice/client/cell.h"
#include "sluice/client/containers.h"
#include "sluice/client/internal/nested_values.h"
#include "sluice/client/scalar_traits.h"
#include "sluice/client/types.h"
#include "sluice/client/value_traits.h"
#include "sluice/v1/types.pb.h"

namespace sluice::client {

// NULL where there is no value. A NULL is read as such alone.
template <typename T>
struct ValueTraits<std::optional<T>> {
  static absl::Status Encode(const std::optional<T>& value, v1::Value& out) {
    if (value.has_value()) return client::Encode(*value, out);
    return client::Encode(std::nullopt, out);
  }
  static absl::StatusOr<std::optional<T>> Decode(const Cell& cell) {
    if (cell.is_null()) return std::optional<T>();
    absl::StatusOr<T> value = client::Decode<T>(cell);
    if (!value.ok()) return value.status();
    return std::optional<T>(*std::move(value));
  }
};

// An array of one dimension, wherever it counts from; one of more is
// INVALID_ARGUMENT. A multirange is read as the sequence of its ranges.
template <typename T>
struct ValueTraits<std::vector<T>> {
  static absl::Status Encode(const std::vector<T>& value, v1::Value& out) {
    return internal::EncodeElements(value, *out.mutable_array_value());
  }
  static absl::StatusOr<std::vector<T>> Decode(const Cell& cell) {
    const absl::StatusOr<ArrayCell> array = cell.AsArray();
    if (!array.ok()) return array.status();
    if (array->dimension_count() > 1) {
      return absl::InvalidArgumentError(
          absl::StrCat("is an array of ", array->dimension_count(),
                       " dimensions: read it as Array"));
    }
    return internal::DecodeElements<T>(*array);
  }
};

template <typename T>
struct ValueTraits<Array<T>> {
  static absl::Status Encode(const Array<T>& value, v1::Value& out) {
    v1::ArrayValue& array = *out.mutable_array_value();
    for (const ArrayDimension& dimension : value.dimensions) {
      array.add_lengths(dimension.length);
      array.add_lower_bounds(dimension.lower_bound);
    }
    return internal::EncodeElements(value.elements, array);
  }
  static absl::StatusOr<Array<T>> Decode(const Cell& cell) {
    const absl::StatusOr<ArrayCell> array = cell.AsArray();
    if (!array.ok()) return array.status();
    absl::StatusOr<std::vector<T>> elements =
        internal::DecodeElements<T>(*array);
    if (!elements.ok()) return elements.status();
    Array<T> value = {.elements = *std::move(elements)};
    for (size_t i = 0; i < array->dimension_count(); ++i) {
      value.dimensions.push_back(array->dimension(i));
    }
    return value;
  }
};

// A composite, field by field.
template <typename... T>
struct ValueTraits<std::tuple<T...>> {
  static absl::Status Encode(const std::tuple<T...>& value, v1::Value& out) {
    v1::CompositeValue& composite = *out.mutable_composite_value();
    absl::Status status;
    std::apply(
        [&](const T&... field) {
          (status.Update(client::Encode(field, *composite.add_fields())), ...);
        },
        value);
    return status;
  }
  static absl::StatusOr<std::tuple<T...>> Decode(const Cell& cell) {
    const absl::StatusOr<CompositeCell> composite = cell.AsComposite();
    if (!composite.ok()) return composite.status();
    absl::Status status =
        internal::CheckCount(composite->size(), sizeof...(T), "fields");
    if (!status.ok()) return status;
    const v1::Type& type = cell.type();
    return internal::DecodeTuple<T...>(
        std::index_sequence_for<T...>(),
        [&](size_t i) { return composite->field(i); },
        [&](size_t i, const absl::Status& error) {
          return absl::Status(
              error.code(),
              absl::StrCat("field \"", type.fields(static_cast<int>(i)).name(),
                           "\" ", error.message()));
        });
  }
};

template <typename T>
struct ValueTraits<Range<T>> {
  static absl::Status Encode(const Range<T>& value, v1::Value& out) {
    return EncodeInto(value, *out.mutable_range_value());
  }
  static absl::Status EncodeInto(const Range<T>& value, v1::RangeValue& out) {
    out.set_empty(value.empty);
    absl::Status status;
    if (!value.empty && value.lower.has_value()) {
      out.set_lower_inclusive(value.lower_inclusive);
      status.Update(client::Encode(*value.lower, *out.mutable_lower()));
    }
    if (!value.empty && value.upper.has_value()) {
      out.set_upper_inclusive(value.upper_inclusive);
      status.Update(client::Encode(*value.upper, *out.mutable_upper()));
    }
    return status;
  }
  static absl::StatusOr<Range<T>> Decode(const Cell& cell) {
    const absl::StatusOr<RangeCell> range = cell.AsRange();
    if (!range.ok()) return range.status();
    auto lower = client::Decode<std::optional<T>>(range->lower);
    if (!lower.ok()) return lower.status();
    auto upper = client::Decode<std::optional<T>>(range->upper);
    if (!upper.ok()) return upper.status();
    return Range<T>{.empty = range->empty,
                    .lower = *std::move(lower),
                    .upper = *std::move(upper),
                    .lower_inclusive = range->lower_inclusive,
                    .upper_inclusive = range->upper_inclusive};
  }
};

template <typename T>
struct ValueTraits<Multirange<T>> {
  static absl::Status Encode(const Multirange<T>& value, v1::Value& out) {
    v1::MultirangeValue& multirange = *out.mutable_multirange_value();
    absl::Status status;
    for (const Range<T>& range : value.ranges) {
      status.Update(
          ValueTraits<Range<T>>::EncodeInto(range, *multirange.add_ranges()));
    }
    return status;
  }
  static absl::StatusOr<Multirange<T>> Decode(const Cell& cell) {
    const absl::StatusOr<ArrayCell> ranges = cell.AsArray();
    if (!ranges.ok()) return ranges.status();
    auto elements = internal::DecodeElements<Range<T>>(*ranges);
    if (!elements.ok()) return elements.status();
    return Multirange<T>{*std::move(elements)};
  }
};

template <typename T>
struct ValueTraits<TypedParameter<T>> {
  static absl::Status Encode(const TypedParameter<T>& value, v1::Value& out) {
    absl::Status status = client::Encode(value.value, out);
    out.set_type(value.type);
    return status;
  }
};

}  // namespace sluice::client

#endif  // SLUICE_CLIENT_NESTED_TRAITS_H_
