// Appends multiranges in PostgreSQL's binary format to one column.

#ifndef SLUICE_SERVER_POSTGRES_CODEC_MULTIRANGE_WRITER_H_
#define SLUICE_SERVER_POSTGRES_CODEC_MULTIRANGE_WRITER_H_

#include <cstdint>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "server/postgres/codec/expansion.h"
#include "server/postgres/codec/nested_writer.h"
#include "server/postgres/codec/range_writer.h"
#include "server/postgres/codec/type_entry.h"
#include "sluice/v1/types.pb.h"

namespace sluice::postgres {

class MultirangeWriter final : public NestedWriter {
 public:
  // `range` is the type of the ranges; `column` is empty.
  MultirangeWriter(const TypeEntry& range, v1::MultirangeColumn* column,
                   Expansion* expansion);

  void AppendEmpty() override;
  // As multirange_send writes it.
  absl::Status Append(absl::string_view value) override;
  void Clear() override;

 private:
  v1::MultirangeColumn* const column_;
  RangeWriter ranges_;
  uint32_t end_offset_ = 0;
};

}  // namespace sluice::postgres

#endif  // SLUICE_SERVER_POSTGRES_CODEC_MULTIRANGE_WRITER_H_
