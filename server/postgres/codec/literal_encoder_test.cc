// Tests of the literals of scalars, arrays and composites.

#include "server/postgres/codec/literal_encoder.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/base/error.h"
#include "server/postgres/codec/builtin_types.h"
#include "server/postgres/codec/test_types.h"
#include "server/postgres/codec/test_values.h"
#include "server/postgres/codec/type_catalog.h"

namespace sluice::postgres {
namespace {

using ::testing::HasSubstr;

class LiteralEncoderTest : public ::testing::Test {
 protected:
  LiteralEncoderTest() {
    TypeRow pair;
    pair.oid = 50001;
    pair.name = "pair";
    pair.kind = v1::TYPE_KIND_COMPOSITE;
    // Too many to be known.
    pair.fields.resize(kMaxTypeParts, {"n", 23, -1});
    TypeRow pairs;
    pairs.oid = 50002;
    pairs.name = "pair[]";
    pairs.kind = v1::TYPE_KIND_ARRAY;
    pairs.element_oid = 50001;
    catalog_.Learn({pair, pairs});
    catalog_.LearnName("pair", 50001);
    catalog_.LearnName("pair[]", 50002);
  }

  absl::StatusOr<std::string> TryEncode(absl::string_view type,
                                        const v1::Value& value,
                                        size_t max_bytes = 1'000'000) {
    return LiteralEncoder(max_bytes).Encode(value, *catalog_.FindByName(type));
  }

  std::string Encode(absl::string_view type, absl::string_view value) {
    absl::StatusOr<std::string> literal = TryEncode(type, MakeValue(value));
    return literal.ok() ? *literal : std::string(literal.status().message());
  }

  static std::string EncodeFor(const TypeRef& type, absl::string_view value) {
    absl::StatusOr<std::string> literal =
        LiteralEncoder(1'000'000).Encode(MakeValue(value), *type);
    return literal.ok() ? *literal : std::string(literal.status().message());
  }

  // An array's literal, of elements and shape given as protobuf text.
  std::string Array(absl::string_view type, absl::string_view array) {
    return Encode(type, absl::StrCat("array_value {", array, "}"));
  }

  v1::ErrorReason ReasonOfArray(absl::string_view type,
                                absl::string_view array) {
    return ReasonOf(
        TryEncode(type, MakeValue(absl::StrCat("array_value {", array, "}")))
            .status());
  }

