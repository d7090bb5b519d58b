// How rows are printed.

#ifndef SLUICE_CLIENT_CLI_DISPLAY_H_
#define SLUICE_CLIENT_CLI_DISPLAY_H_

#include <string>

#include "absl/strings/string_view.h"
#include "absl/types/optional.h"

namespace sluice::cli {

enum class Format {
  kTable,
  // A table a row, with a line for each column.
  kExpanded,
  kCsv,
  // One array.
  kJson,
  // An object per line.
  kJsonLines,
};

enum class RowCount { kShown, kHidden };

// The choices of who reads the rows.
struct Display {
  Format format = Format::kTable;
  // What stands for NULL, except in JSON.
  std::string null_text;
  // Of a table: what stands above it, whether it tells the count of its rows,
  // and what stands below.
  std::string title;
  RowCount row_count = RowCount::kShown;
  std::string footer;
};

// The format of that name; nothing where there is none.
absl::optional<Format> ParseFormat(absl::string_view name);

}  // namespace sluice::cli

#endif  // SLUICE_CLIENT_CLI_DISPLAY_H_
