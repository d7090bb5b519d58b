// One append per kind of column.

#include "server/postgres/codec/column_writer.h"

#include <bit>
#include <limits>

#include "absl/base/optimization.h"
#include "server/base/utf8.h"
#include "server/postgres/codec/big_endian.h"
#include "server/postgres/codec/decoding_error.h"
#include "server/postgres/codec/epoch.h"
#include "server/postgres/codec/nested_writer.h"
#include "server/postgres/codec/numeric_text.h"
#include "server/postgres/codec/other_text.h"
#include "server/postgres/codec/result_format.h"

namespace sluice::postgres {
namespace {

constexpr size_t kUuidBytes = 16;
constexpr size_t kIntervalBytes = 16;
constexpr char kJsonbVersion = 1;

}  // namespace

ColumnWriter::ColumnWriter(const TypeEntry& type, v1::Column* column,
                           Expansion* expansion)
    : kind_(type.column_kind), column_(column), expansion_(expansion) {
  OpenMember(BaseOf(type));
}

ColumnWriter::ColumnWriter(ColumnWriter&&) noexcept = default;
ColumnWriter::~ColumnWriter() = default;

void ColumnWriter::OpenMember(const TypeEntry& type) {
  switch (ColumnMemberOf(kind_)) {
    case v1::Column::kBools:
      slots_.bools = column_->mutable_bools()->mutable_values();
      return;
    case v1::Column::kInt64S:
      slots_.int64s = column_->mutable_int64s()->mutable_values();
      return;
    case v1::Column::kDoubles:
      slots_.doubles = column_->mutable_doubles()->mutable_values();
      return;
    case v1::Column::kTexts:
      slots_.texts = column_->mutable_texts()->mutable_values();
      return;
    case v1::Column::kBlobs:
      slots_.texts = column_->mutable_blobs()->mutable_values();
      return;
    case v1::Column::kNumerics:
      slots_.texts = column_->mutable_numerics()->mutable_values();
      return;
    case v1::Column::kTimestamps:
      slots_.int64s = column_->mutable_timestamps()->mutable_values();
      return;
    case v1::Column::kDates:
      slots_.int32s = column_->mutable_dates()->mutable_values();
      return;
    case v1::Column::kTimes:
      slots_.int64s = column_->mutable_times()->mutable_values();
      return;
    case v1::Column::kIntervals:
      slots_.intervals = column_->mutable_intervals()->mutable_values();
      return;
    case v1::Column::kUuids:
      slots_.texts = column_->mutable_uuids()->mutable_values();
      return;
    case v1::Column::kJsons:
      slots_.texts = column_->mutable_jsons()->mutable_values();
      return;
    case v1::Column::kArrays:
    case v1::Column::kComposites:
    case v1::Column::kRanges:
    case v1::Column::kMultiranges:
      nested_ = MakeNestedWriter(type, column_, expansion_);
      return;
    case v1::Column::kOthers:
    case v1::Column::VALUES_NOT_SET:
      slots_.texts = column_->mutable_others()->mutable_values();
      return;
  }
}

void ColumnWriter::MarkNull() {
  const uint32_t slot = slot_count_ - 1;
  if (nulls_ == nullptr) {
    nulls_ = column_->mutable_nulls();
    nulls_->assign(slot / 8 + 1, '\0');
  }
  nulls_->back() = static_cast<char>(static_cast<uint8_t>(nulls_->back()) |
                                     (1u << (slot % 8)));
}

void ColumnWriter::AppendNull() {
  StartSlot();
  MarkNull();
  AddDefaultSlot();
}

void ColumnWriter::AppendDefault() {
  StartSlot();
  AddDefaultSlot();
}

void ColumnWriter::AddDefaultSlot() {
  switch (kind_) {
    case ColumnKind::kBool:
      slots_.bools->Add(false);
      return;
    case ColumnKind::kInt2:
    case ColumnKind::kInt4:
    case ColumnKind::kInt8:
    case ColumnKind::kOid:
    case ColumnKind::kTimestamp:
    case ColumnKind::kTimestamptz:
    case ColumnKind::kTime:
      slots_.int64s->Add(0);
      return;
    case ColumnKind::kFloat4:
    case ColumnKind::kFloat8:
      slots_.doubles->Add(0);
      return;
    case ColumnKind::kDate:
      slots_.int32s->Add(0);
      return;
    case ColumnKind::kInterval:
      slots_.intervals->Add();
      return;
    case ColumnKind::kArray:
    case ColumnKind::kVector:
    case ColumnKind::kComposite:
    case ColumnKind::kRange:
    case ColumnKind::kMultirange:
      nested_->AppendEmpty();
      return;
    default:
      slots_.texts->Add();
      return;
  }
}

void ColumnWriter::Clear() {
  slot_count_ = 0;
  if (nulls_ != nullptr) nulls_->clear();
  nulls_ = nullptr;
  switch (ColumnMemberOf(kind_)) {
    case v1::Column::kBools:
      return slots_.bools->Clear();
    case v1::Column::kInt64S:
    case v1::Column::kTimestamps:
    case v1::Column::kTimes:
      return slots_.int64s->Clear();
    case v1::Column::kDoubles:
      return slots_.doubles->Clear();
    case v1::Column::kDates:
      return slots_.int32s->Clear();
    case v1::Column::kIntervals:
      return slots_.intervals->Clear();
    case v1::Column::kArrays:
    case v1::Column::kComposites:
    case v1::Column::kRanges:
    case v1::Column::kMultiranges:
      return nested_->Clear();
    default:
      return ClearTexts();
  }
}

void ColumnWriter::ClearTexts() {
  size_t kept_bytes = 0;
  for (std::string& text : *slots_.texts) {
    kept_bytes += text.capacity();
    if (kept_bytes > kMaxKeptBytes) {
      kept_bytes -= text.capacity();
      std::string().swap(text);
    }
  }
  slots_.texts->Clear();
}

absl::Status ColumnWriter::Append(absl::string_view value) {
  StartSlot();
  switch (kind_) {
    case ColumnKind::kBool:
      return AppendBool(value);
    case ColumnKind::kInt2:
      return AppendInteger<int16_t>(value);
    case ColumnKind::kInt4:
      return AppendInteger<int32_t>(value);
    case ColumnKind::kInt8:
      return AppendInteger<int64_t>(value);
    case ColumnKind::kTime:
      return AppendTime(value);
    case ColumnKind::kOid:
      return AppendInteger<uint32_t>(value);
    case ColumnKind::kFloat4:
      return AppendFloat<uint32_t, float>(value);
    case ColumnKind::kFloat8:
      return AppendFloat<uint64_t, double>(value);
    case ColumnKind::kNumeric:
      return AppendNumeric(value);
    case ColumnKind::kChar:
      return AppendChar(value);
    case ColumnKind::kBytea:
      return AppendBytea(value);
    case ColumnKind::kTimestamp:
    case ColumnKind::kTimestamptz:
      return AppendTimestamp(value);
    case ColumnKind::kDate:
      return AppendDate(value);
    case ColumnKind::kInterval:
      return AppendInterval(value);
    case ColumnKind::kUuid:
      return AppendUuid(value);
    case ColumnKind::kJsonb:
      return AppendJsonb(value);
    case ColumnKind::kArray:
    case ColumnKind::kVector:
    case ColumnKind::kComposite:
    case ColumnKind::kRange:
    case ColumnKind::kMultirange:
      return nested_->Append(value);
    case ColumnKind::kText:
    case ColumnKind::kEnum:
    case ColumnKind::kJson:
    case ColumnKind::kPlain:
    case ColumnKind::kOther:
      return AppendText(value);
    default:
      return AppendOther(value);
  }
}

template <typename Wire>
absl::Status ColumnWriter::AppendInteger(absl::string_view value) {
  if (ABSL_PREDICT_FALSE(value.size() != sizeof(Wire))) {
    return MalformedBytes("integer", value);
  }
  slots_.int64s->Add(LoadBigEndian<Wire>(value.data()));
  return absl::OkStatus();
}

template <typename Wire, typename Float>
absl::Status ColumnWriter::AppendFloat(absl::string_view value) {
  static_assert(sizeof(Wire) == sizeof(Float));
  if (ABSL_PREDICT_FALSE(value.size() != sizeof(Wire))) {
    return MalformedBytes("floating-point number", value);
  }
  slots_.doubles->Add(std::bit_cast<Float>(LoadBigEndian<Wire>(value.data())));
  return absl::OkStatus();
}

absl::Status ColumnWriter::AppendBool(absl::string_view value) {
  if (ABSL_PREDICT_FALSE(value.size() != 1 ||
                         static_cast<uint8_t>(value[0]) > 1)) {
    return MalformedBytes("boolean", value);
  }
  slots_.bools->Add(value[0] != 0);
  return absl::OkStatus();
}

// PostgreSQL lets other bytes through in a few places, such as the names of
// roles that were made in a database of another encoding.
absl::Status ColumnWriter::AppendText(absl::string_view value) {
  if (ABSL_PREDICT_FALSE(!IsUtf8(value))) {
    return ValueOutOfRange("a text that is not UTF-8 does not fit");
  }
  slots_.texts->Add()->assign(value.data(), value.size());
  return absl::OkStatus();
}

// As PostgreSQL 16 writes it: a byte above ASCII in octal, a zero as nothing.
absl::Status ColumnWriter::AppendChar(absl::string_view value) {
  if (ABSL_PREDICT_FALSE(value.size() != 1)) {
    return MalformedBytes("\"char\"", value);
  }
  std::string* text = slots_.texts->Add();
  const uint8_t byte = static_cast<uint8_t>(value[0]);
  if (byte >= 0x80) {
    const char octal[] = {'\\', static_cast<char>('0' + (byte >> 6)),
                          static_cast<char>('0' + ((byte >> 3) & 7)),
                          static_cast<char>('0' + (byte & 7))};
    text->assign(octal, sizeof(octal));
  } else if (byte != 0) {
    text->assign(1, value[0]);
  }
  return absl::OkStatus();
}

absl::Status ColumnWriter::AppendJsonb(absl::string_view value) {
  if (ABSL_PREDICT_FALSE(value.empty() || value[0] != kJsonbVersion)) {
    return MalformedBytes("jsonb", value);
  }
  value.remove_prefix(1);
  return AppendText(value);
}

absl::Status ColumnWriter::AppendBytea(absl::string_view value) {
  slots_.texts->Add()->assign(value.data(), value.size());
  return absl::OkStatus();
}

absl::Status ColumnWriter::AppendUuid(absl::string_view value) {
  if (ABSL_PREDICT_FALSE(value.size() != kUuidBytes)) {
    return MalformedBytes("uuid", value);
  }
  return AppendBytea(value);
}

absl::Status ColumnWriter::AppendNumeric(absl::string_view value) {
  std::string* text = slots_.texts->Add();
  if (ABSL_PREDICT_FALSE(DecodeNumeric(value, *text) ==
                         NumericDecoding::kMalformed)) {
    return MalformedBytes("numeric", value);
  }
  expansion_->Count(text->size(), value.size());
  return expansion_->Check();
}

absl::Status ColumnWriter::AppendOther(absl::string_view value) {
  std::string* text = slots_.texts->Add();
  if (ABSL_PREDICT_FALSE(!AppendOtherText(kind_, value, *text))) {
    return MalformedBytes("value", value);
  }
  // Names and words in it, as in AppendText.
  if (ABSL_PREDICT_FALSE(!IsUtf8(*text))) {
    return ValueOutOfRange("a text that is not UTF-8 does not fit");
  }
  expansion_->Count(text->size(), value.size());
  return expansion_->Check();
}

absl::Status ColumnWriter::AppendTimestamp(absl::string_view value) {
  if (ABSL_PREDICT_FALSE(value.size() != sizeof(int64_t))) {
    return MalformedBytes("timestamp", value);
  }
  int64_t micros = LoadBigEndian<int64_t>(value.data());
  if (ABSL_PREDICT_TRUE(micros != kTimestampInfinity &&
                        micros != kTimestampMinusInfinity)) {
    if (ABSL_PREDICT_FALSE(micros >= kTimestampInfinity - kEpochShiftMicros)) {
      return ValueOutOfRange(
          "a timestamp beyond 294247-01-10 04:00:54.775806 does not fit");
    }
    micros += kEpochShiftMicros;
  }
  slots_.int64s->Add(micros);
  return absl::OkStatus();
}

absl::Status ColumnWriter::AppendTime(absl::string_view value) {
  if (ABSL_PREDICT_FALSE(value.size() != sizeof(int64_t))) {
    return MalformedBytes("time", value);
  }
  const auto micros = LoadBigEndian<int64_t>(value.data());
  if (ABSL_PREDICT_FALSE(micros < 0 || micros > kMicrosPerDay)) {
    return MalformedBytes("time", value);
  }
  slots_.int64s->Add(micros);
  return absl::OkStatus();
}

absl::Status ColumnWriter::AppendDate(absl::string_view value) {
  if (ABSL_PREDICT_FALSE(value.size() != sizeof(int32_t))) {
    return MalformedBytes("date", value);
  }
  int32_t days = LoadBigEndian<int32_t>(value.data());
  if (ABSL_PREDICT_TRUE(days != kDateInfinity && days != kDateMinusInfinity)) {
    if (ABSL_PREDICT_FALSE(days >= kEndDay))
      return MalformedBytes("date", value);
    days += kEpochShiftDays;
  }
  slots_.int32s->Add(days);
  return absl::OkStatus();
}

absl::Status ColumnWriter::AppendInterval(absl::string_view value) {
  if (ABSL_PREDICT_FALSE(value.size() != kIntervalBytes)) {
    return MalformedBytes("interval", value);
  }
  v1::Interval* interval = slots_.intervals->Add();
  interval->set_microseconds(LoadBigEndian<int64_t>(value.data()));
  interval->set_days(LoadBigEndian<int32_t>(value.data() + 8));
  interval->set_months(LoadBigEndian<int32_t>(value.data() + 12));
  return absl::OkStatus();
}

}  // namespace sluice::postgres
