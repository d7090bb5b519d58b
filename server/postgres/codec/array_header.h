// ArrayHeader: what stands in front of the elements of a binary array.

#ifndef SLUICE_SERVER_POSTGRES_CODEC_ARRAY_HEADER_H_
#define SLUICE_SERVER_POSTGRES_CODEC_ARRAY_HEADER_H_

#include <cstdint>

#include "absl/container/inlined_vector.h"
#include "absl/status/statusor.h"
#include "server/postgres/codec/wire_reader.h"

namespace sluice::postgres {

struct ArrayHeader {
  struct Dimension {
    int32_t length;
    int32_t lower_bound;
  };
  // None of an array without elements.
  absl::InlinedVector<Dimension, 6> dimensions;
  // Four bytes at least are left for each.
  int64_t element_count = 0;

  // One dimension from 1, or none: what a column need not say.
  bool IsPlain() const {
    return dimensions.empty() ||
           (dimensions.size() == 1 && dimensions[0].lower_bound == 1);
  }
};

// Reads the header of an array as array_send writes it.
// Errors: INTERNAL (PROTOCOL_VIOLATION) when it is none, or of another type of
// elements.
absl::StatusOr<ArrayHeader> ReadArrayHeader(uint32_t element_oid,
                                            WireReader& reader);

}  // namespace sluice::postgres

#endif  // SLUICE_SERVER_POSTGRES_CODEC_ARRAY_HEADER_H_
