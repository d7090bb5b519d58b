// Between C++ values and PostgreSQL's: what a type needs for it.

#ifndef SLUICE_CLIENT_VALUE_TRAITS_H_
#define SLUICE_CLIENT_VALUE_TRAITS_H_

#include <concepts>
#include <type_traits>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "sluice/client/cell.h"
#include "sluice/v1/types.pb.h"

namespace sluice::client {

// How a C++ type becomes a parameter and comes out of a result:
//   static absl::Status Encode(const T& value, v1::Value& out);
//   static absl::StatusOr<T> Decode(const Cell& cell);
// Either may be left out. The table of the types that there are stands in
// client/cpp/README.md; specialise it for types of your own, an enum say.
template <typename T>
struct ValueTraits;

template <typename T>
concept Encodable = requires(const T& value, v1::Value& out) {
  { ValueTraits<T>::Encode(value, out) } -> std::same_as<absl::Status>;
};
template <typename T>
concept Decodable = requires(const Cell& cell) {
  { ValueTraits<T>::Decode(cell) } -> std::same_as<absl::StatusOr<T>>;
};

// Errors: INVALID_ARGUMENT where the value is none of PostgreSQL's.
template <typename T>
absl::Status Encode(const T& value, v1::Value& out) {
  using Plain = std::decay_t<const T&>;
  static_assert(Encodable<Plain>,
                "this type is no parameter: see ValueTraits. CallOptions go "
                "with a Statement: Query(Statement(sql, ...), options)");
  return ValueTraits<Plain>::Encode(value, out);
}

// Errors: FAILED_PRECONDITION where the cell is NULL and T is no std::optional,
// INVALID_ARGUMENT where it is of another type, OUT_OF_RANGE where it does not
// fit.
template <typename T>
absl::StatusOr<T> Decode(const Cell& cell) {
  static_assert(Decodable<T>, "no value is read as this type: see ValueTraits");
  return ValueTraits<T>::Decode(cell);
}

}  // namespace sluice::client

#endif  // SLUICE_CLIENT_VALUE_TRAITS_H_
