// Decodes UTF-8 and asks the C library for the width of each character.

#include "client/cli/display_text.h"

#include <clocale>
#include <cwchar>

#include "absl/strings/str_format.h"

namespace sluice::cli {
namespace {

constexpr char32_t kReplacement = 0xFFFD;
constexpr absl::string_view kReplacementBytes = "\xEF\xBF\xBD";
constexpr size_t kTabWidth = 8;

// Bytes of the character that `first` begins; 0 where it begins none.
size_t SequenceLength(unsigned char first) {
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first <= 0xDF) return 2;
  if (first >= 0xE0 && first <= 0xEF) return 3;
  if (first >= 0xF0 && first <= 0xF4) return 4;
  return 0;
}

// Overlong forms, surrogates and what lies beyond Unicode.
bool IsScalarOfLength(char32_t code, size_t length) {
  if (length == 3) return code >= 0x800 && (code < 0xD800 || code > 0xDFFF);
  if (length == 4) return code >= 0x10000 && code <= 0x10FFFF;
  return true;
}

// The columns that `code` takes; negative for what can't be shown. wcwidth()
// answers by the thread's locale.
int CharacterWidth(char32_t code) {
  static const locale_t kUtf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
  if (code < 0x7F) return code >= 0x20 ? 1 : -1;
  if (kUtf8 == nullptr) return code >= 0xA0 ? 1 : -1;
  const locale_t before = uselocale(kUtf8);
  const int width = wcwidth(static_cast<wchar_t>(code));
  uselocale(before);
  return width;
}

void AppendCharacter(const Character& character, DisplayLine& line) {
  const int width = CharacterWidth(character.code);
  std::string shown(character.code == kReplacement ? kReplacementBytes
                                                   : character.bytes);
  size_t columns = width < 0 ? 0 : static_cast<size_t>(width);
  if (character.code == '\t') {
    columns = kTabWidth - line.width % kTabWidth;
    shown.assign(columns, ' ');
  } else if (width < 0) {
    shown = character.code == '\r' ? "\\r"
            : character.bytes.size() == 1
                ? absl::StrFormat("\\x%02X", character.code)
                : absl::StrFormat("\\u%04X", character.code);
    columns = shown.size();
  }
  line.text.append(shown);
  line.width += columns;
}

}  // namespace

Character TakeCharacter(absl::string_view& text) {
  const auto byte = [&](size_t i) {
    return static_cast<unsigned char>(text[i]);
  };
  const size_t length = SequenceLength(byte(0));
  bool valid = length != 0 && length <= text.size();
  char32_t code = valid && length > 1 ? byte(0) & (0x7F >> length) : byte(0);
  for (size_t i = 1; valid && i < length; ++i) {
    valid = (byte(i) & 0xC0) == 0x80;
    code = code << 6 | (byte(i) & 0x3F);
  }
  valid = valid && IsScalarOfLength(code, length);
  const size_t taken = valid ? length : 1;
  const Character character = {.bytes = text.substr(0, taken),
                               .code = valid ? code : kReplacement};
  text.remove_prefix(taken);
  return character;
}

bool IsUtf8(absl::string_view text) {
  while (!text.empty()) {
    const Character character = TakeCharacter(text);
    if (character.code == kReplacement && character.bytes.size() == 1) {
      return false;
    }
  }
  return true;
}

std::vector<DisplayLine> MakeDisplayLines(absl::string_view text) {
  std::vector<DisplayLine> lines(1);
  while (!text.empty()) {
    const Character character = TakeCharacter(text);
    if (character.code == '\n') {
      lines.emplace_back();
    } else {
      AppendCharacter(character, lines.back());
    }
  }
  return lines;
}

size_t DisplayWidth(absl::string_view line) {
  return MakeDisplayLines(line).front().width;
}

}  // namespace sluice::cli
