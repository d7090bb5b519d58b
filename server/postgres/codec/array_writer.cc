// The binary format: array_header.cc.

#include "server/postgres/codec/array_writer.h"

#include <cstddef>
#include <limits>

#include "absl/base/optimization.h"
#include "server/postgres/codec/decoding_error.h"

namespace sluice::postgres {
namespace {

absl::Status Malformed(absl::string_view why) {
  return MalformedValue("array", why);
}

}  // namespace

ArrayWriter::ArrayWriter(const TypeEntry& element, v1::ArrayColumn* column,
                         Expansion* expansion)
    : column_(column),
      element_oid_(element.oid),
      elements_(element, column->mutable_elements(), expansion),
      expansion_(expansion) {
  column_->add_offsets(0);
}

void ArrayWriter::AppendEmpty() {
  AppendShape({});
  CloseSlot(end_offset_);
}

void ArrayWriter::Clear() {
  elements_.Clear();
  column_->clear_offsets();
  column_->add_offsets(0);
  column_->clear_dimensions();
  column_->clear_lengths();
  column_->clear_lower_bounds();
  end_offset_ = 0;
  shapes_ = Shapes::kImplied;
}

absl::Status ArrayWriter::Append(absl::string_view value) {
  WireReader reader(value);
  absl::StatusOr<ArrayHeader> header = ReadArrayHeader(element_oid_, reader);
  if (!header.ok()) return header.status();
  const int64_t count = header->element_count;
  if (absl::Status status = AppendElements(reader, count); !status.ok()) {
    return status;
  }
  AppendShape(*header);
  CloseSlot(end_offset_ + static_cast<uint32_t>(count));
  return absl::OkStatus();
}

absl::Status ArrayWriter::AppendElements(WireReader& reader, int64_t count) {
  if (ABSL_PREDICT_FALSE(count >
                         std::numeric_limits<uint32_t>::max() - end_offset_)) {
    return ValueOutOfRange("more than 4294967295 array elements do not fit");
  }
  for (int64_t i = 0; i < count; ++i) {
    int32_t byte_count;
    if (!reader.Read(byte_count)) return Malformed("it is cut short");
    if (byte_count == -1) {
      elements_.AppendNull();
      // Of a composite it is more than it took.
      if (absl::Status status = expansion_->Check();
          ABSL_PREDICT_FALSE(!status.ok())) {
        return status;
      }
      continue;
    }
    absl::string_view element;
    if (!reader.ReadBytes(byte_count, element)) {
      return Malformed("an element's length is out of range");
    }
    if (absl::Status status = elements_.Append(element);
        ABSL_PREDICT_FALSE(!status.ok())) {
      return status;
    }
  }
  if (reader.remaining_bytes() != 0) return Malformed("bytes are left over");
  return absl::OkStatus();
}

void ArrayWriter::AppendShape(const ArrayHeader& header) {
  if (shapes_ == Shapes::kImplied) {
    if (header.IsPlain()) return;
    CatchUp();
    shapes_ = Shapes::kWritten;
  }
  column_->add_dimensions(static_cast<uint32_t>(header.dimensions.size()));
  for (const ArrayHeader::Dimension& dimension : header.dimensions) {
    column_->add_lengths(dimension.length);
    column_->add_lower_bounds(dimension.lower_bound);
  }
}

void ArrayWriter::CatchUp() {
  for (int i = 1; i < column_->offsets_size(); ++i) {
    const uint32_t length = column_->offsets(i) - column_->offsets(i - 1);
    column_->add_dimensions(length == 0 ? 0 : 1);
    if (length == 0) continue;
    column_->add_lengths(static_cast<int32_t>(length));
    column_->add_lower_bounds(1);
  }
}

void ArrayWriter::CloseSlot(uint32_t end_offset) {
  end_offset_ = end_offset;
  column_->add_offsets(end_offset);
}

}  // namespace sluice::postgres
