#include "client/cli/display.h"

namespace sluice::cli {

absl::optional<Format> ParseFormat(absl::string_view name) {
  if (name == "table") return Format::kTable;
  if (name == "expanded") return Format::kExpanded;
  if (name == "csv") return Format::kCsv;
  if (name == "json") return Format::kJson;
  if (name == "jsonl") return Format::kJsonLines;
  return absl::nullopt;
}

}  // namespace sluice::cli
