// The binary format of ranges: a byte of flags, then the lower and the upper
// bound where there is one, each an int32 length and the bytes.

#include "server/postgres/codec/range_writer.h"

#include <cstdint>

#include "server/postgres/codec/decoding_error.h"

namespace sluice::postgres {
namespace {

// Of PostgreSQL; the API has the first three with the same bits.
constexpr uint8_t kEmpty = 0x01;
constexpr uint8_t kLowerInclusive = 0x02;
constexpr uint8_t kUpperInclusive = 0x04;
constexpr uint8_t kLowerInfinite = 0x08;
constexpr uint8_t kUpperInfinite = 0x10;
constexpr uint8_t kKept = kEmpty | kLowerInclusive | kUpperInclusive;
constexpr uint8_t kKnown = kKept | kLowerInfinite | kUpperInfinite;

absl::Status Malformed(absl::string_view why) {
  return MalformedValue("range", why);
}

bool HasAll(uint8_t flags, uint8_t wanted) {
  return (flags & wanted) == wanted;
}

bool AreConsistent(uint8_t flags) {
  if ((flags & kEmpty) != 0) return flags == kEmpty;
  return (flags & ~kKnown) == 0 &&
         !HasAll(flags, kLowerInclusive | kLowerInfinite) &&
         !HasAll(flags, kUpperInclusive | kUpperInfinite);
}

}  // namespace

RangeWriter::RangeWriter(const TypeEntry& bound, v1::RangeColumn* column,
                         Expansion* expansion)
    : column_(column),
      lowers_(bound, column->mutable_lowers(), expansion),
      uppers_(bound, column->mutable_uppers(), expansion) {}

void RangeWriter::AppendEmpty() {
  lowers_.AppendNull();
  uppers_.AppendNull();
  column_->mutable_flags()->push_back('\0');
}

absl::Status RangeWriter::Append(absl::string_view value) {
  WireReader reader(value);
  uint8_t flags;
  if (!reader.Read(flags)) return Malformed("it has no flags");
  if (!AreConsistent(flags))
    return Malformed("its flags contradict themselves");
  const auto bound_of = [flags](uint8_t infinite) {
    return (flags & (kEmpty | infinite)) == 0 ? Bound::kPresent : Bound::kNone;
  };
  absl::Status status = AppendBound(bound_of(kLowerInfinite), reader, lowers_);
  if (!status.ok()) return status;
  status = AppendBound(bound_of(kUpperInfinite), reader, uppers_);
  if (!status.ok()) return status;
  if (reader.remaining_bytes() != 0) return Malformed("bytes are left over");
  column_->mutable_flags()->push_back(static_cast<char>(flags & kKept));
  return absl::OkStatus();
}

absl::Status RangeWriter::AppendBound(Bound bound, WireReader& reader,
                                      ColumnWriter& writer) {
  if (bound == Bound::kNone) {
    writer.AppendNull();
    return absl::OkStatus();
  }
  int32_t byte_count;
  absl::string_view bytes;
  if (!reader.Read(byte_count) || !reader.ReadBytes(byte_count, bytes)) {
    return Malformed("a bound is cut short");
  }
  return writer.Append(bytes);
}

void RangeWriter::Clear() {
  lowers_.Clear();
  uppers_.Clear();
  column_->mutable_flags()->clear();
}

}  // namespace sluice::postgres
