#include "client/cli/shell/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

namespace sluice::cli {

ScreenSize TerminalSize() {
  winsize size = {};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0) return {};
  if (size.ws_col == 0 || size.ws_row == 0) return {};
  return {.columns = size.ws_col, .lines = size.ws_row};
}

}  // namespace sluice::cli