  TypeCatalog catalog_;
};

constexpr char kFour[] =
    "elements { int64_value: 1 } elements { int64_value: 2 }"
    "elements { int64_value: 3 } elements { int64_value: 4 }";

TEST_F(LiteralEncoderTest, WritesEveryKindOfScalarAsItsElementTypeReadsIt) {
  EXPECT_EQ(Array("bool[]", "elements { bool_value: true }"), "{true}");
  EXPECT_EQ(Array("int2[]", "elements { int64_value: -5 }"), "{-5}");
  EXPECT_EQ(Array("float4[]", "elements { double_value: 0.1 }"), "{0.1}");
  EXPECT_EQ(Array("float8[]", "elements { double_value: -inf }"),
            "{-Infinity}");
  EXPECT_EQ(Array("numeric[]", "elements { numeric_value: '1.50' }"), "{1.50}");
  EXPECT_EQ(Array("bytea[]", "elements { bytes_value: '\\001' }"),
            "{\"\\\\x01\"}");
  EXPECT_EQ(Array("timestamp[]", "elements { timestamp_value: 0 }"),
            "{\"1970-01-01 00:00:00\"}");
  EXPECT_EQ(Array("timestamptz[]", "elements { timestamp_value: -1 }"),
            "{\"1969-12-31 23:59:59.999999+00\"}");
  EXPECT_EQ(Array("date[]", "elements { date_value: 0 }"), "{1970-01-01}");
  EXPECT_EQ(Array("time[]", "elements { time_value: 1 }"),
            "{\"00:00:00.000001\"}");
  EXPECT_EQ(Array("interval[]", "elements { interval_value { days: -1 } }"),
            "{\"+0 mons -1 days +0 hours +0 mins +0.000000 secs\"}");
  EXPECT_EQ(Array("uuid[]", "elements { uuid_value: '0123456789abcdef' }"),
            "{30313233-3435-3637-3839-616263646566}");
  EXPECT_EQ(Array("jsonb[]", "elements { json_value: '{\"a\":1}' }"),
            "{\"{\\\"a\\\":1}\"}");
}

TEST_F(LiteralEncoderTest, QuotesWhateverArraySyntaxWouldRead) {
  EXPECT_EQ(Array("text[]", "elements { text_value: 'plain' }"), "{plain}");
  for (const auto& [text, quoted] :
       std::vector<std::pair<const char*, const char*>>{
           {"", "\"\""},
           {"null", "\"null\""},
           {"NuLL", "\"NuLL\""},
           {"a,b", "\"a,b\""},
           {"{a}", "\"{a}\""},
           {" a", "\" a\""},
           {"a\\\"b", "\"a\\\"b\""},
           {"a\\\\b", "\"a\\\\b\""},
           {"\xC3\xA9", "\"\xC3\xA9\""}}) {
    EXPECT_EQ(Array("text[]",
                    absl::StrCat("elements { text_value: \"", text, "\" }")),
              absl::StrCat("{", quoted, "}"));
  }
}

TEST_F(LiteralEncoderTest, WritesNullsAndEmptyArrays) {
  EXPECT_EQ(Array("text[]",
                  "elements { null_value: NULL_VALUE } elements { text_value: "
                  "'NULL' }"),
            "{NULL,\"NULL\"}");
  EXPECT_EQ(Array("text[]", ""), "{}");
  EXPECT_EQ(Array("text[]", "lengths: 0"), "{}");
  EXPECT_EQ(Array("text[]", "lengths: [0, 3]"), "{}");
}

TEST_F(LiteralEncoderTest, NestsBracesByTheLengths) {
  EXPECT_EQ(Array("int4[]", kFour), "{1,2,3,4}");
  EXPECT_EQ(Array("int4[]", absl::StrCat(kFour, "lengths: [2, 2]")),
            "{{1,2},{3,4}}");
  EXPECT_EQ(Array("int4[]", absl::StrCat(kFour, "lengths: [4, 1]")),
            "{{1},{2},{3},{4}}");
  EXPECT_EQ(Array("int4[]", absl::StrCat(kFour, "lengths: [1, 2, 2]")),
            "{{{1,2},{3,4}}}");
}

TEST_F(LiteralEncoderTest, WritesLowerBoundsThatAreNotOne) {
  EXPECT_EQ(Array("int4[]", absl::StrCat(kFour,
                                         "lengths: [2, 2] "
                                         "lower_bounds: [0, -5]")),
            "[0:1][-5:-4]={{1,2},{3,4}}");
  EXPECT_EQ(Array("int4[]", absl::StrCat(kFour, "lengths: 4 lower_bounds: 1")),
            "{1,2,3,4}");
}

TEST_F(LiteralEncoderTest, SeparatesElementsByTheDelimiterOfTheirType) {
  EXPECT_EQ(Array("box[]",
                  "elements { text_value: '(1,1),(0,0)' } elements { "
                  "null_value: NULL_VALUE }"),
            "{\"(1,1),(0,0)\";NULL}");
}

TEST_F(LiteralEncoderTest, RefusesShapesThatContradictTheElements) {
  for (const char* shape :
       {"lengths: 3", "lengths: [2, 3]", "lengths: 0", "lengths: [4, 0]",
        "lengths: -4", "lengths: [-2, -2]",
        "lengths: [65536, 65536, 65536, 65536]",
        "lengths: [1, 1, 1, 1, 1, 1, 4]", "lower_bounds: 1",
        "lengths: [2, 2] lower_bounds: 1",
        "lengths: 4 lower_bounds: 2147483644"}) {
    EXPECT_EQ(ReasonOfArray("int4[]", absl::StrCat(kFour, shape)),
              v1::ERROR_REASON_PARAMETER_MALFORMED)
        << shape;
  }
  EXPECT_EQ(ReasonOfArray("int4[]", "lengths: 1"),
            v1::ERROR_REASON_PARAMETER_MALFORMED);
  EXPECT_EQ(Array("int4[]",
                  absl::StrCat(kFour, "lengths: 4 lower_bounds: 2147483643")),
            "[2147483643:2147483646]={1,2,3,4}");
}

TEST_F(LiteralEncoderTest, RefusesElementsThatAreArraysOrUnset) {
  EXPECT_EQ(ReasonOfArray("int4[]", "elements { array_value {} }"),
            v1::ERROR_REASON_PARAMETER_MALFORMED);
  EXPECT_EQ(ReasonOfArray("int4[]", "elements {}"),
            v1::ERROR_REASON_PARAMETER_MALFORMED);
  EXPECT_EQ(ReasonOfArray("int4[]", "elements { bool_value: true }"),
            v1::ERROR_REASON_PARAMETER_TYPE);
  EXPECT_EQ(ReasonOfArray("text[]", "elements { text_value: '\\000' }"),
            v1::ERROR_REASON_PARAMETER_MALFORMED);
}

TEST_F(LiteralEncoderTest, WritesCompositesWithFieldsForWhatTheyAre) {
  EXPECT_EQ(
      Encode("pair",
             "composite_value { fields { int64_value: 1 }"
             " fields { null_value: NULL_VALUE } fields { text_value: '' }"
             " fields { text_value: 'a\"\\\\' }"
             " fields { timestamp_value: 0 } fields { bool_value: false } }"),
      "(1,,\"\",\"a\\\"\\\\\",\"1970-01-01 00:00:00+00\",false)");
  EXPECT_EQ(Encode("pair", "composite_value {}"), "()");
}

TEST_F(LiteralEncoderTest, NestsCompositesAndArraysInEachOther) {
  EXPECT_EQ(Encode("pair",
                   "composite_value { fields { array_value { elements {"
                   " text_value: 'a b' } } } fields { composite_value {"
                   " fields { int64_value: 1 } } } }"),
            "(\"{\\\"a b\\\"}\",\"(1)\")");
  EXPECT_EQ(Array("pair[]",
                  "elements { composite_value { fields { int64_value: 1 }"
                  " fields { text_value: 'x y' } } }"),
            "{\"(1,\\\"x y\\\")\"}");
}

TEST_F(LiteralEncoderTest, WritesFieldsForTheTypesOfTheAttributes) {
  const TypeRef row =
      MakeCompositeType(50010, "row",
                        {{"at", FindBuiltinType("timestamp"), -1},
                         {"big", FindBuiltinType("numeric"), -1},
                         {"boxes", FindBuiltinType("box[]"), -1}});
  EXPECT_EQ(EncodeFor(row,
                      "composite_value { fields { timestamp_value: 0 }"
                      " fields { int64_value: 5 } fields { array_value {"
                      " elements { text_value: '(1,1),(0,0)' }"
                      " elements { null_value: NULL_VALUE } } } }"),
            "(\"1970-01-01 00:00:00\",5,"
            "\"{\\\"(1,1),(0,0)\\\";NULL}\")");
  EXPECT_EQ(EncodeFor(row,
                      "composite_value { fields { null_value: NULL_VALUE }"
                      " fields { null_value: NULL_VALUE }"
                      " fields { null_value: NULL_VALUE } }"),
            "(,,)");
}

TEST_F(LiteralEncoderTest, WritesVectorsAsNumbersBetweenBlanks) {
  const TypeRef vector = FindBuiltinType("int2vector");
  const auto encode = [&](absl::string_view array) {
    return EncodeFor(vector, absl::StrCat("array_value {", array, "}"));
  };
  constexpr char kTwo[] =
      "elements { int64_value: 1 } "
      "elements { int64_value: -2 } ";
  EXPECT_EQ(encode(kTwo), "1 -2");
  EXPECT_EQ(encode(absl::StrCat(kTwo, "lengths: 2 lower_bounds: 0")), "1 -2");
  EXPECT_EQ(encode(""), "");
  EXPECT_THAT(encode(absl::StrCat(kTwo, "lengths: 2 lower_bounds: 1")),
              HasSubstr("one dimension, from 0"));
  EXPECT_THAT(encode(absl::StrCat(kTwo, "lengths: [1, 2]")),
              HasSubstr("one dimension, from 0"));
  EXPECT_THAT(encode(absl::StrCat(kTwo, "lengths: 3")),
              HasSubstr("do not multiply"));
  EXPECT_THAT(encode("elements { null_value: NULL_VALUE }"),
              HasSubstr("element 1: a vector has no NULL"));
  EXPECT_THAT(encode("elements { int64_value: 40000 }"),
              HasSubstr("element 1: 40000 does not fit smallint"));
  EXPECT_EQ(EncodeFor(vector, "int64_value: 1"),
            "an integer does not become int2vector");
}

TEST_F(LiteralEncoderTest, WritesRangesAndMultiranges) {
  const TypeRef texts = MakeRangeType(50011, FindBuiltinType("text"));
  EXPECT_EQ(EncodeFor(texts,
                      "range_value { lower { text_value: '' }"
                      " upper { text_value: 'a\"],\\\\' }"
                      " lower_inclusive: true upper_inclusive: true }"),
            "[\"\",\"a\\\"],\\\\\"]");
  EXPECT_EQ(EncodeFor(texts, "range_value {}"), "(,)");
  EXPECT_EQ(EncodeFor(texts, "range_value { empty: true }"), "empty");
  const TypeRef days = MakeMultirangeType(
      50013, MakeRangeType(50012, FindBuiltinType("timestamp")));
  EXPECT_EQ(EncodeFor(days,
                      "multirange_value { ranges { empty: true } ranges {"
                      " lower { timestamp_value: 0 } lower_inclusive: true"
                      " upper { timestamp_value: 9223372036854775807 } } }"),
            "{empty,[\"1970-01-01 00:00:00\",infinity)}");
  EXPECT_EQ(EncodeFor(days, "multirange_value {}"), "{}");
}

TEST_F(LiteralEncoderTest, NamesThePartThatIsRefused) {
  EXPECT_THAT(Encode("pair",
                     "composite_value { fields { int64_value: 1 }"
                     " fields { array_value { elements { uuid_value: 'x' } } } "
                     "}"),
              HasSubstr("field 2: element 1: a UUID has 16 bytes, not 1"));
  EXPECT_THAT(Encode("pair", "composite_value { fields {} }"),
              HasSubstr("field 1: it has no value"));
}

TEST_F(LiteralEncoderTest, StopsLiteralsThatGrowWithTheirNesting) {
  v1::Value value;
  value.set_text_value(std::string(100, '\\'));
  for (int depth = 0; depth < 30; ++depth) {
    v1::Value outer;
    *outer.mutable_composite_value()->add_fields() = value;
    value = outer;
  }
  EXPECT_EQ(ReasonOf(TryEncode("pair", value).status()),
            v1::ERROR_REASON_PARAMETERS_TOO_LARGE);
}

TEST_F(LiteralEncoderTest, TakesALiteralOfExactlyTheLimit) {
  const v1::Value value =
      MakeValue("array_value { elements { int64_value: 12345 } }");
  EXPECT_TRUE(TryEncode("int4[]", value, 7).ok());
  EXPECT_EQ(ReasonOf(TryEncode("int4[]", value, 6).status()),
            v1::ERROR_REASON_PARAMETERS_TOO_LARGE);
}

}  // namespace
}  // namespace sluice::postgres
