// Appends values in PostgreSQL's result format to one column.

#ifndef SLUICE_SERVER_POSTGRES_CODEC_COLUMN_WRITER_H_
#define SLUICE_SERVER_POSTGRES_CODEC_COLUMN_WRITER_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/repeated_field.h"
#include "server/postgres/codec/expansion.h"
#include "server/postgres/codec/type_entry.h"
#include "sluice/v1/types.pb.h"

namespace sluice::postgres {

class NestedWriter;

// Lifetime: the column outlives it and is changed by nobody else meanwhile.
// Invariant: `nulls` is empty or covers every slot.
class ColumnWriter {
 public:
  // Sets the member that the type fills. `column` is empty. `expansion`
  // outlives the writer.
  ColumnWriter(const TypeEntry& type, v1::Column* column, Expansion* expansion);
  ColumnWriter(ColumnWriter&&) noexcept;
  ~ColumnWriter();

  // A slot with the default value, marked in `nulls`.
  void AppendNull();

  // A slot with the default value that is not NULL.
  void AppendDefault();

  // A slot with a value in the format that ResultFormatOf names for the type.
  // After an error the column may have a slot more or less than it should.
  // Errors: INTERNAL (PROTOCOL_VIOLATION) when the bytes are no such value;
  // OUT_OF_RANGE (RESULT_OUT_OF_RANGE) when the API can't represent it;
  // RESOURCE_EXHAUSTED (BYTE_LIMIT) when the expansion is used up.
  absl::Status Append(absl::string_view value);

  // Forgets all slots. Keeps their memory, but of texts no more than
  // kMaxKeptBytes: any slot of any batch may have held a long one.
  void Clear();

 private:
  static constexpr size_t kMaxKeptBytes = 256 * 1024;

  using Texts = google::protobuf::RepeatedPtrField<std::string>;

  void OpenMember(const TypeEntry& type);

  // Counts the slot that is about to be added.
  void StartSlot() {
    if (nulls_ != nullptr && (slot_count_ & 7) == 0) nulls_->push_back('\0');
    ++slot_count_;
  }
  void MarkNull();
  void AddDefaultSlot();
  void ClearTexts();

  template <typename Wire>
  absl::Status AppendInteger(absl::string_view value);
  template <typename Wire, typename Float>
  absl::Status AppendFloat(absl::string_view value);
  absl::Status AppendBool(absl::string_view value);
  absl::Status AppendText(absl::string_view value);
  absl::Status AppendChar(absl::string_view value);
  absl::Status AppendJsonb(absl::string_view value);
  absl::Status AppendBytea(absl::string_view value);
  absl::Status AppendUuid(absl::string_view value);
  absl::Status AppendNumeric(absl::string_view value);
  absl::Status AppendTimestamp(absl::string_view value);
  absl::Status AppendTime(absl::string_view value);
  absl::Status AppendDate(absl::string_view value);
  absl::Status AppendInterval(absl::string_view value);
  absl::Status AppendOther(absl::string_view value);

  ColumnKind kind_;
  uint32_t slot_count_ = 0;
  v1::Column* column_;
  Expansion* expansion_;
  // The bitmap of `column_` once a slot is NULL; null before.
  std::string* nulls_ = nullptr;
  // Slots of the member that `kind_` fills.
  union {
    google::protobuf::RepeatedField<bool>* bools;
    google::protobuf::RepeatedField<int32_t>* int32s;
    google::protobuf::RepeatedField<int64_t>* int64s;
    google::protobuf::RepeatedField<double>* doubles;
    google::protobuf::RepeatedPtrField<v1::Interval>* intervals;
    Texts* texts;
  } slots_;
  // For the structured kinds alone.
  std::unique_ptr<NestedWriter> nested_;
};

}  // namespace sluice::postgres

#endif  // SLUICE_SERVER_POSTGRES_CODEC_COLUMN_WRITER_H_
