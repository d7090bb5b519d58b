// Arrays, ranges and multiranges, of any type that is a value.

#ifndef SLUICE_CLIENT_CONTAINERS_H_
#define SLUICE_CLIENT_CONTAINERS_H_

#include <cstdint>
#include <optional>
#include <vector>

namespace sluice::client {

struct ArrayDimension {
  int32_t length = 0;
  // The subscript of the first element.
  int32_t lower_bound = 1;

  friend bool operator==(const ArrayDimension&,
                         const ArrayDimension&) = default;
};

// An array with its shape. Where one dimension that counts from 1 is all there
// is, a std::vector<T> does.
template <typename T>
struct Array {
  // In row-major order.
  std::vector<T> elements;
  // The outermost first; their lengths multiply to the number of elements. An
  // empty array has none. As a parameter, none also stands for one dimension
  // that counts from 1.
  std::vector<ArrayDimension> dimensions;

  friend bool operator==(const Array&, const Array&) = default;
};

// A range. PostgreSQL brings one of a discrete type into its canonical form: an
// int4range of (0,5] comes back as [1,6).
template <typename T>
struct Range {
  // The range that holds nothing; the other fields mean nothing then.
  bool empty = false;
  // No value: unbounded on that side.
  std::optional<T> lower;
  std::optional<T> upper;
  // Whether the bounds belong to the range. Of no meaning where there is none.
  bool lower_inclusive = true;
  bool upper_inclusive = false;

  friend bool operator==(const Range&, const Range&) = default;
};

// A multirange. PostgreSQL sorts and joins its ranges.
template <typename T>
struct Multirange {
  std::vector<Range<T>> ranges;

  friend bool operator==(const Multirange&, const Multirange&) = default;
};

}  // namespace sluice::client

#endif  // SLUICE_CLIENT_CONTAINERS_H_
