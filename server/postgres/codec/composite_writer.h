// Appends composites in PostgreSQL's binary format to one column.

#ifndef SLUICE_SERVER_POSTGRES_CODEC_COMPOSITE_WRITER_H_
#define SLUICE_SERVER_POSTGRES_CODEC_COMPOSITE_WRITER_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "server/postgres/codec/column_writer.h"
#include "server/postgres/codec/expansion.h"
#include "server/postgres/codec/nested_writer.h"
#include "server/postgres/codec/type_entry.h"
#include "sluice/v1/types.pb.h"

namespace sluice::postgres {

class CompositeWriter final : public NestedWriter {
 public:
  // `type` is the composite's; `column` is empty.
  CompositeWriter(const TypeEntry& type, v1::CompositeColumn* column,
                  Expansion* expansion);

  void AppendEmpty() override;
  // As record_send writes it.
  absl::Status Append(absl::string_view value) override;
  void Clear() override;

 private:
  struct Field {
    uint32_t type_oid;
    ColumnWriter writer;
  };

  std::vector<Field> fields_;
  Expansion* const expansion_;
};

}  // namespace sluice::postgres

#endif  // SLUICE_SERVER_POSTGRES_CODEC_COMPOSITE_WRITER_H_
