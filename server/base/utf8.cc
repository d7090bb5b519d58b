// The table of well-formed byte sequences of RFC 3629, section 4, as code.

#include "server/base/utf8.h"

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace sluice {
namespace {

struct Bounds {
  uint8_t low;
  uint8_t high;
};

// What the second byte may be; it alone depends on the first.
Bounds SecondByteBounds(uint8_t first) {
  switch (first) {
    case 0xE0:
      return {0xA0, 0xBF};
    case 0xED:
      return {0x80, 0x9F};
    case 0xF0:
      return {0x90, 0xBF};
    case 0xF4:
      return {0x80, 0x8F};
    default:
      return {0x80, 0xBF};
  }
}

// Length by the first byte of a sequence that is not ASCII; 0: no such byte.
size_t SequenceLength(uint8_t first) {
  if (first < 0xC2 || first > 0xF4) return 0;
  if (first < 0xE0) return 2;
  return first < 0xF0 ? 3 : 4;
}

const uint8_t* SkipAscii(const uint8_t* next, const uint8_t* end) {
  constexpr uint64_t kHighBits = 0x8080808080808080;
  while (end - next >= 8) {
    uint64_t word;
    std::memcpy(&word, next, sizeof(word));
    if ((word & kHighBits) != 0) break;
    next += 8;
  }
  while (next != end && *next < 0x80) ++next;
  return next;
}

bool IsSequence(const uint8_t* next, size_t length) {
  const Bounds bounds = SecondByteBounds(next[0]);
  if (next[1] < bounds.low || next[1] > bounds.high) return false;
  for (size_t i = 2; i < length; ++i) {
    if ((next[i] & 0xC0) != 0x80) return false;
  }
  return true;
}

}  // namespace

bool IsUtf8(absl::string_view text) {
  const uint8_t* next = reinterpret_cast<const uint8_t*>(text.data());
  const uint8_t* const end = next + text.size();
  for (;;) {
    next = SkipAscii(next, end);
    if (next == end) return true;
    const size_t length = SequenceLength(*next);
    if (length == 0 || static_cast<size_t>(end - next) < length) return false;
    if (!IsSequence(next, length)) return false;
    next += length;
  }
}

}  // namespace sluice
