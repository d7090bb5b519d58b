// The table of column kinds: form on the wire and member of v1::Column.

#include "server/postgres/codec/result_format.h"

namespace sluice::postgres {

WireFormat ResultFormatOf(ColumnKind kind) {
  return kind == ColumnKind::kOther ? WireFormat::kText : WireFormat::kBinary;
}

std::optional<size_t> RawValueOffset(ColumnKind kind) {
  switch (kind) {
    case ColumnKind::kText:
    case ColumnKind::kEnum:
    case ColumnKind::kBytea:
    case ColumnKind::kJson:
    case ColumnKind::kPlain:
    case ColumnKind::kOther:
      return 0;
    case ColumnKind::kJsonb:
    case ColumnKind::kJsonpath:
      // The version of the format.
      return 1;
    default:
      return std::nullopt;
  }
}

v1::Column::ValuesCase ColumnMemberOf(ColumnKind kind) {
  switch (kind) {
    case ColumnKind::kBool:
      return v1::Column::kBools;
    case ColumnKind::kInt2:
    case ColumnKind::kInt4:
    case ColumnKind::kInt8:
    case ColumnKind::kOid:
      return v1::Column::kInt64S;
    case ColumnKind::kFloat4:
    case ColumnKind::kFloat8:
      return v1::Column::kDoubles;
    case ColumnKind::kNumeric:
      return v1::Column::kNumerics;
    case ColumnKind::kText:
    case ColumnKind::kChar:
    case ColumnKind::kEnum:
      return v1::Column::kTexts;
    case ColumnKind::kBytea:
      return v1::Column::kBlobs;
    case ColumnKind::kTimestamp:
    case ColumnKind::kTimestamptz:
      return v1::Column::kTimestamps;
    case ColumnKind::kDate:
      return v1::Column::kDates;
    case ColumnKind::kTime:
      return v1::Column::kTimes;
    case ColumnKind::kInterval:
      return v1::Column::kIntervals;
    case ColumnKind::kUuid:
      return v1::Column::kUuids;
    case ColumnKind::kJson:
    case ColumnKind::kJsonb:
      return v1::Column::kJsons;
    case ColumnKind::kArray:
    case ColumnKind::kVector:
      return v1::Column::kArrays;
    case ColumnKind::kComposite:
      return v1::Column::kComposites;
    case ColumnKind::kRange:
      return v1::Column::kRanges;
    case ColumnKind::kMultirange:
      return v1::Column::kMultiranges;
    default:
      return v1::Column::kOthers;
  }
}

}  // namespace sluice::postgres
