// The binary array format: int32 dimension count, int32 flags (1: there are
// NULLs), OID of the elements' type; int32 length and int32 lower bound of
// each dimension; then the elements, each an int32 length (-1: NULL) and bytes.

#include "server/postgres/codec/array_header.h"

#include "server/postgres/codec/decoding_error.h"

namespace sluice::postgres {
namespace {

constexpr int32_t kMaxDimensions = 6;

absl::Status Malformed(absl::string_view why) {
  return MalformedValue("array", why);
}

}  // namespace

absl::StatusOr<ArrayHeader> ReadArrayHeader(uint32_t element_oid,
                                            WireReader& reader) {
  int32_t dimension_count;
  int32_t flags;
  uint32_t oid;
  if (!reader.Read(dimension_count) || !reader.Read(flags) ||
      !reader.Read(oid)) {
    return Malformed("its header is cut short");
  }
  if (dimension_count < 0 || dimension_count > kMaxDimensions) {
    return Malformed("its dimension count is out of range");
  }
  if (flags != 0 && flags != 1) return Malformed("its flags are unknown");
  if (oid != element_oid) {
    return Malformed("its elements are of another type");
  }
  ArrayHeader header;
  header.element_count = dimension_count == 0 ? 0 : 1;
  for (int32_t i = 0; i < dimension_count; ++i) {
    ArrayHeader::Dimension dimension;
    if (!reader.Read(dimension.length) || !reader.Read(dimension.lower_bound)) {
      return Malformed("its dimensions are cut short");
    }
    if (dimension.length < 0) return Malformed("a dimension is negative");
    header.dimensions.push_back(dimension);
    header.element_count *= dimension.length;
    // Every element takes four bytes at least, so this bounds the product.
    if (header.element_count >
        static_cast<int64_t>(reader.remaining_bytes() / 4)) {
      return Malformed("it has fewer elements than its dimensions say");
    }
  }
  if (header.element_count == 0) header.dimensions.clear();
  return header;
}

}  // namespace sluice::postgres
