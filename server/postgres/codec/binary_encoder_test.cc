// Tests of the binary forms of arrays, composites and ranges, and of when a
// parameter goes in which form.

#include "server/postgres/codec/binary_encoder.h"

#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/base/error.h"
#include "server/postgres/codec/builtin_types.h"
#include "server/postgres/codec/parameter_encoder.h"
#include "server/postgres/codec/test_types.h"
#include "server/postgres/codec/test_values.h"

namespace sluice::postgres {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr size_t kMaxBytes = 1'000'000;

TypeRef Builtin(absl::string_view name) { return FindBuiltinType(name); }

// The form by its letter and the bytes, or the error.
std::string Encoded(const TypeRef& type, const v1::Value& value,
                    size_t max_bytes = kMaxBytes) {
  std::string out;
  absl::StatusOr<WireFormat> format =
      EncodeParameter(value, *type, 1, max_bytes, out);
  if (!format.ok()) {
    EXPECT_EQ(out, "");
    return absl::StrCat(
        v1::ErrorReason_Name(ReasonOf(format.status())).substr(13), ": ",
        format.status().message());
  }
  out.erase(0, 4);
  return *format == WireFormat::kText
             ? absl::StrCat("t:", out)
             : absl::StrCat("b:", absl::BytesToHexString(out));
}

std::string Encoded(const TypeRef& type, absl::string_view value) {
  return Encoded(type, MakeValue(value));
}

class BinaryEncoderTest : public ::testing::Test {
 protected:
  const TypeRef price_ = MakeDomainType(50001, "price", Builtin("numeric"));
  const TypeRef mood_ = MakeEnumType(50002, "mood");
  const TypeRef item_ =
      MakeCompositeType(50003, "item",
                        {{"name", Builtin("text"), -1},
                         {"price", price_, -1},
                         {"moods", MakeArrayType(50004, mood_), -1}});
  const TypeRef host_ = MakeCompositeType(
      50005, "host",
      {{"address", Builtin("inet"), -1}, {"port", Builtin("int4"), -1}});
  const TypeRef range_ = MakeRangeType(50006, Builtin("int4"));
  const TypeRef multirange_ = MakeMultirangeType(50007, range_);
  const TypeRef empty_ = MakeCompositeType(50008, "empty", {});
  // Of attributes that the catalog does not know.
  const TypeRef unknown_ = MakeType(50009, "unknown", v1::TYPE_KIND_COMPOSITE);
};

TEST_F(BinaryEncoderTest, WritesArraysWithDimensionsBoundsAndNulls) {
  EXPECT_EQ(Encoded(Builtin("int2[]"),
                    "array_value { elements { int64_value: 1 }"
                    " elements { null_value: NULL_VALUE } }"),
            "b:00000001"
            "00000001"
            "00000015"
            "00000002"
            "00000001"
            "00000002"
            "0001"
            "ffffffff");
  EXPECT_EQ(Encoded(Builtin("text[]"),
                    "array_value { elements { text_value: 'a' }"
                    " elements { text_value: '' } lengths: [1, 2]"
                    " lower_bounds: [0, -3] }"),
            "b:00000002"
            "00000000"
            "00000019"
            "00000001"
            "00000000"
            "00000002"
            "fffffffd"
            "00000001"
            "61"
            "00000000");
}

TEST_F(BinaryEncoderTest, WritesArraysOfNothingAndOfNullsOnly) {
  constexpr char kEmptyText[] =
      "b:00000000"
      "00000000"
      "00000019";
  EXPECT_EQ(Encoded(Builtin("text[]"), "array_value {}"), kEmptyText);
  EXPECT_EQ(Encoded(Builtin("text[]"), "array_value { lengths: [0, 3] }"),
            kEmptyText);
  EXPECT_EQ(Encoded(Builtin("uuid[]"),
                    "array_value { elements { null_value: NULL_VALUE } }"),
            "b:00000001"
            "00000001"
            "00000b86"
            "00000001"
            "00000001"
            "ffffffff");
}

TEST_F(BinaryEncoderTest, SaysTheDomainOfElementsAndTheirBaseInBytes) {
  EXPECT_EQ(Encoded(MakeArrayType(50010, price_),
                    "array_value { elements { int64_value: 7 } }"),
            "b:00000001"
            "00000000"
            "0000c351"
            "00000001"
            "00000001"
            "0000000a"
            "00010000000000000007");
}

TEST_F(BinaryEncoderTest, WritesFieldsForTheTypesOfTheAttributes) {
  EXPECT_EQ(Encoded(item_,
                    "composite_value { fields { text_value: 'x' }"
                    " fields { int64_value: 7 } fields { array_value {"
                    " elements { text_value: 'ok' } } } }"),
            "b:00000003"
            "00000019"
            "00000001"
            "78"
            "0000c351"
            "0000000a"
            "00010000000000000007"
            "0000c354"
            "0000001a"
            "00000001"
            "00000000"
            "0000c352"
            "00000001"
            "00000001"
            "00000002"
            "6f6b");
  EXPECT_EQ(Encoded(item_,
                    "composite_value { fields { null_value: NULL_VALUE }"
                    " fields { null_value: NULL_VALUE }"
                    " fields { null_value: NULL_VALUE } }"),
            "b:00000003"
            "00000019"
            "ffffffff"
            "0000c351"
            "ffffffff"
            "0000c354"
            "ffffffff");
}

TEST_F(BinaryEncoderTest, WritesCompositesWithoutAttributes) {
  EXPECT_EQ(Encoded(empty_, "composite_value {}"), "b:00000000");
  EXPECT_THAT(
      Encoded(empty_, "composite_value { fields { bool_value: true } }"),
      StartsWith("PARAMETER_MALFORMED"));
}

TEST_F(BinaryEncoderTest, RefusesMoreOrFewerFieldsThanAttributes) {
  EXPECT_EQ(Encoded(item_, "composite_value { fields { text_value: 'x' } }"),
            "PARAMETER_MALFORMED: parameter $1: the composite has 1 fields,"
            " item has 3");
  EXPECT_EQ(Encoded(MakeArrayType(50011, item_),
                    "array_value { elements { composite_value {} } }"),
            "PARAMETER_MALFORMED: parameter $1: element 1: the composite has 0"
            " fields, item has 3");
}

TEST_F(BinaryEncoderTest, NamesTheFieldThatWouldLoseSomething) {
  const TypeRef rows = MakeArrayType(
      50012, MakeCompositeType(50013, "row", {{"size", Builtin("int2"), -1}}));
  EXPECT_EQ(Encoded(rows,
                    "array_value { elements { null_value: NULL_VALUE }"
                    " elements { composite_value {"
                    " fields { int64_value: 40000 } } } }"),
            "PARAMETER_LOSS: parameter $1: element 2: field 1 (size): 40000"
            " does not fit smallint");
}

TEST_F(BinaryEncoderTest, WritesRangesByFlagsAndBounds) {
  EXPECT_EQ(Encoded(range_,
                    "range_value { lower { int64_value: 1 }"
                    " upper { int64_value: 5 } lower_inclusive: true }"),
            "b:02"
            "00000004"
            "00000001"
            "00000004"
            "00000005");
  EXPECT_EQ(Encoded(range_,
                    "range_value { upper { int64_value: 5 }"
                    " upper_inclusive: true }"),
            "b:0c"
            "00000004"
            "00000005");
  EXPECT_EQ(Encoded(range_,
                    "range_value { lower { int64_value: 5 }"
                    " upper { null_value: NULL_VALUE } }"),
            "b:10"
            "00000004"
            "00000005");
  EXPECT_EQ(Encoded(range_, "range_value {}"), "b:18");
  EXPECT_EQ(Encoded(range_, "range_value { empty: true }"), "b:01");
}

TEST_F(BinaryEncoderTest, WritesMultiranges) {
  EXPECT_EQ(Encoded(multirange_, "multirange_value {}"), "b:00000000");
  EXPECT_EQ(Encoded(multirange_,
                    "multirange_value { ranges { empty: true }"
                    " ranges { lower { int64_value: 5 } } }"),
            "b:00000002"
            "00000001"
            "01"
            "00000009"
            "10"
            "00000004"
            "00000005");
}

TEST_F(BinaryEncoderTest, RefusesRangesThatContradictThemselves) {
  for (absl::string_view range :
       {"empty: true lower { int64_value: 1 }",
        "empty: true upper { int64_value: 1 }", "lower_inclusive: true",
        "lower { null_value: NULL_VALUE } lower_inclusive: true",
        "upper_inclusive: true", "empty: true lower_inclusive: true",
        "lower {}", "upper {}"}) {
    EXPECT_THAT(Encoded(range_, absl::StrCat("range_value {", range, "}")),
                StartsWith("PARAMETER_MALFORMED: parameter $1: "))
        << range;
    EXPECT_THAT(Encoded(multirange_, absl::StrCat("multirange_value { ranges {}"
                                                  " ranges {",
                                                  range, "} }")),
                StartsWith("PARAMETER_MALFORMED: parameter $1: range 2: "))
        << range;
  }
}

TEST_F(BinaryEncoderTest, NamesTheBoundThatIsRefused) {
  EXPECT_EQ(Encoded(range_, "range_value { lower { bool_value: true } }"),
            "PARAMETER_TYPE: parameter $1: lower bound: a boolean does not"
            " become integer");
  EXPECT_EQ(Encoded(multirange_,
                    "multirange_value { ranges { upper {"
                    " int64_value: 3000000000 } } }"),
            "PARAMETER_LOSS: parameter $1: range 1: upper bound: 3000000000"
            " does not fit integer");
}

TEST_F(BinaryEncoderTest, RefusesContainersForOtherTypes) {
  for (const TypeRef& type :
       {Builtin("int4"), Builtin("text"), Builtin("inet"), Builtin("record"),
        Builtin("int4[]"), range_, multirange_, item_, empty_, unknown_}) {
    for (const auto& [kind, value] :
         std::vector<std::pair<v1::TypeKind, const char*>>{
             {v1::TYPE_KIND_ARRAY, "array_value {}"},
             {v1::TYPE_KIND_COMPOSITE, "composite_value {}"},
             {v1::TYPE_KIND_RANGE, "range_value {}"},
             {v1::TYPE_KIND_MULTIRANGE, "multirange_value {}"}}) {
      if (type->kind == kind) continue;
      EXPECT_THAT(Encoded(type, value), StartsWith("PARAMETER_TYPE: "))
          << type->name << " " << value;
    }
    if (type->kind == v1::TYPE_KIND_BASE) continue;
    EXPECT_THAT(Encoded(type, "int64_value: 1"), StartsWith("PARAMETER_TYPE: "))
        << type->name;
  }
}

TEST_F(BinaryEncoderTest, MakesALiteralOfTheWholeForOnePartWithoutBinaryForm) {
  EXPECT_EQ(Encoded(Builtin("int4[]"),
                    "array_value { elements { int64_value: 1 }"
                    " elements { text_value: ' 2' } }"),
            "t:{1,\" 2\"}");
  EXPECT_EQ(Encoded(item_,
                    "composite_value { fields { text_value: 'x' }"
                    " fields { text_value: '7' } fields { array_value {} } }"),
            "t:(x,7,\"{}\")");
  EXPECT_EQ(Encoded(range_, "range_value { upper { text_value: '5' } }"),
            "t:(,5)");
  EXPECT_EQ(Encoded(multirange_,
                    "multirange_value { ranges {} ranges {"
                    " lower { text_value: '5' } lower_inclusive: true } }"),
            "t:{(,),[5,)}");
}

TEST_F(BinaryEncoderTest, TakesTextsWhereTheBinaryFormIsTheText) {
  for (const TypeRef& type :
       {Builtin("text[]"), Builtin("name[]"), Builtin("json[]"),
        Builtin("jsonb[]"), Builtin("\"char\"[]"),
        MakeArrayType(50004, mood_)}) {
    EXPECT_THAT(Encoded(type, "array_value { elements { text_value: '1' } }"),
                StartsWith("b:"))
        << type->name;
  }
}

TEST_F(BinaryEncoderTest, MakesLiteralsOfTypesThatPostgresReadsOnlyAsText) {
  // Even for NULLs PostgreSQL would look for a function.
  EXPECT_EQ(Encoded(Builtin("aclitem[]"),
                    "array_value { elements { null_value: NULL_VALUE } }"),
            "t:{NULL}");
  EXPECT_EQ(Encoded(Builtin("aclitem[]"), "array_value {}"), "t:{}");
  EXPECT_EQ(Encoded(MakeCompositeType(50022, "grant",
                                      {{"to", Builtin("aclitem"), -1},
                                       {"at", Builtin("date"), -1}}),
                    "composite_value { fields { null_value: NULL_VALUE }"
                    " fields { date_value: 0 } }"),
            "t:(,1970-01-01)");
  // A type whose parts are not known.
  EXPECT_EQ(Encoded(MakeType(50020, "r", v1::TYPE_KIND_RANGE),
                    "range_value { lower { timestamp_value: 0 } }"),
            "t:(\"1970-01-01 00:00:00+00\",)");
  EXPECT_EQ(Encoded(MakeType(50021, "m", v1::TYPE_KIND_MULTIRANGE),
                    "multirange_value { ranges { upper { int64_value: 1 } } }"),
            "t:{(,1)}");
  EXPECT_EQ(Encoded(unknown_, "composite_value {}"), "t:()");
  EXPECT_EQ(Encoded(unknown_, "composite_value { fields { range_value {} } }"),
            "t:(\"(,)\")");
}

TEST_F(BinaryEncoderTest, ChecksTheAttributesOfLiteralsToo) {
  EXPECT_EQ(Encoded(host_,
                    "composite_value { fields { text_value: '::1' }"
                    " fields { int64_value: 3000000000 } }"),
            "PARAMETER_LOSS: parameter $1: field 2 (port): 3000000000 does not"
            " fit integer");
  EXPECT_EQ(Encoded(host_, "composite_value {}"),
            "PARAMETER_MALFORMED: parameter $1: the composite has 0 fields,"
            " host has 2");
}

TEST_F(BinaryEncoderTest, FollowsDomainsOverContainers) {
  const TypeRef items = MakeDomainType(
      50030, "items", MakeArrayType(50031, MakeDomainType(50032, "it", item_)));
  EXPECT_THAT(Encoded(items,
                      "array_value { elements { composite_value {"
                      " fields { text_value: 'x' } fields { int64_value: 7 }"
                      " fields { null_value: NULL_VALUE } } } }"),
              StartsWith("b:00000001"
                         "00000000"
                         "0000c370"));
  // An array of a domain over an array: its elements are arrays.
  const TypeRef lists =
      MakeArrayType(50033, MakeDomainType(50034, "list", Builtin("int4[]")));
  EXPECT_EQ(Encoded(lists, "array_value { elements { array_value {} } }"),
            "b:00000001"
            "00000000"
            "0000c372"
            "00000001"
            "00000001"
            "0000000c"
            "00000000"
            "00000000"
            "00000017");
  EXPECT_EQ(Encoded(lists,
                    "array_value { elements { array_value {"
                    " elements { text_value: '1' } } } }"),
            "t:{\"{1}\"}");
}

TEST_F(BinaryEncoderTest, RefusesArraysInArraysAndPartsThatAreUnset) {
  EXPECT_THAT(
      Encoded(Builtin("int4[]"), "array_value { elements { array_value {} } }"),
      HasSubstr("element 1: an array within an array is said with"));
  EXPECT_THAT(Encoded(Builtin("int4[]"), "array_value { elements {} }"),
              HasSubstr("element 1: it has no value"));
  EXPECT_THAT(Encoded(range_, "range_value { lower {} }"),
              HasSubstr("lower bound: it has no value"));
}

TEST_F(BinaryEncoderTest, RefusesWhatNestsTooDeep) {
  TypeRef type = Builtin("int4");
  v1::Value value = MakeValue("int64_value: 1");
  for (uint32_t depth = 1; depth <= 33; ++depth) {
    type = MakeCompositeType(60000 + depth, "c", {{"f", type, -1}});
    v1::Value outer;
    *outer.mutable_composite_value()->add_fields() = value;
    value = outer;
    if (depth <= 32) {
      EXPECT_THAT(Encoded(type, value), StartsWith("b:")) << depth;
    }
  }
  EXPECT_THAT(Encoded(type, value), HasSubstr("nest at most 32 deep"));
  EXPECT_THAT(Encoded(type, value), StartsWith("PARAMETER_MALFORMED"));
  // In a literal as well, of known and of unknown attributes.
  v1::Value literal = value;
  v1::Value* inner = &literal;
  while (inner->has_composite_value()) {
    inner = inner->mutable_composite_value()->mutable_fields(0);
  }
  inner->set_text_value("1");
  EXPECT_THAT(Encoded(type, literal), HasSubstr("nest at most 32 deep"));
  EXPECT_THAT(Encoded(unknown_, value), HasSubstr("nest at most 32 deep"));
}

TEST_F(BinaryEncoderTest, TakesAnyNumberOfContainersBesideEachOther) {
  v1::Value ranges;
  v1::Value hosts;
  for (int i = 0; i < 100; ++i) {
    ranges.mutable_array_value()->add_elements()->mutable_range_value();
    v1::CompositeValue* host =
        hosts.mutable_array_value()->add_elements()->mutable_composite_value();
    host->add_fields()->set_text_value("::1");
    host->add_fields()->set_int64_value(1);
  }
  EXPECT_THAT(Encoded(MakeArrayType(50040, range_), ranges), StartsWith("b:"));
  EXPECT_THAT(Encoded(MakeArrayType(50041, host_), hosts), StartsWith("t:"));
}

TEST_F(BinaryEncoderTest, StopsAtTheLimitOnBytes) {
  const v1::Value array = MakeValue(
      "array_value { elements { int64_value: 1 } elements { int64_value: 2 } "
      "}");
  EXPECT_THAT(Encoded(Builtin("int4[]"), array, 36), StartsWith("b:"));
  // At the part that is too much, not after all of them.
  EXPECT_THAT(Encoded(Builtin("int4[]"), array, 35),
              StartsWith("PARAMETERS_TOO_LARGE: parameter $1: element 2: "));
  EXPECT_THAT(Encoded(Builtin("int4[]"), array, 27),
              StartsWith("PARAMETERS_TOO_LARGE: parameter $1: element 1: "));
  const v1::Value multirange =
      MakeValue("multirange_value { ranges {} ranges {} }");
  EXPECT_THAT(Encoded(multirange_, multirange, 14), StartsWith("b:"));
  EXPECT_THAT(Encoded(multirange_, multirange, 13),
              StartsWith("PARAMETERS_TOO_LARGE: parameter $1: range 2: "));
  EXPECT_THAT(Encoded(Builtin("int4[]"), MakeValue("array_value {}"), 11),
              StartsWith("PARAMETERS_TOO_LARGE"));
}

}  // namespace
}  // namespace sluice::postgres
