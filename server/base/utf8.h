// UTF-8 text that must not be cut within a character.

#ifndef SLUICE_SERVER_BASE_UTF8_H_
#define SLUICE_SERVER_BASE_UTF8_H_

#include <cstddef>

#include "absl/strings/string_view.h"

namespace sluice {

// The longest beginning of `text`, valid UTF-8, of at most `max_bytes`.
inline absl::string_view TruncateUtf8(absl::string_view text,
                                      size_t max_bytes) {
  if (text.size() <= max_bytes) return text;
  size_t end = max_bytes;
  // Back to the first byte of the character that does not fit.
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) {
    --end;
  }
  return text.substr(0, end);
}

}  // namespace sluice

#endif  // SLUICE_SERVER_BASE_UTF8_H_
