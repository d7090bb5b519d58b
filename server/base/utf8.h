// Check of UTF-8 and cuts between its characters. A protobuf string that holds
// anything else makes the whole message unreadable to most clients.

#ifndef SLUICE_SERVER_BASE_UTF8_H_
#define SLUICE_SERVER_BASE_UTF8_H_

#include <cstddef>

#include "absl/strings/string_view.h"

namespace sluice {

// Whether `text` is well-formed UTF-8 (RFC 3629): no overlong forms, no
// surrogates, nothing above U+10FFFF. ASCII costs an eighth of a step a byte.
bool IsUtf8(absl::string_view text);

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
