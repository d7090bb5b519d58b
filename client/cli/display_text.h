// UTF-8 text as a terminal shows it.

#ifndef SLUICE_CLIENT_CLI_DISPLAY_TEXT_H_
#define SLUICE_CLIENT_CLI_DISPLAY_TEXT_H_

#include <cstddef>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace sluice::cli {

// One line of text, fit to show, and the columns of a terminal it takes.
struct DisplayLine {
  std::string text;
  size_t width = 0;
};

// Splits `text` at its newlines and makes each line fit to show, as psql
// does: a tab becomes spaces up to the next multiple of 8; other control
// characters become escapes such as \r, \x07 or \u0080, so that no value can
// steer the terminal.
std::vector<DisplayLine> MakeDisplayLines(absl::string_view text);

// The width of one line of text without control characters.
size_t DisplayWidth(absl::string_view line);

// Takes one character off the front of `text`, which is not empty. A byte
// that begins no valid character is taken alone.
struct Character {
  absl::string_view bytes;
  // Unicode scalar value; that of U+FFFD for an invalid byte.
  char32_t code = 0;
};
Character TakeCharacter(absl::string_view& text);

// Whether `text` is valid UTF-8, as protobuf's strings must be.
bool IsUtf8(absl::string_view text);

}  // namespace sluice::cli

#endif  // SLUICE_CLIENT_CLI_DISPLAY_TEXT_H_
