#include "server/postgres/codec/utf8_stream.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "server/base/utf8.h"

namespace sluice::postgres {
namespace {

constexpr size_t kMaxCharacterBytes = 4;

// Of the character that starts with `lead`; 1 where none does.
size_t CharacterBytes(char lead) {
  const auto byte = static_cast<uint8_t>(lead);
  if (byte >= 0xF0) return 4;
  if (byte >= 0xE0) return 3;
  return byte >= 0xC0 ? 2 : 1;
}

bool IsContinuation(char c) { return (static_cast<uint8_t>(c) & 0xC0) == 0x80; }

// How many bytes at the end belong to a character that is cut off.
size_t CutBytes(absl::string_view text) {
  const size_t most = std::min(text.size(), kMaxCharacterBytes - 1);
  for (size_t count = 1; count <= most; ++count) {
    const char c = text[text.size() - count];
    if (IsContinuation(c)) continue;
    return CharacterBytes(c) > count ? count : 0;
  }
  return 0;
}

}  // namespace

bool Utf8Stream::Add(absl::string_view piece) {
  while (!rest_.empty() && !piece.empty()) {
    rest_.push_back(piece.front());
    piece.remove_prefix(1);
    if (rest_.size() < CharacterBytes(rest_.front())) continue;
    if (!IsUtf8(rest_)) return false;
    rest_.clear();
  }
  const size_t cut = CutBytes(piece);
  if (!IsUtf8(piece.substr(0, piece.size() - cut))) return false;
  rest_.append(piece.data() + piece.size() - cut, cut);
  return true;
}

}  // namespace sluice::postgres
