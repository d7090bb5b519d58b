// Decodes DataRow messages straight into columns.

#ifndef SLUICE_SERVER_POSTGRES_CODEC_ROW_DECODER_H_
#define SLUICE_SERVER_POSTGRES_CODEC_ROW_DECODER_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "google/protobuf/repeated_ptr_field.h"
#include "server/postgres/codec/column_writer.h"
#include "server/postgres/codec/expansion.h"
#include "server/postgres/codec/type_entry.h"
#include "sluice/v1/types.pb.h"

namespace sluice::postgres {

// One per result, or per buffer for batches of rows.
// Lifetime: `columns` outlives it and is changed by nobody else meanwhile; the
// types need only live until the constructor returns.
// Threads: belongs to one event loop.
class RowDecoder {
 public:
  static constexpr int64_t kDefaultMaxExpansionBytes = 16 * 1024 * 1024;

  // Adds a column to `columns`, empty until then, for each type. The rows come
  // in the formats that ResultFormatOf names for the types' column kinds.
  // `max_expansion_bytes` bounds expansion_bytes().
  RowDecoder(absl::Span<const TypeRef> types,
             google::protobuf::RepeatedPtrField<v1::Column>* columns,
             int64_t max_expansion_bytes = kDefaultMaxExpansionBytes);
  RowDecoder(const RowDecoder&) = delete;
  RowDecoder& operator=(const RowDecoder&) = delete;

  // Adds a slot to each column. `body` is that of the message: int16 column
  // count, then for each an int32 length (-1: NULL) and the bytes. The bitmaps
  // of NULLs are right after every row; nothing remains to be finished.
  //
  // After an error the rows before are as they were, but columns may be of
  // uneven length: the whole result is to be dropped.
  // Errors: INTERNAL (PROTOCOL_VIOLATION) when the body is malformed in any
  // way; OUT_OF_RANGE (RESULT_OUT_OF_RANGE) when a value has no
  // representation; RESOURCE_EXHAUSTED (BYTE_LIMIT) beyond
  // max_expansion_bytes. A value's error names the column by its number, from
  // 1.
  absl::Status AddRow(absl::string_view body);

  // The same in steps, for a row that arrives in pieces: a call for each
  // column in any order, `column` counted from 0, then EndRow.
  // Errors: of AddCell those of AddRow.
  absl::Status AddCell(size_t column, absl::string_view value);
  void AddNull(size_t column);
  // A slot with the default that is not NULL: its value travels elsewhere.
  void AddDefault(size_t column);
  void EndRow() { ++row_count_; }

  // Forgets all rows and the expansion, but keeps memory of the columns: what
  // comes next is as from a decoder that is new. Of a row that was begun and
  // not ended nothing remains.
  void Clear();

  // Rows added without an error.
  uint32_t row_count() const { return row_count_; }

  // Bytes that the values take beyond what PostgreSQL sent. Ten bytes can say
  // 1e131000, so whoever bounds the bytes of a result adds these to those of
  // the rows.
  int64_t expansion_bytes() const { return expansion_.bytes(); }

 private:
  Expansion expansion_;
  std::vector<ColumnWriter> writers_;
  uint32_t row_count_ = 0;
};

}  // namespace sluice::postgres

#endif  // SLUICE_SERVER_POSTGRES_CODEC_ROW_DECODER_H_
