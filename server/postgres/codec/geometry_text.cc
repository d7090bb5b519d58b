// The binary formats are the float8s of a value, one after the other; path and
// polygon have an int32 count of their points in front, and path before that a
// byte that is 1 when it is closed.

#include "server/postgres/codec/geometry_text.h"

#include <bit>
#include <cstddef>
#include <cstdint>

#include "absl/strings/str_cat.h"
#include "server/postgres/codec/float8_text.h"
#include "server/postgres/codec/wire_reader.h"

namespace sluice::postgres {
namespace {

constexpr size_t kNumberBytes = sizeof(uint64_t);
constexpr size_t kPointBytes = 2 * kNumberBytes;

// Appends the next number of `reader`, which holds one.
void AppendNumber(WireReader& reader, std::string& text) {
  uint64_t bits = 0;
  reader.Read(bits);
  absl::StrAppend(&text, Float8Text(std::bit_cast<double>(bits)));
}

void AppendPointOf(WireReader& reader, std::string& text) {
  text.push_back('(');
  AppendNumber(reader, text);
  text.push_back(',');
  AppendNumber(reader, text);
  text.push_back(')');
}

// Appends the points that `reader` holds, and nothing else.
void AppendPointsOf(WireReader& reader, std::string& text) {
  while (reader.remaining_bytes() != 0) {
    AppendPointOf(reader, text);
    if (reader.remaining_bytes() != 0) text.push_back(',');
  }
}

// Whether a count of points is next, and then exactly as many points.
bool ReadPointCount(WireReader& reader) {
  int32_t count;
  return reader.Read(count) && count >= 0 &&
         reader.remaining_bytes() == static_cast<size_t>(count) * kPointBytes;
}

}  // namespace

bool AppendPoint(absl::string_view binary, std::string& text) {
  if (binary.size() != kPointBytes) return false;
  WireReader reader(binary);
  AppendPointOf(reader, text);
  return true;
}

bool AppendLseg(absl::string_view binary, std::string& text) {
  if (binary.size() != 2 * kPointBytes) return false;
  WireReader reader(binary);
  text.push_back('[');
  AppendPointsOf(reader, text);
  text.push_back(']');
  return true;
}

bool AppendBox(absl::string_view binary, std::string& text) {
  if (binary.size() != 2 * kPointBytes) return false;
  WireReader reader(binary);
  AppendPointsOf(reader, text);
  return true;
}

bool AppendPath(absl::string_view binary, std::string& text) {
  WireReader reader(binary);
  uint8_t is_closed;
  if (!reader.Read(is_closed) || is_closed > 1 || !ReadPointCount(reader)) {
    return false;
  }
  text.push_back(is_closed == 1 ? '(' : '[');
  AppendPointsOf(reader, text);
  text.push_back(is_closed == 1 ? ')' : ']');
  return true;
}

bool AppendPolygon(absl::string_view binary, std::string& text) {
  WireReader reader(binary);
  if (!ReadPointCount(reader)) return false;
  text.push_back('(');
  AppendPointsOf(reader, text);
  text.push_back(')');
  return true;
}

bool AppendLine(absl::string_view binary, std::string& text) {
  if (binary.size() != 3 * kNumberBytes) return false;
  WireReader reader(binary);
  for (const char* mark : {"{", ",", ","}) {
    text.append(mark);
    AppendNumber(reader, text);
  }
  text.push_back('}');
  return true;
}

bool AppendCircle(absl::string_view binary, std::string& text) {
  if (binary.size() != 3 * kNumberBytes) return false;
  WireReader reader(binary);
  text.push_back('<');
  AppendPointOf(reader, text);
  text.push_back(',');
  AppendNumber(reader, text);
  text.push_back('>');
  return true;
}

}  // namespace sluice::postgres
