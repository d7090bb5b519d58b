// Both forms of random parameters on a live PostgreSQL: the codec's binary and
// its literals must be the same values.

#include <gtest/gtest.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "server/postgres/codec/literal_encoder.h"
#include "server/postgres/codec/parameter_encoder.h"
#include "server/postgres/codec/parameter_format.h"
#include "server/postgres/codec/test_random_values.h"
#include "server/postgres/codec/type_catalog.h"
#include "server/postgres/codec/type_query.h"
#include "tests/support/scale.h"
#include "tests/support/stack_test.h"

namespace sluice::testing {
namespace {

using postgres::TypeEntry;
using postgres::TypeRef;
using postgres::WireFormat;

constexpr size_t kMaxBytes = 100'000'000;
constexpr uint64_t kSeed = 20240229;

constexpr const char* kSetup[] = {
    "CREATE TYPE mood AS ENUM ('sad', 'so-so, really', '\"', '', 'null', "
    "'caf\xC3\xA9')",
    "CREATE DOMAIN amount AS numeric CHECK (VALUE <> 0)",
    "CREATE DOMAIN list AS int[]",
    "CREATE TYPE textrange AS RANGE (subtype = text)",
    "CREATE TYPE timerange AS RANGE (subtype = time)",
    "CREATE TYPE listrange AS RANGE (subtype = numeric[])",
    "CREATE TYPE scalars AS (a bool, b int2, c int4, d int8, e oid, f float4, "
    "g float8, h numeric, i text, j varchar, k \"char\", l mood, m bytea, "
    "n timestamp, o timestamptz, p date, q time, r interval, s uuid, t json, "
    "u jsonb, v name, w bpchar, x xid)",
    "CREATE TYPE pair AS (n amount, l list, ls list[], r int4range, "
    "m nummultirange)",
    "CREATE TYPE deep AS (s scalars, p pair[], t textrange)",
    "CREATE DOMAIN paired AS pair",
    "CREATE TYPE nothing AS ()",
    "CREATE TYPE single AS (x text)",
    "CREATE TABLE dropped (a int, gone text, b numeric, c paired[])",
    "ALTER TABLE dropped DROP COLUMN gone",
    // What shows values must not be what reads them.
    "ALTER DATABASE app SET intervalstyle = sql_standard",
    "ALTER DATABASE app SET datestyle = 'SQL, DMY'",
    "ALTER DATABASE app SET timezone = 'Europe/Berlin'",
    "ALTER DATABASE app SET bytea_output = escape",
};

// With a binary form of each of their values.
constexpr const char* kBinaryTypes[] = {
    "bool",        "int2",           "int4",          "int8",
    "oid",         "float4",         "float8",        "numeric",
    "text",        "varchar",        "bpchar",        "name",
    "\"char\"",    "mood",           "bytea",         "timestamp",
    "timestamptz", "date",           "time",          "interval",
    "uuid",        "json",           "jsonb",         "scalars",
    "pair",        "deep",           "paired",        "list",
    "textrange",   "timerange",      "listrange",     "int4range",
    "int8range",   "numrange",       "daterange",     "tsrange",
    "tstzrange",   "int4multirange", "nummultirange", "datemultirange",
    "nothing",     "single",         "dropped"};

class ParameterFormsTest : public StackTest<ParameterFormsTest> {
 protected:
  friend class StackTest<ParameterFormsTest>;

  static void SetUpTestSuite() {
    StackTest::SetUpTestSuite();
    if (HasFatalFailure()) return;
    for (const char* sql : kSetup) {
      const auto done = stack().postgres().Execute("app", sql);
      ASSERT_TRUE(done.ok()) << done.status();
    }
  }

  void SetUp() override {
    absl::StatusOr<SqlSession> session =
        stack().postgres().Connect("app", "app");
    ASSERT_TRUE(session.ok()) << session.status();
    session_.emplace(*std::move(session));
  }

  // As the gateway looks a type up.
  TypeRef Find(const std::string& name) {
    const std::string sql = absl::StrReplaceAll(
        postgres::FindTypeByNameSql(), {{"$1", absl::StrCat("'", name, "'")}});
    absl::StatusOr<SqlRows> rows = session_->Execute(sql);
    EXPECT_TRUE(rows.ok()) << rows.status();
    std::vector<postgres::TypeRow> types;
    for (const SqlRow& row : *rows) {
      std::vector<absl::string_view> columns;
      for (const auto& column : row) columns.emplace_back(*column);
      absl::StatusOr<postgres::TypeRow> type = postgres::ParseTypeRow(columns);
      EXPECT_TRUE(type.ok()) << type.status();
      types.push_back(*std::move(type));
    }
    catalog_.Learn(types);
    TypeRef type = catalog_.FindByOid(types.front().oid);
    EXPECT_NE(type, nullptr) << name;
    return type;
  }

