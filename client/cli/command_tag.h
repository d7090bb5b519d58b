// The line that tells what a statement did.

#ifndef SLUICE_CLIENT_CLI_COMMAND_TAG_H_
#define SLUICE_CLIENT_CLI_COMMAND_TAG_H_

#include <string>

#include "absl/strings/string_view.h"

namespace sluice::cli {

enum class RowsPrinted { kNo, kYes };

// The command tag and a newline, where psql prints it: without rows, and
// behind the rows that a write returns. Else the empty text.
std::string TagLine(RowsPrinted rows_printed, absl::string_view tag);

}  // namespace sluice::cli

#endif  // SLUICE_CLIENT_CLI_COMMAND_TAG_H_
