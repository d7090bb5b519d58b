// The choice by kind, and the texts that belong to no family.

#include "server/postgres/codec/other_text.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "server/postgres/codec/epoch.h"
#include "server/postgres/codec/geometry_text.h"
#include "server/postgres/codec/network_text.h"
#include "server/postgres/codec/text_search_text.h"
#include "server/postgres/codec/wire_reader.h"

namespace sluice::postgres {
namespace {

constexpr uint8_t kJsonpathVersion = 1;
// TZDISP_LIMIT: zones end before 16 hours.
constexpr int32_t kEndZoneSeconds = 16 * 3600;

bool AppendJsonpath(absl::string_view binary, std::string& text) {
  if (binary.empty() || binary[0] != kJsonpathVersion) return false;
  text.append(binary.data() + 1, binary.size() - 1);
  return true;
}

bool AppendXid8(absl::string_view binary, std::string& text) {
  if (binary.size() != sizeof(uint64_t)) return false;
  absl::StrAppend(&text, LoadBigEndian<uint64_t>(binary.data()));
  return true;
}

bool AppendLsn(absl::string_view binary, std::string& text) {
  if (binary.size() != sizeof(uint64_t)) return false;
  absl::StrAppendFormat(&text, "%X/%X", LoadBigEndian<uint32_t>(binary.data()),
                        LoadBigEndian<uint32_t>(binary.data() + 4));
  return true;
}

bool AppendTid(absl::string_view binary, std::string& text) {
  if (binary.size() != sizeof(uint32_t) + sizeof(uint16_t)) return false;
  absl::StrAppend(&text, "(", LoadBigEndian<uint32_t>(binary.data()), ",",
                  LoadBigEndian<uint16_t>(binary.data() + 4), ")");
  return true;
}

// int32 count of the transactions in progress, int64 first that is in
// progress, int64 first that is not assigned yet, then those in progress.
bool AppendSnapshot(absl::string_view binary, std::string& text) {
  WireReader reader(binary);
  int32_t count;
  uint64_t lowest;
  uint64_t end;
  if (!reader.Read(count) || !reader.Read(lowest) || !reader.Read(end) ||
      count < 0 ||
      reader.remaining_bytes() !=
          static_cast<size_t>(count) * sizeof(uint64_t)) {
    return false;
  }
  absl::StrAppend(&text, lowest, ":", end, ":");
  uint64_t transaction;
  for (int32_t i = 0; i < count && reader.Read(transaction); ++i) {
    absl::StrAppend(&text, i == 0 ? "" : ",", transaction);
  }
  return true;
}

// int64 microseconds since midnight, int32 seconds that the zone is west of
// Greenwich.
bool AppendTimetz(absl::string_view binary, std::string& text) {
  WireReader reader(binary);
  int64_t micros;
  int32_t zone;
  if (!reader.Read(micros) || !reader.Read(zone) ||
      reader.remaining_bytes() != 0 || micros < 0 || micros > kMicrosPerDay ||
      zone <= -kEndZoneSeconds || zone >= kEndZoneSeconds) {
    return false;
  }
  const int64_t seconds = micros / kMicrosPerSecond;
  absl::StrAppendFormat(&text, "%02d:%02d:%02d", seconds / 3600,
                        seconds / 60 % 60, seconds % 60);
  if (const int64_t fraction = micros % kMicrosPerSecond; fraction != 0) {
    absl::StrAppendFormat(&text, ".%06d", fraction);
    text.erase(text.find_last_not_of('0') + 1);
  }
  const int32_t offset = std::abs(zone);
  absl::StrAppendFormat(&text, "%c%02d", zone <= 0 ? '+' : '-', offset / 3600);
  if (offset % 3600 != 0)
    absl::StrAppendFormat(&text, ":%02d", offset / 60 % 60);
  if (offset % 60 != 0) absl::StrAppendFormat(&text, ":%02d", offset % 60);
  return true;
}

// int32 bit count, then the bits, the first one highest in its byte.
bool AppendBits(absl::string_view binary, std::string& text) {
  WireReader reader(binary);
  int32_t bit_count;
  if (!reader.Read(bit_count) || bit_count < 0) return false;
  const auto count = static_cast<size_t>(bit_count);
  if (reader.remaining_bytes() != (count + 7) / 8) return false;
  const char* const bytes = binary.data() + sizeof(bit_count);
  const size_t start = text.size();
  text.resize(start + count);
  for (size_t i = 0; i < count; ++i) {
    const bool bit = (static_cast<uint8_t>(bytes[i / 8]) >> (7 - i % 8)) & 1;
    text[start + i] = bit ? '1' : '0';
  }
  return true;
}

}  // namespace

bool AppendOtherText(ColumnKind kind, absl::string_view binary,
                     std::string& text) {
  switch (kind) {
    case ColumnKind::kJsonpath:
      return AppendJsonpath(binary, text);
    case ColumnKind::kXid8:
      return AppendXid8(binary, text);
    case ColumnKind::kPgLsn:
      return AppendLsn(binary, text);
    case ColumnKind::kTid:
      return AppendTid(binary, text);
    case ColumnKind::kSnapshot:
      return AppendSnapshot(binary, text);
    case ColumnKind::kTimetz:
      return AppendTimetz(binary, text);
    case ColumnKind::kBit:
      return AppendBits(binary, text);
    case ColumnKind::kInet:
      return AppendInet(binary, text);
    case ColumnKind::kCidr:
      return AppendCidr(binary, text);
    case ColumnKind::kMacaddr:
      return AppendMacaddr(binary, text);
    case ColumnKind::kMacaddr8:
      return AppendMacaddr8(binary, text);
    case ColumnKind::kPoint:
      return AppendPoint(binary, text);
    case ColumnKind::kLseg:
      return AppendLseg(binary, text);
    case ColumnKind::kBox:
      return AppendBox(binary, text);
    case ColumnKind::kPath:
      return AppendPath(binary, text);
    case ColumnKind::kPolygon:
      return AppendPolygon(binary, text);
    case ColumnKind::kLine:
      return AppendLine(binary, text);
    case ColumnKind::kCircle:
      return AppendCircle(binary, text);
    case ColumnKind::kTsvector:
      return AppendTsvector(binary, text);
    case ColumnKind::kTsquery:
      return AppendTsquery(binary, text);
    default:
      return false;
  }
}

}  // namespace sluice::postgres
