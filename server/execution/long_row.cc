#include "server/execution/long_row.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/base/error.h"
#include "server/postgres/codec/column_writer.h"
#include "server/postgres/codec/decoding_error.h"
#include "server/postgres/codec/expansion.h"
#include "server/postgres/codec/long_array.h"
#include "server/postgres/codec/result_format.h"

namespace sluice::execution {
namespace {

using postgres::ColumnKind;
using postgres::RowPieceReader;

// What a row may hold beside its fragments.
constexpr size_t kMaxInlineBytes = size_t{128} * 1024;
// A value this short is worth no fragment: PostgreSQL's 1,664 columns of it
// are no more than kMaxInlineBytes.
constexpr size_t kAlwaysInlineBytes = 64;
constexpr size_t kFragmentBytes = size_t{128} * 1024;
// A value that has to be decoded is held as a whole.
constexpr int64_t kMaxDecodedBytes = int64_t{16} * 1024 * 1024;
// What jsonb and jsonpath send in front of their text.
constexpr char kVersion = 1;

absl::Status Malformed(absl::string_view what) {
  return MakeError(absl::StatusCode::kInternal,
                   v1::ERROR_REASON_PROTOCOL_VIOLATION,
                   absl::StrCat("malformed ", what));
}

absl::Status NotUtf8(size_t column) {
  return MakeError(
      absl::StatusCode::kOutOfRange, v1::ERROR_REASON_RESULT_OUT_OF_RANGE,
      absl::StrCat("result column ", column + 1, ": a text is not UTF-8"));
}

bool HoldsText(ColumnKind kind) {
  return postgres::ColumnMemberOf(kind) != v1::Column::kBlobs;
}

// The slot of a column of strings with one row; null for other columns.
const std::string* OnlyString(const v1::Column& column) {
  switch (column.values_case()) {
    case v1::Column::kTexts:
      return &column.texts().values(0);
    case v1::Column::kBlobs:
      return &column.blobs().values(0);
    case v1::Column::kNumerics:
      return &column.numerics().values(0);
    case v1::Column::kJsons:
      return &column.jsons().values(0);
    case v1::Column::kOthers:
      return &column.others().values(0);
    default:
      return nullptr;
  }
}

}  // namespace

LongRow::LongRow(const std::vector<postgres::TypeRef>& types, size_t row_bytes,
                 int64_t max_value_bytes, postgres::RowDecoder& decoder,
                 StreamOutput& output)
    : types_(types),
      max_value_bytes_(max_value_bytes),
      decoder_(decoder),
      output_(output),
      reader_(types.size(), row_bytes) {}

LongRow::Progress LongRow::Add(absl::string_view piece) {
  while (status_.ok()) {
    switch (reader_.Next(piece)) {
      case RowPieceReader::Event::kNeedsPiece:
        return Progress::kNeedsPiece;
      case RowPieceReader::Event::kNull:
        decoder_.AddNull(reader_.column());
        break;
      case RowPieceReader::Event::kCellBegins:
        if (Begin() == Progress::kTooLong) return Progress::kTooLong;
        break;
      case RowPieceReader::Event::kCellBytes:
        status_ = Take(reader_.bytes());
        break;
      case RowPieceReader::Event::kCellEnds:
        status_ = EndValue();
        break;
      case RowPieceReader::Event::kRowEnds:
        decoder_.EndRow();
        return Progress::kComplete;
      case RowPieceReader::Event::kMalformed:
        status_ = Malformed("DataRow: a count or length is out of range");
        break;
    }
  }
  return Progress::kFailed;
}

LongRow::Progress LongRow::Begin() {
  const ColumnKind kind = types_[reader_.column()]->column_kind;
  way_ = WayOf(kind);
  limit_ = way_ == Way::kDecoded ? std::min(max_value_bytes_, kMaxDecodedBytes)
                                 : max_value_bytes_;
  if (static_cast<int64_t>(reader_.cell_bytes()) > limit_) {
    return Progress::kTooLong;
  }
  value_.clear();
  utf8_ = {};
  if (way_ == Way::kInline) inline_bytes_ += reader_.cell_bytes();
  if (way_ == Way::kRaw) offset_left_ = *postgres::RawValueOffset(kind);
  return Progress::kNeedsPiece;
}

LongRow::Way LongRow::WayOf(ColumnKind kind) {
  const size_t bytes = reader_.cell_bytes();
  if (bytes <= kAlwaysInlineBytes || inline_bytes_ + bytes <= kMaxInlineBytes) {
    return Way::kInline;
  }
  return postgres::RawValueOffset(kind).has_value() ? Way::kRaw : Way::kDecoded;
}

absl::Status LongRow::Take(absl::string_view bytes) {
  if (way_ == Way::kRaw) return TakeRaw(bytes);
  value_.append(bytes.data(), bytes.size());
  return absl::OkStatus();
}

absl::Status LongRow::TakeRaw(absl::string_view bytes) {
  for (; offset_left_ > 0 && !bytes.empty(); --offset_left_) {
    if (bytes.front() != kVersion) return Malformed("jsonb or jsonpath");
    bytes.remove_prefix(1);
  }
  if (HoldsText(types_[reader_.column()]->column_kind) && !utf8_.Add(bytes)) {
    return NotUtf8(reader_.column());
  }
  AppendFragment(bytes);
  return absl::OkStatus();
}

absl::Status LongRow::EndValue() {
  const size_t column = reader_.column();
  if (way_ == Way::kInline) return decoder_.AddCell(column, value_);
  if (way_ == Way::kDecoded) {
    const absl::Status sent = SendDecoded();
    if (!sent.ok()) return postgres::AtColumn(sent, column + 1);
  }
  if (!utf8_.IsComplete()) return NotUtf8(column);
  SendFragment();
  decoder_.AddDefault(column);
  return absl::OkStatus();
}

absl::Status LongRow::SendDecoded() {
  const postgres::TypeEntry& type = *types_[reader_.column()];
  if (postgres::LongArray::Takes(type)) return SendArray(type);
  v1::Column column;
  postgres::Expansion expansion(kMaxDecodedBytes);
  postgres::ColumnWriter writer(type, &column, &expansion);
  absl::Status added = writer.Append(value_);
  added.Update(expansion.Check());
  if (!added.ok()) return added;
  if (const std::string* only = OnlyString(column)) {
    AppendFragment(*only);
  } else {
    AppendFragment(column.SerializeAsString());
  }
  return absl::OkStatus();
}

absl::Status LongRow::SendArray(const postgres::TypeEntry& type) {
  postgres::LongArray array(type, value_, kMaxDecodedBytes);
  for (;;) {
    const absl::StatusOr<std::string> part = array.NextPart();
    if (!part.ok()) return part.status();
    if (part->empty()) return absl::OkStatus();
    AppendFragment(*part);
  }
}

void LongRow::AppendFragment(absl::string_view bytes) {
  v1::ValueFragment& fragment = *fragment_.mutable_batch()->mutable_fragment();
  fragment.set_column(static_cast<uint32_t>(reader_.column()));
  while (!bytes.empty()) {
    const size_t room = kFragmentBytes - fragment.data().size();
    const absl::string_view some = bytes.substr(0, room);
    fragment.mutable_data()->append(some.data(), some.size());
    bytes.remove_prefix(some.size());
    if (fragment.data().size() == kFragmentBytes) SendFragment();
  }
}

void LongRow::SendFragment() {
  std::string& data =
      *fragment_.mutable_batch()->mutable_fragment()->mutable_data();
  if (data.empty()) return;
  output_.Send(fragment_);
  data.clear();
}

}  // namespace sluice::execution
