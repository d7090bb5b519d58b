// The dimensions of one array value.

#ifndef SLUICE_CLIENT_CLI_ARRAY_SHAPE_H_
#define SLUICE_CLIENT_CLI_ARRAY_SHAPE_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/strings/string_view.h"

namespace sluice::cli {

// Where the elements of one array stand in its column's elements, and how
// they are laid out. An empty array has no dimension.
struct ArrayShape {
  struct Dimension {
    int32_t length = 0;
    int32_t lower_bound = 1;
  };
  // Index of the first element, and one past the last.
  size_t begin = 0;
  size_t end = 0;
  std::vector<Dimension> dimensions;
};

// What stands around and between the members of a dimension.
struct ArrayPunctuation {
  absl::string_view open;
  absl::string_view separator;
  absl::string_view close;
};

// Appends the elements of `shape` in nested brackets, as many levels as it
// has dimensions; `append_element` appends the element at an index.
void AppendNested(const ArrayShape& shape, const ArrayPunctuation& punctuation,
                  absl::FunctionRef<void(size_t index)> append_element,
                  std::string& out);

}  // namespace sluice::cli

#endif  // SLUICE_CLIENT_CLI_ARRAY_SHAPE_H_
