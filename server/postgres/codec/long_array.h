// LongArray: decodes one long array in parts, so that its elements, which take
// up to ten times as much decoded, never are in memory all at once.

#ifndef SLUICE_SERVER_POSTGRES_CODEC_LONG_ARRAY_H_
#define SLUICE_SERVER_POSTGRES_CODEC_LONG_ARRAY_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/postgres/codec/array_header.h"
#include "server/postgres/codec/column_writer.h"
#include "server/postgres/codec/expansion.h"
#include "server/postgres/codec/type_entry.h"
#include "server/postgres/codec/wire_reader.h"
#include "sluice/v1/types.pb.h"

namespace sluice::postgres {

class LongArray {
 public:
  // Whether values of that type can be decoded so: arrays whose elements are
  // not made of values themselves.
  static bool Takes(const TypeEntry& type);

  // `value`: an array as array_send writes it. `max_expansion_bytes`: as of
  // RowDecoder.
  // Lifetime: `type` and `value` outlive it.
  LongArray(const TypeEntry& type, absl::string_view value,
            int64_t max_expansion_bytes);
  LongArray(const LongArray&) = delete;

  // The next bytes of a serialized v1::Column with the array in its only slot;
  // empty: no more.
  // Errors: as ColumnWriter::Append.
  absl::StatusOr<std::string> NextPart();

 private:
  absl::Status Begin();
  absl::Status AppendElement();
  // Of the elements at hand.
  void KeepNulls();
  void WriteShape();

  const uint32_t element_oid_;
  WireReader reader_;
  Expansion expansion_;
  // With the elements at hand.
  v1::Column column_;
  ColumnWriter elements_;
  enum class State { kHeader, kElements, kEnd } state_ = State::kHeader;
  ArrayHeader header_;
  // Elements decoded so far, and those of them that are at hand.
  int64_t decoded_count_ = 0;
  int64_t count_ = 0;
  // Of the elements that were handed out.
  std::string nulls_;
};

}  // namespace sluice::postgres

#endif  // SLUICE_SERVER_POSTGRES_CODEC_LONG_ARRAY_H_
