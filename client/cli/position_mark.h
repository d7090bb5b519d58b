// A caret under a position in SQL text.

#ifndef SLUICE_CLIENT_CLI_POSITION_MARK_H_
#define SLUICE_CLIENT_CLI_POSITION_MARK_H_

#include <string>

#include "absl/strings/string_view.h"

namespace sluice::cli {

// The line of `sql` that holds character `position` (from 1), and a caret
// under it:
//
//   LINE 2: from nowhere
//                ^
//
// Of a long line a stretch of 60 columns around the position is shown. Empty
// where `position` is 0 or lies outside of `sql`.
std::string MarkPosition(absl::string_view sql, int position);

}  // namespace sluice::cli

#endif  // SLUICE_CLIENT_CLI_POSITION_MARK_H_