  // What PostgreSQL makes of a parameter, as text, or its error.
  std::string Shown(const TypeEntry& type, SqlParameter::Format format,
                    std::string bytes) {
    absl::StatusOr<SqlRows> rows = session_->ExecuteWith(
        absl::StrCat("SELECT ($1::", type.name, ")::text"),
        {type.oid, format, std::move(bytes)});
    if (!rows.ok()) return rows.status().ToString();
    return absl::StrCat("= ", rows->at(0).at(0).value_or("(null)"));
  }

  std::string ShownLiteral(const v1::Value& value, const TypeEntry& type) {
    absl::StatusOr<std::string> literal =
        postgres::LiteralEncoder(kMaxBytes).Encode(value, type);
    if (!literal.ok()) return literal.status().ToString();
    return Shown(type, SqlParameter::Format::kText, *std::move(literal));
  }

  std::string ShownParameter(const v1::Value& value, const TypeEntry& type,
                             WireFormat expected) {
    std::string bytes;
    absl::StatusOr<WireFormat> format =
        postgres::EncodeParameter(value, type, 1, kMaxBytes, bytes);
    if (!format.ok()) return format.status().ToString();
    EXPECT_EQ(*format, expected) << type.name;
    bytes.erase(0, sizeof(int32_t));
    return Shown(type, static_cast<SqlParameter::Format>(*format),
                 std::move(bytes));
  }

  // Random values are read the same in both forms, or refused for the same
  // reason: a lower bound above its upper one, and the like.
  void CompareForms(const std::string& name) {
    const TypeRef type = Find(name);
    if (type == nullptr) return;
    const int rounds = Scaled(/*ci=*/100, /*full=*/5'000);
    int accepted = 0;
    for (int round = 0; round < rounds; ++round) {
      const v1::Value value = random_.Make(*type);
      if (value.has_null_value()) continue;
      const std::string binary =
          ShownParameter(value, *type, WireFormat::kBinary);
      ASSERT_EQ(binary, ShownLiteral(value, *type))
          << name << " " << value.ShortDebugString();
      if (absl::StartsWith(binary, "=")) ++accepted;
    }
    EXPECT_GT(accepted, rounds / 8) << name;
  }

  postgres::RandomValues random_{kSeed};
  postgres::TypeCatalog catalog_;
  std::optional<SqlSession> session_;
};

TEST_F(ParameterFormsTest, BinaryAndLiteralAreTheSameValues) {
  SCOPED_TRACE(absl::StrCat("seed ", kSeed));
  for (const char* name : kBinaryTypes) {
    CompareForms(name);
    if (HasFatalFailure()) return;
  }
}

TEST_F(ParameterFormsTest, ArraysAreTheSameInBothForms) {
  SCOPED_TRACE(absl::StrCat("seed ", kSeed));
  for (const char* name : kBinaryTypes) {
    CompareForms(absl::StrCat(name, "[]"));
    if (HasFatalFailure()) return;
  }
}

TEST_F(ParameterFormsTest, NumericsAreAsLongAsPostgresTakesThem) {
  const TypeRef type = Find("numeric");
  v1::Value value;
  const std::string longest = absl::StrCat("-", std::string(131'072, '9'), ".",
                                           std::string(16'383, '7'));
  for (const std::string& text :
       {longest, std::string("1e131071"), std::string("1e-16383"),
        std::string("0e-16383")}) {
    value.set_numeric_value(text);
    const std::string binary =
        ShownParameter(value, *type, WireFormat::kBinary);
    EXPECT_EQ(binary, ShownLiteral(value, *type)) << text.substr(0, 20);
    EXPECT_TRUE(absl::StartsWith(binary, "=")) << binary.substr(0, 200);
  }
  // What the codec refuses PostgreSQL would refuse.
  for (const char* text : {"1e131072", "1e-16384", "0e-16384", "-NaN"}) {
    value.set_numeric_value(text);
    EXPECT_FALSE(absl::StartsWith(
        ShownParameter(value, *type, WireFormat::kBinary), "="))
        << text;
    EXPECT_FALSE(
        absl::StartsWith(Shown(*type, SqlParameter::Format::kText, text), "="))
        << text;
  }
}

TEST_F(ParameterFormsTest, VectorsAreReadAsNumbers) {
  const TypeRef type = Find("int2vector");
  v1::Value value;
  value.mutable_array_value();
  EXPECT_EQ(ShownParameter(value, *type, WireFormat::kText), "= ");
  for (int64_t number : {1, -2}) {
    value.mutable_array_value()->add_elements()->set_int64_value(number);
  }
  EXPECT_EQ(ShownParameter(value, *type, WireFormat::kText), "= 1 -2");
}

}  // namespace
}  // namespace sluice::testing
