// Walks a DataRow and hands each value to its column.

#include "server/postgres/codec/row_decoder.h"

#include <cstddef>
#include <string>

#include "absl/base/optimization.h"
#include "absl/strings/str_cat.h"
#include "server/postgres/codec/decoding_error.h"
#include "server/postgres/codec/wire_reader.h"

namespace sluice::postgres {
namespace {

absl::Status Malformed(absl::string_view why) {
  return MalformedValue("DataRow", why);
}

}  // namespace

RowDecoder::RowDecoder(absl::Span<const TypeRef> types,
                       google::protobuf::RepeatedPtrField<v1::Column>* columns,
                       int64_t max_expansion_bytes)
    : expansion_(max_expansion_bytes) {
  columns->Reserve(static_cast<int>(types.size()));
  writers_.reserve(types.size());
  for (const TypeRef& type : types) {
    writers_.emplace_back(*type, columns->Add(), &expansion_);
  }
}

absl::Status RowDecoder::AddRow(absl::string_view body) {
  WireReader reader(body);
  uint16_t column_count;
  if (!reader.Read(column_count)) return Malformed("no column count");
  if (column_count != writers_.size()) {
    return Malformed(absl::StrCat("it has ", column_count,
                                  " columns in place of ", writers_.size()));
  }
  for (ColumnWriter& writer : writers_) {
    int32_t byte_count;
    if (!reader.Read(byte_count)) return Malformed("it is cut short");
    if (byte_count == -1) {
      writer.AppendNull();
      continue;
    }
    absl::string_view value;
    if (!reader.ReadBytes(byte_count, value)) {
      return Malformed("a length is out of range");
    }
    if (absl::Status status = writer.Append(value);
        ABSL_PREDICT_FALSE(!status.ok())) {
      return AtColumn(status,
                      static_cast<size_t>(&writer - writers_.data()) + 1);
    }
  }
  if (reader.remaining_bytes() != 0) return Malformed("bytes are left over");
  // NULLs expand too.
  if (absl::Status status = expansion_.Check(); !status.ok()) return status;
  ++row_count_;
  return absl::OkStatus();
}

absl::Status RowDecoder::AddCell(size_t column, absl::string_view value) {
  absl::Status status = writers_[column].Append(value);
  return status.ok() ? status : AtColumn(status, column + 1);
}

void RowDecoder::AddNull(size_t column) { writers_[column].AppendNull(); }

void RowDecoder::AddDefault(size_t column) { writers_[column].AppendDefault(); }

void RowDecoder::Clear() {
  for (ColumnWriter& writer : writers_) writer.Clear();
  expansion_.Clear();
  row_count_ = 0;
}

}  // namespace sluice::postgres
