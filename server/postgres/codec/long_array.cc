// Serialized messages that follow one another are one message whose repeated
// fields have the entries of all; so each part holds some elements, and the
// last one what is said once: the bitmap of NULLs and the shape.
// https://protobuf.dev/programming-guides/encoding/#last-one-wins

#include "server/postgres/codec/long_array.h"

#include <utility>

#include "server/postgres/codec/decoding_error.h"
#include "server/postgres/codec/result_format.h"

namespace sluice::postgres {
namespace {

// A part ends with whichever is reached first, but only after a multiple of
// eight elements: then the bitmaps of the parts can be put together by bytes.
constexpr int64_t kPartElements = 32 * 1024;
constexpr size_t kPartBytes = size_t{256} * 1024;

absl::Status Malformed(absl::string_view why) {
  return MalformedValue("array", why);
}

size_t BitmapBytes(int64_t slots) { return static_cast<size_t>(slots + 7) / 8; }

}  // namespace

bool LongArray::Takes(const TypeEntry& type) {
  if (type.column_kind != ColumnKind::kArray) return false;
  switch (ColumnMemberOf(BaseOf(type).element->column_kind)) {
    case v1::Column::kArrays:
    case v1::Column::kComposites:
    case v1::Column::kRanges:
    case v1::Column::kMultiranges:
      return false;
    default:
      return true;
  }
}

LongArray::LongArray(const TypeEntry& type, absl::string_view value,
                     int64_t max_expansion_bytes)
    : element_oid_(BaseOf(type).element->oid),
      reader_(value),
      expansion_(max_expansion_bytes),
      elements_(*BaseOf(type).element,
                column_.mutable_arrays()->mutable_elements(), &expansion_) {}

absl::StatusOr<std::string> LongArray::NextPart() {
  if (state_ == State::kEnd) return std::string();
  if (state_ == State::kHeader) {
    if (absl::Status begun = Begin(); !begun.ok()) return begun;
  }
  elements_.Clear();
  count_ = 0;
  const size_t left_before = reader_.remaining_bytes();
  while (decoded_count_ < header_.element_count) {
    if (absl::Status added = AppendElement(); !added.ok()) return added;
    const bool full = count_ >= kPartElements ||
                      left_before - reader_.remaining_bytes() >= kPartBytes;
    if (full && count_ % 8 == 0) break;
  }
  KeepNulls();
  if (decoded_count_ == header_.element_count) {
    if (reader_.remaining_bytes() != 0) return Malformed("bytes are left over");
    WriteShape();
    state_ = State::kEnd;
  }
  return column_.SerializeAsString();
}

absl::Status LongArray::Begin() {
  absl::StatusOr<ArrayHeader> header = ReadArrayHeader(element_oid_, reader_);
  if (!header.ok()) return header.status();
  header_ = *std::move(header);
  state_ = State::kElements;
  return absl::OkStatus();
}

absl::Status LongArray::AppendElement() {
  int32_t byte_count;
  if (!reader_.Read(byte_count)) return Malformed("it is cut short");
  ++decoded_count_;
  ++count_;
  if (byte_count == -1) {
    elements_.AppendNull();
    return absl::OkStatus();
  }
  absl::string_view element;
  if (!reader_.ReadBytes(byte_count, element)) {
    return Malformed("an element's length is out of range");
  }
  return elements_.Append(element);
}

void LongArray::KeepNulls() {
  std::string* nulls =
      column_.mutable_arrays()->mutable_elements()->mutable_nulls();
  if (nulls->empty()) return;
  nulls_.resize(BitmapBytes(decoded_count_ - count_), '\0');
  nulls_.append(*nulls);
  nulls->clear();
}

void LongArray::WriteShape() {
  v1::ArrayColumn& arrays = *column_.mutable_arrays();
  if (!nulls_.empty()) {
    nulls_.resize(BitmapBytes(decoded_count_), '\0');
    arrays.mutable_elements()->set_nulls(std::move(nulls_));
  }
  arrays.add_offsets(0);
  arrays.add_offsets(static_cast<uint32_t>(decoded_count_));
  if (header_.IsPlain()) return;
  arrays.add_dimensions(static_cast<uint32_t>(header_.dimensions.size()));
  for (const ArrayHeader::Dimension& dimension : header_.dimensions) {
    arrays.add_lengths(dimension.length);
    arrays.add_lower_bounds(dimension.lower_bound);
  }
}

}  // namespace sluice::postgres
