// Tests of the formats that results are asked for in.

#include "server/postgres/codec/result_format.h"

#include "gtest/gtest.h"
#include "server/postgres/codec/builtin_types.h"

namespace sluice::postgres {
namespace {

WireFormat FormatOf(absl::string_view type) {
  return ResultFormatOf(FindBuiltinType(type)->column_kind);
}

v1::Column::ValuesCase MemberOf(absl::string_view type) {
  return ColumnMemberOf(FindBuiltinType(type)->column_kind);
}

TEST(ResultFormatTest, AsksForTextOnlyWhereNoMemberIsTheTypes) {
  for (absl::string_view type :
       {"bool", "int4", "numeric", "text", "jsonb", "uuid", "int4[]",
        "int4range", "nummultirange[]", "xid", "int2vector"}) {
    EXPECT_EQ(FormatOf(type), WireFormat::kBinary) << type;
  }
  for (absl::string_view type :
       {"aclitem", "aclitem[]", "money", "record", "record[]", "void",
        "pg_node_tree", "gtsvector", "regclass"}) {
    EXPECT_EQ(FormatOf(type), WireFormat::kText) << type;
    EXPECT_EQ(MemberOf(type), v1::Column::kOthers) << type;
  }
  for (absl::string_view type :
       {"xml", "timetz", "inet", "point", "tsquery", "jsonpath"}) {
    EXPECT_EQ(FormatOf(type), WireFormat::kBinary) << type;
    EXPECT_EQ(MemberOf(type), v1::Column::kOthers) << type;
  }
}

TEST(ResultFormatTest, FillsTheMemberThatTheContractNames) {
  EXPECT_EQ(MemberOf("bool"), v1::Column::kBools);
  EXPECT_EQ(MemberOf("int2"), v1::Column::kInt64S);
  EXPECT_EQ(MemberOf("oid"), v1::Column::kInt64S);
  EXPECT_EQ(MemberOf("float4"), v1::Column::kDoubles);
  EXPECT_EQ(MemberOf("numeric"), v1::Column::kNumerics);
  EXPECT_EQ(MemberOf("name"), v1::Column::kTexts);
  EXPECT_EQ(MemberOf("\"char\""), v1::Column::kTexts);
  EXPECT_EQ(MemberOf("bytea"), v1::Column::kBlobs);
  EXPECT_EQ(MemberOf("timestamp"), v1::Column::kTimestamps);
  EXPECT_EQ(MemberOf("date"), v1::Column::kDates);
  EXPECT_EQ(MemberOf("time"), v1::Column::kTimes);
  EXPECT_EQ(MemberOf("interval"), v1::Column::kIntervals);
  EXPECT_EQ(MemberOf("uuid"), v1::Column::kUuids);
  EXPECT_EQ(MemberOf("json"), v1::Column::kJsons);
  EXPECT_EQ(MemberOf("text[]"), v1::Column::kArrays);
  EXPECT_EQ(MemberOf("oidvector"), v1::Column::kArrays);
  EXPECT_EQ(MemberOf("xid"), v1::Column::kInt64S);
  EXPECT_EQ(MemberOf("cid"), v1::Column::kInt64S);
  EXPECT_EQ(MemberOf("daterange"), v1::Column::kRanges);
  EXPECT_EQ(MemberOf("datemultirange"), v1::Column::kMultiranges);
  EXPECT_EQ(ColumnMemberOf(ColumnKind::kComposite), v1::Column::kComposites);
  EXPECT_EQ(ColumnMemberOf(ColumnKind::kEnum), v1::Column::kTexts);
}

// What the decoder makes of a value is what follows the offset.
TEST(ResultFormatTest, TellsWhereTheBytesOfTheSlotBegin) {
  EXPECT_EQ(RawValueOffset(ColumnKind::kText), 0u);
  EXPECT_EQ(RawValueOffset(ColumnKind::kBytea), 0u);
  EXPECT_EQ(RawValueOffset(ColumnKind::kPlain), 0u);
  EXPECT_EQ(RawValueOffset(ColumnKind::kOther), 0u);
  EXPECT_EQ(RawValueOffset(ColumnKind::kJsonb), 1u);
  EXPECT_EQ(RawValueOffset(ColumnKind::kJsonpath), 1u);
  EXPECT_EQ(RawValueOffset(ColumnKind::kNumeric), std::nullopt);
  EXPECT_EQ(RawValueOffset(ColumnKind::kArray), std::nullopt);
  EXPECT_EQ(RawValueOffset(ColumnKind::kTsvector), std::nullopt);
}

}  // namespace
}  // namespace sluice::postgres
