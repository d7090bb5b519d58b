// Appends arrays in PostgreSQL's binary format to one column of arrays.

#ifndef SLUICE_SERVER_POSTGRES_CODEC_ARRAY_WRITER_H_
#define SLUICE_SERVER_POSTGRES_CODEC_ARRAY_WRITER_H_

#include <cstdint>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "server/postgres/codec/array_header.h"
#include "server/postgres/codec/column_writer.h"
#include "server/postgres/codec/expansion.h"
#include "server/postgres/codec/nested_writer.h"
#include "server/postgres/codec/type_entry.h"
#include "server/postgres/codec/wire_reader.h"
#include "sluice/v1/types.pb.h"

namespace sluice::postgres {

// Dimensions are written from the first array on that has another shape than
// one dimension from 1; then those before it are caught up on.
// Lifetime: the column outlives it and is changed by nobody else meanwhile.
class ArrayWriter final : public NestedWriter {
 public:
  // `column` is empty. `expansion` outlives the writer.
  ArrayWriter(const TypeEntry& element, v1::ArrayColumn* column,
              Expansion* expansion);

  void AppendEmpty() override;
  // As array_send writes it.
  absl::Status Append(absl::string_view value) override;
  void Clear() override;

 private:
  absl::Status AppendElements(WireReader& reader, int64_t count);
  void AppendShape(const ArrayHeader& header);
  // Writes the dimensions of all slots so far.
  void CatchUp();
  void CloseSlot(uint32_t end_offset);

  v1::ArrayColumn* const column_;
  const uint32_t element_oid_;
  ColumnWriter elements_;
  Expansion* const expansion_;
  uint32_t end_offset_ = 0;
  enum class Shapes { kImplied, kWritten } shapes_ = Shapes::kImplied;
};

}  // namespace sluice::postgres

#endif  // SLUICE_SERVER_POSTGRES_CODEC_ARRAY_WRITER_H_
