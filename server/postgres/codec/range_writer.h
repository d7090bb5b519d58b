// Appends ranges in PostgreSQL's binary format to one column.

#ifndef SLUICE_SERVER_POSTGRES_CODEC_RANGE_WRITER_H_
#define SLUICE_SERVER_POSTGRES_CODEC_RANGE_WRITER_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "server/postgres/codec/column_writer.h"
#include "server/postgres/codec/expansion.h"
#include "server/postgres/codec/nested_writer.h"
#include "server/postgres/codec/type_entry.h"
#include "server/postgres/codec/wire_reader.h"
#include "sluice/v1/types.pb.h"

namespace sluice::postgres {

class RangeWriter final : public NestedWriter {
 public:
  // `bound` is the type of the bounds; `column` is empty.
  RangeWriter(const TypeEntry& bound, v1::RangeColumn* column,
              Expansion* expansion);

  void AppendEmpty() override;
  // As range_send writes it.
  absl::Status Append(absl::string_view value) override;
  void Clear() override;

 private:
  enum class Bound { kPresent, kNone };

  static absl::Status AppendBound(Bound bound, WireReader& reader,
                                  ColumnWriter& writer);

  v1::RangeColumn* const column_;
  ColumnWriter lowers_;
  ColumnWriter uppers_;
};

}  // namespace sluice::postgres

#endif  // SLUICE_SERVER_POSTGRES_CODEC_RANGE_WRITER_H_
