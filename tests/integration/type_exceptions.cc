#include "tests/integration/type_exceptions.h"

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "tests/support/file.h"
#include "tests/support/test_paths.h"

namespace sluice::testing {
namespace {

constexpr absl::string_view kHeading = "### Exceptions";
constexpr absl::string_view kNextHeading = "\n## ";

// | `a`, `b` | binary | reason |
absl::Status AddRow(absl::string_view line, TypeExceptions& exceptions) {
  const std::vector<absl::string_view> cells = absl::StrSplit(line, " | ");
  const absl::Status malformed =
      absl::InternalError(absl::StrCat("a row of another form: ", line));
  if (cells.size() != 3 || (cells[1] != "binary" && cells[1] != "text") ||
      !absl::ConsumeSuffix(&line, " |")) {
    return malformed;
  }
  const TypeWire wire =
      cells[1] == "binary" ? TypeWire::kBinary : TypeWire::kText;
  absl::string_view names = absl::StripPrefix(cells[0], "| ");
  for (absl::string_view name : absl::StrSplit(names, ", ")) {
    if (!absl::ConsumePrefix(&name, "`") || !absl::ConsumeSuffix(&name, "`") ||
        !exceptions.emplace(std::string(name), wire).second) {
      return malformed;
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<TypeExceptions> ReadTypeExceptions() {
  const std::string document = ReadFile(SourcePath("docs/api.md"));
  absl::string_view section = document;
  const size_t start = section.find(kHeading);
  if (start == absl::string_view::npos) {
    return absl::InternalError("docs/api.md has no table of exceptions");
  }
  section.remove_prefix(start);
  section = section.substr(0, section.find(kNextHeading));
  TypeExceptions exceptions;
  for (const absl::string_view line : absl::StrSplit(section, '\n')) {
    if (!absl::StartsWith(line, "| `")) continue;
    if (absl::Status status = AddRow(line, exceptions); !status.ok()) {
      return status;
    }
  }
  return exceptions;
}

}  // namespace sluice::testing
