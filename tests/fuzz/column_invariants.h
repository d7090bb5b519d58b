// What holds of every column that the codec makes.

#ifndef SLUICE_TESTS_FUZZ_COLUMN_INVARIANTS_H_
#define SLUICE_TESTS_FUZZ_COLUMN_INVARIANTS_H_

#include <cstdint>

#include "absl/status/status.h"
#include "server/postgres/codec/type_entry.h"
#include "sluice/v1/types.pb.h"
#include "tests/fuzz/require.h"

namespace sluice::fuzz {

// A slot per row in the member of the type, bitmap, offsets, dimensions, flags
// and defaults of NULLs as proto/sluice/v1/types.proto has them, and all of it
// the same after a way over the wire (where protobuf refuses what is no UTF-8).
void RequireSound(const v1::Column& column, const postgres::TypeEntry& type,
                  uint32_t row_count);

// An error is one of those that RowDecoder documents.
void RequireDecoderError(const absl::Status& status);

}  // namespace sluice::fuzz

#endif  // SLUICE_TESTS_FUZZ_COLUMN_INVARIANTS_H_
