// Output that goes through a pager when it is longer than the screen.

#ifndef SLUICE_CLIENT_CLI_SHELL_PAGED_OUTPUT_H_
#define SLUICE_CLIENT_CLI_SHELL_PAGED_OUTPUT_H_

#include <cstdio>
#include <string>

#include "absl/types/optional.h"
#include "client/cli/output.h"

namespace sluice::cli {

// The command of the pager: $PAGER, else less where it is installed. Empty:
// none.
std::string PagerCommand();

// Holds text back until it is longer than `screen_lines`; then a pager gets it
// and all that follows. A pager that the user leaves closes the output.
class PagedOutput : public Output {
 public:
  PagedOutput(std::string pager, size_t screen_lines)
      : pager_(std::move(pager)), screen_lines_(screen_lines) {}
  // As Close().
  ~PagedOutput() override { Close(); }

  void Write(absl::string_view text) override;
  State state() const override;

  // Shows what is held back, or waits for the user to leave the pager.
  void Close();

 private:
  void StartPager();

  const std::string pager_;
  const size_t screen_lines_;
  std::string held_;
  size_t held_lines_ = 0;
  FILE* process_ = nullptr;
  absl::optional<FileOutput> file_;
};

}  // namespace sluice::cli

#endif  // SLUICE_CLIENT_CLI_SHELL_PAGED_OUTPUT_H_
