// Parameters that are refused, by the gateway or by PostgreSQL.

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/integration/bad_input.h"

namespace sluice::testing {
namespace {

using std::string_literals::operator""s;

TEST_F(BadInputTest, RefusesAWrongNumberOfParameters) {
  constexpr auto kCode = Code::INVALID_ARGUMENT;
  constexpr auto kReason = v1::ERROR_REASON_PARAMETER_COUNT;
  ExpectBothFail("SELECT $1::int", {}, kCode, kReason);
  ExpectBothFail("SELECT $1::int, $2::int", {Int(1)}, kCode, kReason);
  ExpectBothFail("SELECT $1::int", {Int(1), Int(2)}, kCode, kReason);
  ExpectBothFail("SELECT 1", {Int(1)}, kCode, kReason);
  ExpectBothPass("SELECT $1::int, $2::int", {Int(1), Int(2)});
}

TEST_F(BadInputTest, RefusesMoreParametersThanPostgresTakes) {
  const std::vector<v1::Value> too_many(65'536, Int(1));
  ExpectBothFail("SELECT 1", too_many, Code::INVALID_ARGUMENT,
                 v1::ERROR_REASON_INVALID_REQUEST);
}

TEST_F(BadInputTest, PassesOnWhatPostgresMakesOfAText) {
  for (const auto& [sql, text] :
       std::vector<std::pair<const char*, const char*>>{
           {"SELECT $1::int", "abc"},
           {"SELECT $1::int", ""},
           {"SELECT $1::date", "2024-02-30"},
           {"SELECT $1::uuid", "not-a-uuid"},
           {"SELECT $1::jsonb", "{"},
           {"SELECT $1::int[]", "{1,"},
           {"SELECT $1::inet", "1.2.3.4.5"},
           {"SELECT $1::bool", "maybe"}}) {
    ExpectBothFail(sql, {Text(text)}, Code::INVALID_ARGUMENT,
                   v1::ERROR_REASON_DATA_INVALID);
  }
  ExpectBothFail("SELECT $1::int", {Text("3000000000")}, Code::OUT_OF_RANGE,
                 v1::ERROR_REASON_DATA_OUT_OF_RANGE);
  ExpectBothPass("SELECT $1::int", {Text("12")});
}

TEST_F(BadInputTest, RefusesAValueOfAKindThatNeverBecomesTheType) {
  v1::Value interval;
  interval.mutable_interval_value()->set_days(1);
  v1::Value boolean;
  boolean.set_bool_value(true);
  for (const auto& [sql, value] :
       std::vector<std::pair<const char*, v1::Value>>{
           {"SELECT $1::int", Bytes("abc")},
           {"SELECT $1::int", boolean},
           {"SELECT $1::bytea", Int(1)},
           {"SELECT $1::date", interval},
           {"SELECT $1::bool", Int(1)},
           {"SELECT $1::int[]", Int(1)},
           {"SELECT $1::uuid", Bytes(std::string(16, 'u'))}}) {
    ExpectBothFail(sql, {value}, Code::INVALID_ARGUMENT,
                   v1::ERROR_REASON_PARAMETER_TYPE);
  }
}

TEST_F(BadInputTest, NamesTheParameterThatWouldLoseSomething) {
  v1::Value fraction;
  fraction.set_double_value(1.5);
  v1::Value numeric;
  numeric.set_numeric_value("1e20");
  const std::vector<std::pair<const char*, v1::Value>> cases = {
      {"SELECT $1::text, $2::int4", Int(3'000'000'000)},
      {"SELECT $1::text, $2::int2", Int(-32'769)},
      {"SELECT $1::text, $2::int8", fraction},
      {"SELECT $1::text, $2::int8", numeric},
      {"SELECT $1::text, $2::float8", Int((int64_t{1} << 53) + 1)}};
  for (const auto& [sql, value] : cases) {
    const CallError error =
        ExpectFailure(MakeQuery(sql, {Text("first"), value}),
                      Code::INVALID_ARGUMENT, v1::ERROR_REASON_PARAMETER_LOSS);
    EXPECT_EQ(error.Metadata("parameter"), "2") << sql;
    EXPECT_EQ(error.Metadata("executed"), "no") << sql;
  }
}

TEST_F(BadInputTest, RefusesAMalformedValue) {
  v1::Value short_uuid;
  short_uuid.set_uuid_value(std::string(15, 'u'));
  v1::Value number;
  number.set_numeric_value("1..2");
  v1::Value array;
  *array.mutable_array_value()->add_elements() = Int(1);
  array.mutable_array_value()->add_lengths(2);
  v1::Value json;
  json.set_json_value("\"\0\""s);
  for (const auto& [sql, value] :
       std::vector<std::pair<const char*, v1::Value>>{
           {"SELECT $1::int", v1::Value()},
           {"SELECT $1::text", Text("a\0b"s)},
           {"SELECT $1::int", Text("1\0"s)},
           {"SELECT $1::uuid", short_uuid},
           {"SELECT $1::numeric", number},
           {"SELECT $1::int[]", array},
           {"SELECT $1::json", json}}) {
    ExpectBothFail(sql, {value}, Code::INVALID_ARGUMENT,
                   v1::ERROR_REASON_PARAMETER_MALFORMED);
  }
}

TEST_F(BadInputTest, RefusesATypeThatIsNotThere) {
  for (const char* type :
       {"nope", "app.nope", "int4; DROP TABLE item", "int4)", "'", "int4[",
        "int4 int4", " ", "pg_catalog.", "$1"}) {
    ExpectBothFail("SELECT $1", {Typed(Text("1"), type)},
                   Code::INVALID_ARGUMENT, v1::ERROR_REASON_UNKNOWN_TYPE);
  }
  ExpectBothFail("SELECT $1", {Typed(Text("1"), "int4\0"s)},
                 Code::INVALID_ARGUMENT, v1::ERROR_REASON_UNKNOWN_TYPE);
  ExpectBothPass("SELECT $1", {Typed(Text("1"), "int4")});
  ExpectBothPass("SELECT $1", {Typed(Text("1"), " INTEGER ")});
}

// The value has the declared type, the statement wants another.
TEST_F(BadInputTest, PassesOnWhatPostgresMakesOfADeclaredType) {
  ExpectBothFail("SELECT 1 WHERE $1", {Typed(Int(1), "int4")},
                 Code::INVALID_ARGUMENT, v1::ERROR_REASON_STATEMENT_INVALID);
  ExpectBothFail("SELECT $1 + 1", {Typed(Text("x"), "point")},
                 Code::INVALID_ARGUMENT, v1::ERROR_REASON_UNDEFINED_OBJECT);
}

TEST_F(BadInputTest, RefusesAParameterWhoseTypeCannotBeTold) {
  EXPECT_THAT(
      Call(MakeQuery("SELECT pg_typeof($1)", {Int(1)})),
      FailsWith(Code::INVALID_ARGUMENT, v1::ERROR_REASON_STATEMENT_INVALID));
}

// Protobuf refuses it before the gateway sees it, so the error has no reason.
TEST_F(BadInputTest, SurvivesTextThatIsNotUtf8) {
  const grpc::Status status =
      Call(MakeQuery("SELECT $1::text", {Text("\xff\xfe")}));
  EXPECT_FALSE(status.ok());
  EXPECT_NE(status.error_code(), Code::UNAVAILABLE);
}

}  // namespace
}  // namespace sluice::testing
