// Quotes fields where CSV (RFC 4180) needs it.

#include "client/cli/format_csv.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/string_view.h"
#include "client/cli/cell_text.h"

namespace sluice::cli {
namespace {

// Ends the data where COPY reads CSV, unless it is quoted.
constexpr absl::string_view kEndOfCopy = "\\.";

void AppendField(absl::string_view field, std::string& out) {
  const bool plain =
      field.find_first_of(",\"\r\n") == absl::string_view::npos &&
      field != kEndOfCopy;
  if (plain) {
    absl::StrAppend(&out, field);
  } else {
    absl::StrAppend(&out, "\"", absl::StrReplaceAll(field, {{"\"", "\"\""}}),
                    "\"");
  }
}

}  // namespace

std::string FormatCsv(const ResultView& result) {
  const size_t column_count = result.columns().size();
  std::string out;
  for (size_t i = 0; i < column_count; ++i) {
    if (i > 0) out.push_back(',');
    AppendField(result.name(i), out);
  }
  out.push_back('\n');
  if (column_count == 0) return out;
  for (size_t row = 0; row < result.row_count(); ++row) {
    for (size_t i = 0; i < column_count; ++i) {
      if (i > 0) out.push_back(',');
      AppendField(CellText(result.columns()[i], row), out);
    }
    out.push_back('\n');
  }
  return out;
}

}  // namespace sluice::cli
