// The binary format of composites: int32 field count, dropped attributes left
// out; then for each field the OID of its type, an int32 length (-1: NULL) and
// the bytes.

#include "server/postgres/codec/composite_writer.h"

#include "absl/base/optimization.h"
#include "server/postgres/codec/decoding_error.h"
#include "server/postgres/codec/wire_reader.h"

namespace sluice::postgres {
namespace {

absl::Status Malformed(absl::string_view why) {
  return MalformedValue("composite", why);
}

}  // namespace

CompositeWriter::CompositeWriter(const TypeEntry& type,
                                 v1::CompositeColumn* column,
                                 Expansion* expansion)
    : expansion_(expansion) {
  fields_.reserve(type.fields.size());
  for (const FieldEntry& field : type.fields) {
    fields_.push_back(
        {field.type->oid,
         ColumnWriter(*field.type, column->add_fields(), expansion)});
  }
}

void CompositeWriter::AppendEmpty() {
  for (Field& field : fields_) field.writer.AppendNull();
  // A byte at least for each slot.
  expansion_->Count(fields_.size(), sizeof(int32_t));
}

absl::Status CompositeWriter::Append(absl::string_view value) {
  WireReader reader(value);
  int32_t field_count;
  if (!reader.Read(field_count)) return Malformed("it has no field count");
  if (field_count < 0 || static_cast<size_t>(field_count) != fields_.size()) {
    return Malformed("its fields are not those of its type");
  }
  for (Field& field : fields_) {
    uint32_t type_oid;
    int32_t byte_count;
    if (!reader.Read(type_oid) || !reader.Read(byte_count)) {
      return Malformed("it is cut short");
    }
    if (type_oid != field.type_oid)
      return Malformed("its fields are not those of its type");
    if (byte_count == -1) {
      field.writer.AppendNull();
      continue;
    }
    absl::string_view bytes;
    if (!reader.ReadBytes(byte_count, bytes)) {
      return Malformed("a field's length is out of range");
    }
    if (absl::Status status = field.writer.Append(bytes);
        ABSL_PREDICT_FALSE(!status.ok())) {
      return status;
    }
  }
  if (reader.remaining_bytes() != 0) return Malformed("bytes are left over");
  return expansion_->Check();
}

void CompositeWriter::Clear() {
  for (Field& field : fields_) field.writer.Clear();
}

}  // namespace sluice::postgres
