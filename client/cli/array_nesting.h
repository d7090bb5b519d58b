// The text around the elements of an array, whatever its dimensions.

#ifndef SLUICE_CLIENT_CLI_ARRAY_NESTING_H_
#define SLUICE_CLIENT_CLI_ARRAY_NESTING_H_

#include <string>

#include "absl/functional/function_ref.h"
#include "absl/strings/string_view.h"
#include "sluice/client/cell.h"

namespace sluice::cli {

// What stands around and between the members of a dimension.
struct ArrayPunctuation {
  absl::string_view open;
  absl::string_view separator;
  absl::string_view close;
};

// Appends the elements of `array` in nested brackets, as many levels as it has
// dimensions; `append_element` appends one.
void AppendNested(
    const client::ArrayCell& array, const ArrayPunctuation& punctuation,
    absl::FunctionRef<void(const client::Cell& element)> append_element,
    std::string& out);

}  // namespace sluice::cli

#endif  // SLUICE_CLIENT_CLI_ARRAY_NESTING_H_
