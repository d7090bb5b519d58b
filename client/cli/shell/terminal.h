// What the terminal is.

#ifndef SLUICE_CLIENT_CLI_SHELL_TERMINAL_H_
#define SLUICE_CLIENT_CLI_SHELL_TERMINAL_H_

#include <cstddef>

namespace sluice::cli {

// Characters in a line, and lines.
struct ScreenSize {
  size_t columns = 80;
  size_t lines = 24;
};

// The size of the terminal behind standard output; 80 by 24 where it does not
// say.
ScreenSize TerminalSize();

}  // namespace sluice::cli

#endif  // SLUICE_CLIENT_CLI_SHELL_TERMINAL_H_
