// Tests of what values become as parameters, and of what is refused.

#include "server/postgres/codec/parameter_encoder.h"

#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/base/error.h"
#include "server/postgres/codec/big_endian.h"
#include "server/postgres/codec/builtin_types.h"
#include "server/postgres/codec/test_types.h"
#include "server/postgres/codec/test_values.h"
#include "server/postgres/codec/type_catalog.h"

namespace sluice::postgres {
namespace {

using ::testing::HasSubstr;

constexpr size_t kMaxBytes = 1'000'000;

// "b:" or "t:" by the format, then the bytes without their length: in hex
// where the format is binary. Or the reason of the refusal.
std::string Encoded(absl::string_view type, const v1::Value& value) {
  std::string out = "before";
  absl::StatusOr<WireFormat> format =
      EncodeParameter(value, *FindBuiltinType(type), 2, kMaxBytes, out);
  EXPECT_EQ(out.substr(0, 6), "before");
  out.erase(0, 6);
  if (!format.ok()) {
    EXPECT_EQ(out, "");
    EXPECT_THAT(std::string(format.status().message()),
                HasSubstr("parameter $2: "));
    EXPECT_EQ(ErrorMetadataOf(format.status(), "parameter"), "2");
    EXPECT_EQ(ErrorMetadataOf(format.status(), "executed"), "no");
    return v1::ErrorReason_Name(ReasonOf(format.status()))
        .substr(std::string("ERROR_REASON_PARAMETER_").size());
  }
  EXPECT_EQ(LoadBigEndian<int32_t>(out.data()),
            static_cast<int32_t>(out.size()) - 4);
  out.erase(0, 4);
  return *format == WireFormat::kText
             ? absl::StrCat("t:", out)
             : absl::StrCat("b:", absl::BytesToHexString(out));
}

std::string Encoded(absl::string_view type, absl::string_view value) {
  return Encoded(type, MakeValue(value));
}

std::string MessageOf(absl::string_view type, absl::string_view value) {
  std::string out;
  return std::string(EncodeParameter(MakeValue(value), *FindBuiltinType(type),
                                     2, kMaxBytes, out)
                         .status()
                         .message());
}

TEST(ParameterEncoderTest, EncodesNullOfAnyTypeAsLengthMinusOne) {
  for (absl::string_view type : {"int4", "text", "int4[]", "record"}) {
    std::string out;
    EXPECT_TRUE(EncodeParameter(MakeValue("null_value: NULL_VALUE"),
                                *FindBuiltinType(type), 1, kMaxBytes, out)
                    .ok());
    EXPECT_EQ(out, "\xff\xff\xff\xff");
  }
}

TEST(ParameterEncoderTest, RefusesAValueThatIsUnset) {
  EXPECT_EQ(Encoded("int4", ""), "MALFORMED");
  EXPECT_EQ(Encoded("text", "type: 'text'"), "MALFORMED");
}

TEST(ParameterEncoderTest, EncodesIntegersWithinTheRangeOfTheirType) {
  EXPECT_EQ(Encoded("int2", "int64_value: -32768"), "b:8000");
  EXPECT_EQ(Encoded("int2", "int64_value: 32768"), "LOSS");
  EXPECT_EQ(Encoded("int4", "int64_value: 2147483647"), "b:7fffffff");
  EXPECT_EQ(Encoded("int4", "int64_value: -2147483649"), "LOSS");
  EXPECT_EQ(Encoded("int8", "int64_value: -9223372036854775808"),
            "b:8000000000000000");
  EXPECT_EQ(Encoded("oid", "int64_value: 4294967295"), "b:ffffffff");
  EXPECT_EQ(Encoded("oid", "int64_value: -1"), "LOSS");
  EXPECT_EQ(MessageOf("int4", "int64_value: 3000000000"),
            "parameter $2: 3000000000 does not fit integer");
}

TEST(ParameterEncoderTest, EncodesIntegersAsFloatsOnlyWhereExact) {
  EXPECT_EQ(Encoded("float8", "int64_value: 9007199254740992"),
            "b:4340000000000000");
  EXPECT_EQ(Encoded("float8", "int64_value: 9007199254740993"), "LOSS");
  EXPECT_EQ(Encoded("float8", "int64_value: 9223372036854775807"), "LOSS");
  EXPECT_EQ(Encoded("float4", "int64_value: 16777216"), "b:4b800000");
  EXPECT_EQ(Encoded("float4", "int64_value: 16777217"), "LOSS");
}

TEST(ParameterEncoderTest, EncodesIntegersAsTextForWhateverTakesNumbers) {
  EXPECT_EQ(Encoded("numeric", "int64_value: -5"), "b:00010000400000000005");
  EXPECT_EQ(Encoded("text", "int64_value: -5"), "b:2d35");
  EXPECT_EQ(Encoded("money", "int64_value: 5"), "t:5");
  EXPECT_EQ(Encoded("bool", "int64_value: 1"), "TYPE");
  EXPECT_EQ(Encoded("bytea", "int64_value: 1"), "TYPE");
  EXPECT_EQ(Encoded("timestamp", "int64_value: 1"), "TYPE");
  EXPECT_EQ(Encoded("json", "int64_value: 1"), "TYPE");
  EXPECT_EQ(Encoded("\"char\"", "int64_value: 1"), "TYPE");
  EXPECT_EQ(Encoded("int4range", "int64_value: 1"), "TYPE");
  EXPECT_EQ(MessageOf("bool", "int64_value: 1"),
            "parameter $2: an integer does not become boolean");
}

TEST(ParameterEncoderTest, EncodesBooleans) {
  EXPECT_EQ(Encoded("bool", "bool_value: true"), "b:01");
  EXPECT_EQ(Encoded("bool", "bool_value: false"), "b:00");
  EXPECT_EQ(Encoded("text", "bool_value: true"), "b:74727565");
  EXPECT_EQ(Encoded("int4", "bool_value: true"), "TYPE");
  EXPECT_EQ(Encoded("money", "bool_value: true"), "TYPE");
}

TEST(ParameterEncoderTest, NarrowsDoublesOnlyWhereTheySayTheSame) {
  EXPECT_EQ(Encoded("float8", "double_value: -1.5"), "b:bff8000000000000");
  EXPECT_EQ(Encoded("float4", "double_value: 0.1"), "b:3dcccccd");
  // Exact, although its shortest text has more digits than a float4's.
  EXPECT_EQ(Encoded("float4", "double_value: 0.10000000149011612"),
            "b:3dcccccd");
  EXPECT_EQ(Encoded("float4", "double_value: 0.123456789"), "LOSS");
  EXPECT_EQ(Encoded("float4", "double_value: 1e39"), "LOSS");
  EXPECT_EQ(Encoded("float4", "double_value: 1e-50"), "LOSS");
  EXPECT_EQ(Encoded("float4", "double_value: inf"), "b:7f800000");
  EXPECT_EQ(Encoded("float4", "double_value: -inf"), "b:ff800000");
  EXPECT_EQ(Encoded("float4", "double_value: nan"), "b:7fc00000");
}

TEST(ParameterEncoderTest, EncodesDoublesAsIntegersOnlyWhereWhole) {
  EXPECT_EQ(Encoded("int4", "double_value: 3"), "b:00000003");
  EXPECT_EQ(Encoded("int4", "double_value: 3.5"), "LOSS");
  EXPECT_EQ(Encoded("int4", "double_value: 3e9"), "LOSS");
  EXPECT_EQ(Encoded("int8", "double_value: -9223372036854775808"),
            "b:8000000000000000");
  EXPECT_EQ(Encoded("int8", "double_value: 9223372036854775808"), "LOSS");
  EXPECT_EQ(Encoded("int8", "double_value: nan"), "LOSS");
  EXPECT_EQ(Encoded("int8", "double_value: inf"), "LOSS");
}

TEST(ParameterEncoderTest, EncodesDoublesAsTheirShortestDecimal) {
  EXPECT_EQ(Encoded("numeric", "double_value: 0.1"), "b:0001ffff0000000103e8");
  EXPECT_EQ(Encoded("numeric", "double_value: nan"), "b:00000000c0000000");
  EXPECT_EQ(Encoded("numeric", "double_value: -inf"), "b:00000000f0000000");
  EXPECT_EQ(Encoded("text", "double_value: 100000"), "b:313030303030");
}

TEST(ParameterEncoderTest, EncodesNumericsWhereNothingIsLost) {
  EXPECT_EQ(Encoded("numeric", "numeric_value: '-12.50'"),
            "b:0002000040000002000c1388");
  EXPECT_EQ(Encoded("numeric", "numeric_value: '1e3'"),
            "b:000100000000000003e8");
  EXPECT_EQ(Encoded("numeric", "numeric_value: 'NaN'"), "b:00000000c0000000");
  EXPECT_EQ(Encoded("numeric", "numeric_value: '1e131072'"), "LOSS");
  EXPECT_EQ(Encoded("numeric", "numeric_value: '1e-16384'"), "LOSS");
  EXPECT_EQ(Encoded("numeric[]",
                    "array_value { elements { numeric_value: '1e131072' }"
                    " elements { text_value: '1' } }"),
            "LOSS");
  EXPECT_EQ(Encoded("text", "numeric_value: '1e131072'"),
            "b:316531333130373"
            "2");
  EXPECT_EQ(Encoded("numeric", "numeric_value: '1 or 2'"), "MALFORMED");
  EXPECT_EQ(Encoded("numeric", "numeric_value: ''"), "MALFORMED");
  EXPECT_EQ(Encoded("text", "numeric_value: '1.0'"), "b:312e30");
  EXPECT_EQ(Encoded("text", "numeric_value: 'x'"), "MALFORMED");
  EXPECT_EQ(Encoded("int4", "numeric_value: '12.00'"), "b:0000000c");
  EXPECT_EQ(Encoded("int4", "numeric_value: '12.01'"), "LOSS");
  EXPECT_EQ(Encoded("int8", "numeric_value: '1e30'"), "LOSS");
  EXPECT_EQ(Encoded("int8", "numeric_value: 'Infinity'"), "LOSS");
  EXPECT_EQ(Encoded("float8", "numeric_value: '0.10'"), "b:3fb999999999999a");
  EXPECT_EQ(Encoded("float8", "numeric_value: '0.12345678901234567890'"),
            "LOSS");
  EXPECT_EQ(Encoded("float8", "numeric_value: '36028797018963968'"),
            "b:4360000000000000");
  EXPECT_EQ(Encoded("float8", "numeric_value: '1e400'"), "LOSS");
  EXPECT_EQ(Encoded("float8", "numeric_value: '-Infinity'"),
            "b:fff0000000000000");
  EXPECT_EQ(Encoded("float4", "numeric_value: '0.1'"), "b:3dcccccd");
  EXPECT_EQ(Encoded("float4", "numeric_value: '16777217'"), "LOSS");
  EXPECT_EQ(Encoded("date", "numeric_value: '1'"), "TYPE");
}

TEST(ParameterEncoderTest, ShowsOnlyTheFrontOfALongNumber) {
  const std::string message = MessageOf(
      "int4", absl::StrCat("numeric_value: '", std::string(5000, '7'), "'"));
  EXPECT_THAT(message, HasSubstr("7777... does not fit integer"));
  EXPECT_LT(message.size(), 100u);
}

TEST(ParameterEncoderTest, HandsTextToTheInputFunctionOfAnyType) {
  EXPECT_EQ(Encoded("text", "text_value: 'caf\xC3\xA9'"), "b:636166c3a9");
  EXPECT_EQ(Encoded("varchar", "text_value: ''"), "b:");
  for (absl::string_view type :
       {"int4", "bool", "bytea", "numeric", "timestamptz", "interval", "uuid",
        "int4[]", "int4range", "money", "record"}) {
    EXPECT_EQ(Encoded(type, "text_value: 'x'"), "t:x") << type;
  }
}

TEST(ParameterEncoderTest, HandsTextOverInBinaryWhereThatIsTheText) {
  EXPECT_EQ(Encoded("json", "text_value: '{}'"), "b:7b7d");
  EXPECT_EQ(Encoded("jsonb", "text_value: '{}'"), "b:017b7d");
  EXPECT_EQ(Encoded("name", "text_value: 'a'"), "b:61");
}

TEST(ParameterEncoderTest, RefusesNamesThatPostgresWouldCut) {
  const std::string name(63, 'n');
  EXPECT_EQ(Encoded("name", absl::StrCat("text_value: '", name, "'")),
            absl::StrCat("b:", absl::BytesToHexString(name)));
  EXPECT_EQ(Encoded("name", absl::StrCat("text_value: '", name, "x'")), "LOSS");
  const std::string digits(64, '7');
  EXPECT_EQ(Encoded("name", absl::StrCat("numeric_value: '", digits, "'")),
            "LOSS");
  EXPECT_EQ(Encoded("name", absl::StrCat("json_value: '", digits, "'")),
            "LOSS");
}

TEST(ParameterEncoderTest, EncodesOneByteForCharAndRefusesMore) {
  EXPECT_EQ(Encoded("\"char\"", "text_value: 'x'"), "b:78");
  EXPECT_EQ(Encoded("\"char\"", "text_value: ''"), "b:00");
  EXPECT_EQ(Encoded("\"char\"", "text_value: '\\\\'"), "b:5c");
  EXPECT_EQ(Encoded("\"char\"", "text_value: '\\\\303'"), "b:c3");
  for (absl::string_view text :
       {"xy", "\xC3\xA9", "\\\\400", "\\\\38x", "\\\\1234", "/303"}) {
    EXPECT_EQ(Encoded("\"char\"", absl::StrCat("text_value: '", text, "'")),
              "LOSS")
        << text;
  }
  // In a literal.
  const auto in_literal = [](absl::string_view text) {
    std::string out;
    const TypeRef pair =
        MakeCompositeType(50001, "pair",
                          {{"letter", FindBuiltinType("\"char\""), -1},
                           {"host", FindBuiltinType("inet"), -1}});
    absl::Status status =
        EncodeParameter(
            MakeValue(absl::StrCat("composite_value { fields { text_value: '",
                                   text, "' } fields { text_value: '::1' } }")),
            *pair, 1, kMaxBytes, out)
            .status();
    return status.ok() ? out.substr(4) : std::string(status.message());
  };
  EXPECT_EQ(in_literal("x"), "(x,\"::1\")");
  EXPECT_EQ(in_literal(""), "(\"\",\"::1\")");
  EXPECT_THAT(in_literal("\\\\303"), HasSubstr("field 1 (letter): "));
  EXPECT_THAT(in_literal("xy"), HasSubstr("field 1 (letter): "));
}

TEST(ParameterEncoderTest, GivesNumbersOnlyToTypesThatReadThemAsNumbers) {
  EXPECT_EQ(Encoded("money", "int64_value: -5"), "t:-5");
  EXPECT_EQ(Encoded("money", "numeric_value: '5.5'"), "LOSS");
  EXPECT_EQ(Encoded("regclass", "int64_value: 1259"), "t:1259");
  EXPECT_EQ(Encoded("xid8", "int64_value: -1"), "LOSS");
  for (absl::string_view type :
       {"bit", "varbit", "inet", "cidr", "timetz", "tsvector", "xml", "point",
        "oidvector", "jsonpath", "pg_lsn"}) {
    EXPECT_EQ(Encoded(type, "int64_value: 10"), "TYPE") << type;
  }
}

TEST(ParameterEncoderTest, RefusesNulInTextAndJsonWithoutShowingThem) {
  EXPECT_EQ(Encoded("text", "text_value: 'a\\000b'"), "MALFORMED");
  EXPECT_EQ(Encoded("int4", "text_value: 'a\\000b'"), "MALFORMED");
  EXPECT_EQ(Encoded("json", "json_value: '\\000'"), "MALFORMED");
  EXPECT_EQ(MessageOf("text", "text_value: 'secret\\000'"),
            "parameter $2: the text holds a NUL");
}

TEST(ParameterEncoderTest, EncodesBytesForByteaAlone) {
  EXPECT_EQ(Encoded("bytea", "bytes_value: '\\000\\377'"), "b:00ff");
  EXPECT_EQ(Encoded("text", "bytes_value: 'x'"), "TYPE");
  EXPECT_EQ(Encoded("uuid", "bytes_value: '0123456789abcdef'"), "TYPE");
}

TEST(ParameterEncoderTest, EncodesTimestampsWithinTheLimitsOfPostgres) {
  EXPECT_EQ(Encoded("timestamptz", "timestamp_value: 1709210096500000"),
            "b:0002b583416e1d20");
  EXPECT_EQ(Encoded("timestamp", "timestamp_value: 9223372036854775807"),
            "b:7fffffffffffffff");
  EXPECT_EQ(Encoded("timestamp", "timestamp_value: -9223372036854775808"),
            "b:8000000000000000");
  EXPECT_EQ(Encoded("timestamp", "timestamp_value: -210866803200000000"),
            "b:fd0f7cc1411fa000");
  EXPECT_EQ(Encoded("timestamp", "timestamp_value: -210866803200000001"),
            "LOSS");
  EXPECT_EQ(Encoded("date", "timestamp_value: 0"), "TYPE");
  EXPECT_EQ(Encoded("text", "timestamp_value: 0"), "TYPE");
}

TEST(ParameterEncoderTest, EncodesDatesWithinTheLimitsOfPostgres) {
  EXPECT_EQ(Encoded("date", "date_value: 19782"), "b:00002279");
  EXPECT_EQ(Encoded("date", "date_value: 2147483647"), "b:7fffffff");
  EXPECT_EQ(Encoded("date", "date_value: -2440588"), "b:ffda97a7");
  EXPECT_EQ(Encoded("date", "date_value: -2440589"), "LOSS");
  EXPECT_EQ(Encoded("date", "date_value: 2145042905"), "b:7fda970c");
  EXPECT_EQ(Encoded("date", "date_value: 2145042906"), "LOSS");
}

TEST(ParameterEncoderTest, EncodesDatesAsTimestampsWithoutZone) {
  EXPECT_EQ(Encoded("timestamp", "date_value: 10958"), "b:000000141dd76000");
  EXPECT_EQ(Encoded("timestamp", "date_value: -2147483648"),
            "b:8000000000000000");
  EXPECT_EQ(Encoded("timestamp", "date_value: 106762939"),
            "b:7fffff4795db4000");
  EXPECT_EQ(Encoded("timestamp", "date_value: 106762940"), "LOSS");
  EXPECT_EQ(Encoded("timestamptz", "date_value: 0"), "TYPE");
}

TEST(ParameterEncoderTest, EncodesTimesToMidnightAtTheEndOfTheDay) {
  EXPECT_EQ(Encoded("time", "time_value: 86400000000"), "b:000000141dd76000");
  EXPECT_EQ(Encoded("time", "time_value: 86400000001"), "LOSS");
  EXPECT_EQ(Encoded("time", "time_value: -1"), "LOSS");
  EXPECT_EQ(Encoded("timetz", "time_value: 0"), "TYPE");
}

TEST(ParameterEncoderTest, EncodesIntervalsUuidsAndJson) {
  EXPECT_EQ(Encoded("interval",
                    "interval_value { months: 1 days: -2 microseconds: 3000000 "
                    "}"),
            "b:00000000002dc6c0fffffffe00000001");
  EXPECT_EQ(Encoded("uuid", "uuid_value: '0123456789abcdef'"),
            "b:30313233343536373839616263646566");
  EXPECT_EQ(Encoded("uuid", "uuid_value: '0123456789abcde'"), "MALFORMED");
  EXPECT_EQ(Encoded("uuid", "uuid_value: ''"), "MALFORMED");
  EXPECT_EQ(Encoded("json", "json_value: '{}'"), "b:7b7d");
  EXPECT_EQ(Encoded("jsonb", "json_value: '{}'"), "b:017b7d");
  EXPECT_EQ(Encoded("text", "json_value: '{}'"), "b:7b7d");
  EXPECT_EQ(Encoded("int4", "json_value: '1'"), "TYPE");
}

TEST(ParameterEncoderTest, RefusesArraysAndCompositesForScalars) {
  EXPECT_EQ(Encoded("int4", "array_value {}"), "TYPE");
  EXPECT_EQ(Encoded("text", "array_value {}"), "TYPE");
  EXPECT_EQ(Encoded("point", "array_value {}"), "TYPE");
  EXPECT_EQ(Encoded("int4[]", "int64_value: 1"), "TYPE");
  EXPECT_EQ(Encoded("text", "composite_value {}"), "TYPE");
}

TEST(ParameterEncoderTest, NamesTheElementThatIsRefused) {
  EXPECT_EQ(MessageOf("int4[]",
                      "array_value { elements { int64_value: 1 } elements { "
                      "int64_value: 3000000000 } }"),
            "parameter $2: element 2: 3000000000 does not fit integer");
}

TEST(ParameterEncoderTest, TreatsADomainAsItsBase) {
  TypeCatalog catalog;
  TypeRow domain;
  domain.oid = 50001;
  domain.name = "posint";
  domain.kind = v1::TYPE_KIND_DOMAIN;
  domain.base_oid = 23;
  catalog.Learn({domain});
  std::string out;
  absl::StatusOr<WireFormat> format =
      EncodeParameter(MakeValue("int64_value: 5"), *catalog.FindByOid(50001), 1,
                      kMaxBytes, out);
  ASSERT_TRUE(format.ok());
  EXPECT_EQ(*format, WireFormat::kBinary);
  EXPECT_EQ(absl::BytesToHexString(out), "0000000400000005");
}

TEST(ParameterEncoderTest, TakesTextsForEnumsAndTextsAndNumbersForTheUnknown) {
  TypeCatalog catalog;
  TypeRow mood;
  mood.oid = 50001;
  mood.name = "mood";
  mood.kind = v1::TYPE_KIND_ENUM;
  catalog.Learn({mood});
  std::string out;
  EXPECT_TRUE(EncodeParameter(MakeValue("text_value: 'ok'"),
                              *catalog.FindByOid(50001), 1, kMaxBytes, out)
                  .ok());
  EXPECT_EQ(
      ReasonOf(EncodeParameter(MakeValue("int64_value: 1"),
                               *catalog.FindByOid(50001), 1, kMaxBytes, out)
                   .status()),
      v1::ERROR_REASON_PARAMETER_TYPE);
  const TypeRef unknown = catalog.FindOrMakeUnknown(59999);
  EXPECT_TRUE(
      EncodeParameter(MakeValue("int64_value: 1"), *unknown, 1, kMaxBytes, out)
          .ok());
  EXPECT_EQ(ReasonOf(EncodeParameter(MakeValue("timestamp_value: 1"), *unknown,
                                     1, kMaxBytes, out)
                         .status()),
            v1::ERROR_REASON_PARAMETER_TYPE);
}

TEST(ParameterEncoderTest, RefusesAValueOfOneByteOverTheLimit) {
  std::string out;
  const TypeEntry& text = *FindBuiltinType("text");
  EXPECT_TRUE(
      EncodeParameter(MakeValue("text_value: 'abcd'"), text, 1, 4, out).ok());
  absl::Status status =
      EncodeParameter(MakeValue("text_value: 'abcde'"), text, 3, 4, out)
          .status();
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(ReasonOf(status), v1::ERROR_REASON_PARAMETERS_TOO_LARGE);
  EXPECT_THAT(std::string(status.message()), HasSubstr("leaves 4 bytes"));
  EXPECT_EQ(ErrorMetadataOf(status, "parameter"), "3");
}

}  // namespace
}  // namespace sluice::postgres
