#include "client/cli/command_tag.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace sluice::cli {

std::string TagLine(RowsPrinted rows_printed, absl::string_view tag) {
  const bool is_write =
      absl::StartsWith(tag, "INSERT") || absl::StartsWith(tag, "UPDATE") ||
      absl::StartsWith(tag, "DELETE") || absl::StartsWith(tag, "MERGE");
  if (tag.empty() || (rows_printed == RowsPrinted::kYes && !is_write))
    return "";
  return absl::StrCat(tag, "\n");
}

}  // namespace sluice::cli
