// The parts of values that hold others.

#ifndef SLUICE_CLIENT_INTERNAL_NESTED_VALUES_H_
#define SLUICE_CLIENT_INTERNAL_NESTED_VALUES_H_

#include <cstddef>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "sluice/client/cell.h"
#include "sluice/client/value_traits.h"
#include "sluice/v1/types.pb.h"

namespace sluice::client::internal {

template <typename T>
absl::Status EncodeElements(const std::vector<T>& elements,
                            v1::ArrayValue& out) {
  out.mutable_elements()->Reserve(static_cast<int>(elements.size()));
  for (const T& element : elements) {
    absl::Status status = Encode(element, *out.add_elements());
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

template <typename T>
absl::StatusOr<std::vector<T>> DecodeElements(const ArrayCell& array) {
  std::vector<T> elements;
  elements.reserve(array.size());
  for (size_t i = 0; i < array.size(); ++i) {
    absl::StatusOr<T> element = Decode<T>(array.element(i));
    if (!element.ok()) return element.status();
    elements.push_back(*std::move(element));
  }
  return elements;
}

// `cell_at` gives the cell of each element; `annotate` words an error of one.
template <typename... T, size_t... kIndex>
absl::StatusOr<std::tuple<T...>> DecodeTuple(
    std::index_sequence<kIndex...>,
    [[maybe_unused]] absl::FunctionRef<Cell(size_t)> cell_at,
    [[maybe_unused]] absl::FunctionRef<absl::Status(size_t,
                                                    const absl::Status&)>
        annotate) {
  // Braces, so that the order is from left to right.
  std::tuple<absl::StatusOr<T>...> parts{Decode<T>(cell_at(kIndex))...};
  absl::Status status;
  (status.Update(std::get<kIndex>(parts).ok()
                     ? absl::OkStatus()
                     : annotate(kIndex, std::get<kIndex>(parts).status())),
   ...);
  if (!status.ok()) return status;
  return std::tuple<T...>(*std::move(std::get<kIndex>(parts))...);
}

// Errors: INVALID_ARGUMENT where there are more or fewer than `wanted`.
absl::Status CheckCount(size_t count, size_t wanted, absl::string_view what);

}  // namespace sluice::client::internal

#endif  // SLUICE_CLIENT_INTERNAL_NESTED_VALUES_H_
