#include "client/cli/shell/paged_output.h"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace sluice::cli {
namespace {

bool IsInstalled(absl::string_view program) {
  const char* path = std::getenv("PATH");
  if (path == nullptr) return false;
  for (absl::string_view folder : absl::StrSplit(path, ':')) {
    if (access(absl::StrCat(folder, "/", program).c_str(), X_OK) == 0) {
      return true;
    }
  }
  return false;
}

}  // namespace

std::string PagerCommand() {
  const char* pager = std::getenv("PAGER");
  if (pager != nullptr) return pager;
  // Colours, no page for what fits, long lines cut, the screen kept.
  return IsInstalled("less") ? "less -RFSX" : "";
}

void PagedOutput::Write(absl::string_view text) {
  if (file_.has_value()) return file_->Write(text);
  absl::StrAppend(&held_, text);
  held_lines_ +=
      static_cast<size_t>(std::count(text.begin(), text.end(), '\n'));
  if (held_lines_ >= screen_lines_) StartPager();
}

void PagedOutput::StartPager() {
  if (!pager_.empty()) process_ = popen(pager_.c_str(), "w");
  file_.emplace(process_ == nullptr ? STDOUT_FILENO : fileno(process_));
  file_->Write(held_);
  held_.clear();
}

Output::State PagedOutput::state() const {
  return file_.has_value() ? file_->state() : State::kOpen;
}

void PagedOutput::Close() {
  if (!file_.has_value()) {
    FileOutput(STDOUT_FILENO).Write(held_);
    held_.clear();
    held_lines_ = 0;
  }
  if (process_ != nullptr) pclose(process_);
  process_ = nullptr;
}

}  // namespace sluice::cli
