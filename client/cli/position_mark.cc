// Finds the line of a position and the stretch of it that fits.

#include "client/cli/position_mark.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "client/cli/display_text.h"

namespace sluice::cli {
namespace {

constexpr size_t kShownColumns = 60;
constexpr size_t kShownBehindPosition = 10;
constexpr absl::string_view kEllipsis = "...";

struct Place {
  int line_number = 1;
  absl::string_view before;
  absl::string_view line;
};

// Where character `position` (from 0) of `sql` stands.
Place FindPlace(absl::string_view sql, int position) {
  Place place;
  absl::string_view rest = sql;
  size_t line_start = 0;
  for (int i = 0; i < position && !rest.empty(); ++i) {
    if (TakeCharacter(rest).code == '\n') {
      ++place.line_number;
      line_start = sql.size() - rest.size();
    }
  }
  const size_t here = sql.size() - rest.size();
  place.before = sql.substr(line_start, here - line_start);
  place.line = sql.substr(line_start, sql.find('\n', here) - line_start);
  if (!place.line.empty() && place.line.back() == '\r') {
    place.line.remove_suffix(1);
  }
  return place;
}

// The columns `first` to `end` - 1 of a shown line.
std::string CutColumns(absl::string_view shown, size_t first, size_t end) {
  std::string cut;
  size_t column = 0;
  while (!shown.empty()) {
    const absl::string_view character = TakeCharacter(shown).bytes;
    if (column >= first && column < end) absl::StrAppend(&cut, character);
    column += DisplayWidth(character);
  }
  return cut;
}

}  // namespace

std::string MarkPosition(absl::string_view sql, int position) {
  if (position < 1 || static_cast<size_t>(position) > sql.size() + 1) return "";
  const Place place = FindPlace(sql, position - 1);
  const DisplayLine line = MakeDisplayLines(place.line).front();
  const size_t mark = DisplayWidth(place.before);
  size_t first = 0;
  if (line.width > kShownColumns) {
    const size_t end = std::min(mark + kShownBehindPosition, line.width);
    first = end > kShownColumns ? end - kShownColumns : 0;
  }
  const size_t end = std::min(first + kShownColumns, line.width);
  std::string out = absl::StrCat("LINE ", place.line_number, ": ");
  if (first > 0) absl::StrAppend(&out, kEllipsis);
  const size_t margin = out.size() + mark - first;
  absl::StrAppend(&out, CutColumns(line.text, first, end),
                  end < line.width ? kEllipsis : "", "\n",
                  std::string(margin, ' '), "^\n");
  return out;
}

}  // namespace sluice::cli
