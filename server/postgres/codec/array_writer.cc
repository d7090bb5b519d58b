// The binary array format: int32 dimension count, int32 flags (1: there are
// NULLs), OID of the elements' type; int32 length and int32 lower bound of
// each dimension; then the elements, each an int32 length (-1: NULL) and bytes.

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
  int32_t dimension_count;
  int32_t flags;
  uint32_t element_oid;
  if (!reader.Read(dimension_count) || !reader.Read(flags) ||
      !reader.Read(element_oid)) {
    return Malformed("its header is cut short");
  }
  if (dimension_count < 0 || dimension_count > kMaxDimensions) {
    return Malformed("its dimension count is out of range");
  }
  if (flags != 0 && flags != 1) return Malformed("its flags are unknown");
  if (element_oid != element_oid_) {
    return Malformed("its elements are of another type");
  }
  Dimension dimensions[kMaxDimensions];
  int64_t count = dimension_count == 0 ? 0 : 1;
  for (int32_t i = 0; i < dimension_count; ++i) {
    Dimension& dimension = dimensions[i];
    if (!reader.Read(dimension.length) || !reader.Read(dimension.lower_bound)) {
      return Malformed("its dimensions are cut short");
    }
    if (dimension.length < 0) return Malformed("a dimension is negative");
    count *= dimension.length;
    // Every element takes four bytes at least, so this bounds the product.
    if (count > static_cast<int64_t>(reader.remaining_bytes() / 4)) {
      return Malformed("it has fewer elements than its dimensions say");
    }
  }
  if (absl::Status status = AppendElements(reader, count); !status.ok()) {
    return status;
  }
  AppendShape(absl::MakeConstSpan(
      dimensions, count == 0 ? 0 : static_cast<size_t>(dimension_count)));
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

void ArrayWriter::AppendShape(absl::Span<const Dimension> dimensions) {
  if (shapes_ == Shapes::kImplied) {
    if (dimensions.empty() ||
        (dimensions.size() == 1 && dimensions[0].lower_bound == 1)) {
      return;
    }
    CatchUp();
    shapes_ = Shapes::kWritten;
  }
  column_->add_dimensions(static_cast<uint32_t>(dimensions.size()));
  for (const Dimension& dimension : dimensions) {
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
