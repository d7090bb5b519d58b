// LongRow: a row too long to be held, taken in pieces. What fits goes to the
// columns, the other values out in fragments.

#ifndef SLUICE_SERVER_EXECUTION_LONG_ROW_H_
#define SLUICE_SERVER_EXECUTION_LONG_ROW_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "server/execution/stream_output.h"
#include "server/postgres/codec/row_decoder.h"
#include "server/postgres/codec/row_piece_reader.h"
#include "server/postgres/codec/type_entry.h"
#include "server/postgres/codec/utf8_stream.h"
#include "sluice/v1/database.pb.h"

namespace sluice::execution {

class LongRow {
 public:
  enum class Progress {
    kNeedsPiece,
    // The decoder has the row.
    kComplete,
    // A value is longer than limit().
    kTooLong,
    // status() says why.
    kFailed,
  };

  // A row of `row_bytes` whose values may have `max_value_bytes`.
  // Lifetime: everything referred to outlives it. `decoder` has no rows.
  LongRow(const std::vector<postgres::TypeRef>& types, size_t row_bytes,
          int64_t max_value_bytes, postgres::RowDecoder& decoder,
          StreamOutput& output);
  LongRow(const LongRow&) = delete;

  Progress Add(absl::string_view piece);

  int64_t limit() const { return limit_; }
  const absl::Status& status() const { return status_; }

 private:
  // What becomes of the bytes of the value at hand.
  enum class Way {
    // Gathered, and decoded into its column.
    kInline,
    // Handed on as they come.
    kRaw,
    // Gathered, decoded, and handed on then.
    kDecoded,
  };

  Progress Begin();
  Way WayOf(postgres::ColumnKind kind);
  absl::Status Take(absl::string_view bytes);
  absl::Status TakeRaw(absl::string_view bytes);
  absl::Status EndValue();
  absl::Status SendDecoded();
  absl::Status SendArray(const postgres::TypeEntry& type);
  void AppendFragment(absl::string_view bytes);
  void SendFragment();

  const std::vector<postgres::TypeRef>& types_;
  const int64_t max_value_bytes_;
  postgres::RowDecoder& decoder_;
  StreamOutput& output_;
  postgres::RowPieceReader reader_;
  // Bytes of the values decoded into their columns.
  size_t inline_bytes_ = 0;
  Way way_ = Way::kInline;
  // The value at hand, where it is gathered.
  std::string value_;
  // Of the raw value at hand: bytes in front of it that are still to come.
  size_t offset_left_ = 0;
  postgres::Utf8Stream utf8_;
  v1::QueryStreamResponse fragment_;
  int64_t limit_ = 0;
  absl::Status status_;
};

}  // namespace sluice::execution

#endif  // SLUICE_SERVER_EXECUTION_LONG_ROW_H_
