// The binary format of multiranges: int32 range count, then for each an int32
// length and the bytes of the range.

#include "server/postgres/codec/multirange_writer.h"

#include <limits>

#include "absl/base/optimization.h"
#include "server/postgres/codec/decoding_error.h"
#include "server/postgres/codec/wire_reader.h"

namespace sluice::postgres {
namespace {

absl::Status Malformed(absl::string_view why) {
  return MalformedValue("multirange", why);
}

}  // namespace

MultirangeWriter::MultirangeWriter(const TypeEntry& range,
                                   v1::MultirangeColumn* column,
                                   Expansion* expansion)
    : column_(column),
      ranges_(*range.element, column->mutable_ranges(), expansion) {
  column_->add_offsets(0);
}

void MultirangeWriter::AppendEmpty() { column_->add_offsets(end_offset_); }

absl::Status MultirangeWriter::Append(absl::string_view value) {
  WireReader reader(value);
  int32_t range_count;
  if (!reader.Read(range_count)) return Malformed("it has no range count");
  // Every range takes a length and flags.
  if (range_count < 0 || static_cast<size_t>(range_count) >
                             reader.remaining_bytes() / sizeof(int32_t)) {
    return Malformed("its range count is out of range");
  }
  const auto count = static_cast<uint32_t>(range_count);
  if (ABSL_PREDICT_FALSE(count >
                         std::numeric_limits<uint32_t>::max() - end_offset_)) {
    return ValueOutOfRange("more than 4294967295 ranges do not fit");
  }
  for (uint32_t i = 0; i < count; ++i) {
    int32_t byte_count;
    absl::string_view range;
    if (!reader.Read(byte_count) || !reader.ReadBytes(byte_count, range)) {
      return Malformed("a range is cut short");
    }
    if (absl::Status status = ranges_.Append(range);
        ABSL_PREDICT_FALSE(!status.ok())) {
      return status;
    }
  }
  if (reader.remaining_bytes() != 0) return Malformed("bytes are left over");
  end_offset_ += count;
  column_->add_offsets(end_offset_);
  return absl::OkStatus();
}

void MultirangeWriter::Clear() {
  ranges_.Clear();
  column_->clear_offsets();
  column_->add_offsets(0);
  end_offset_ = 0;
}

}  // namespace sluice::postgres
