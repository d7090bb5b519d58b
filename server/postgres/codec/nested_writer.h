// NestedWriter: appends values that are made of values to one column.

#ifndef SLUICE_SERVER_POSTGRES_CODEC_NESTED_WRITER_H_
#define SLUICE_SERVER_POSTGRES_CODEC_NESTED_WRITER_H_

#include <memory>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "server/postgres/codec/expansion.h"
#include "server/postgres/codec/type_entry.h"
#include "sluice/v1/types.pb.h"

namespace sluice::postgres {

// Lifetime: the column outlives it and is changed by nobody else meanwhile.
class NestedWriter {
 public:
  virtual ~NestedWriter() = default;

  // A slot for a NULL.
  virtual void AppendEmpty() = 0;

  // A slot with a value in PostgreSQL's binary format. After an error the
  // columns in it may be of uneven length.
  // Errors: as ColumnWriter::Append.
  virtual absl::Status Append(absl::string_view value) = 0;

  // Forgets all slots.
  virtual void Clear() = 0;
};

// The writer for a type of kArray, kVector, kComposite, kRange or kMultirange,
// no domain. Sets the member of `column`, empty until then; `expansion`
// outlives the writer. Null for the other kinds.
std::unique_ptr<NestedWriter> MakeNestedWriter(const TypeEntry& type,
                                               v1::Column* column,
                                               Expansion* expansion);

}  // namespace sluice::postgres

#endif  // SLUICE_SERVER_POSTGRES_CODEC_NESTED_WRITER_H_
