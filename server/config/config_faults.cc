#include "server/config/config_faults.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace sluice::config {
namespace {

constexpr size_t kMaxFaultsTold = 100;

// "a.b[1].c" -> "a.b[1]" -> "a.b" -> "a" -> "".
absl::string_view ParentOf(absl::string_view path) {
  const size_t end = path.find_last_of(".[");
  return end == absl::string_view::npos ? absl::string_view()
                                        : path.substr(0, end);
}

}  // namespace

void ConfigFaults::NoteField(absl::string_view path, int line) {
  line_of_field_.emplace(path, line);
}

bool ConfigFaults::IsGiven(absl::string_view path) const {
  return line_of_field_.contains(path);
}

void ConfigFaults::Add(absl::string_view path, absl::string_view message) {
  if (!faulty_.insert(std::string(path)).second) return;
  absl::string_view known = path;
  while (!known.empty() && !IsGiven(known)) known = ParentOf(known);
  const auto line = line_of_field_.find(known);
  faults_.push_back(
      absl::StrCat(path, path.empty() ? "" : ": ", message,
                   line == line_of_field_.end()
                       ? std::string()
                       : absl::StrCat(" (line ", line->second, ")")));
}

void ConfigFaults::AddAtLine(int line, absl::string_view message) {
  faults_.push_back(absl::StrCat(message, " (line ", line, ")"));
}

absl::Status ConfigFaults::ToStatus() const {
  if (faults_.empty()) return absl::OkStatus();
  const size_t told = std::min(faults_.size(), kMaxFaultsTold);
  std::string message =
      absl::StrJoin(faults_.begin(), faults_.begin() + told, "\n");
  if (told < faults_.size()) {
    absl::StrAppend(&message, "\nand ", faults_.size() - told, " more");
  }
  return absl::InvalidArgumentError(message);
}

}  // namespace sluice::config
