// Random values of every type, there and back, with libpq as the oracle.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "tests/integration/catalog_types.h"
#include "tests/integration/random_literals.h"
#include "tests/integration/type_cases.h"
#include "tests/integration/wire_value.h"
#include "tests/support/call_error.h"
#include "tests/support/column_values.h"
#include "tests/support/scale.h"
#include "tests/support/stack_test.h"
#include "tests/support/values.h"

namespace sluice::testing {
namespace {

constexpr uint64_t kSeed = 20240229;
// Values of a call, and parameters.
constexpr int kBatchRows = 40;

std::string Quoted(const std::string& text) {
  return absl::StrCat("'", absl::StrReplaceAll(text, {{"'", "''"}}), "'");
}

std::string Shortened(const std::string& text) { return text.substr(0, 300); }

class TypePropertyTest : public StackTest<TypePropertyTest> {
 protected:
  friend class StackTest<TypePropertyTest>;

  static void SetUpTestSuite() {
    StackTest::SetUpTestSuite();
    if (HasFatalFailure()) return;
    GatewayClient client = stack().MakeClient();
    for (const char* sql : TypeSetup()) {
      ASSERT_THAT(client.Execute(sql).status, IsOk()) << sql;
    }
    absl::StatusOr<SqlSession> session =
        stack().postgres().Connect("app", "app");
    ASSERT_TRUE(session.ok()) << session.status();
    absl::StatusOr<CatalogTypes> types = ReadCatalogTypes(*session);
    ASSERT_TRUE(types.ok()) << types.status();
    types_ = *std::move(types);
    FillTables(*session);
  }

  // A table values.tOID of random values for each type; `c` is the value, and
  // `id` gives the order.
  static void FillTables(SqlSession& session);
  static void FillTable(SqlSession& session, RandomLiterals& literals,
                        uint32_t oid);

  // How many types lie in one another.
  static int DepthOf(uint32_t oid) {
    const CatalogType& type = types_.at(oid);
    int depth = type.inner_oid == 0 ? 0 : DepthOf(type.inner_oid);
    for (const uint32_t field : type.field_oids) {
      depth = std::max(depth, DepthOf(field));
    }
    return depth + 1;
  }

  void SetUp() override {
    absl::StatusOr<SqlSession> session =
        stack().postgres().Connect("app", "app");
    ASSERT_TRUE(session.ok()) << session.status();
    session_.emplace(*std::move(session));
  }

  static std::string BatchSql(uint32_t oid, int batch) {
    return absl::StrCat("SELECT c FROM values.t", oid, " ORDER BY id LIMIT ",
                        kBatchRows, " OFFSET ", batch * kBatchRows);
  }

  // Calls `check` with a type, the values of the gateway, and the texts of
  // libpq, until there are no more.
  template <typename Check>
  void ForEachBatch(Check check) {
    for (const uint32_t oid : oids_) {
      SCOPED_TRACE(types_.at(oid).sql_name);
      for (int batch = 0; !HasFatalFailure(); ++batch) {
        const std::string sql = BatchSql(oid, batch);
        const absl::StatusOr<SqlRows> rows = session_->Execute(sql);
        ASSERT_TRUE(rows.ok()) << rows.status();
        if (rows->empty()) break;
        const QueryOutcome outcome = client_.Query(sql);
        ASSERT_THAT(outcome.status, IsOk());
        const v1::ResultSet& result = outcome.response.result_set();
        ASSERT_EQ(result.row_count(), rows->size());
        check(oid, sql, result.columns(0), *rows);
      }
    }
  }

  // Expects that PostgreSQL writes the same texts for parameters, which stand
  // in the SQL as `cast` makes them of "$1".
  template <typename Cast>
  void ExpectEchoes(const std::vector<v1::Value>& values, const SqlRows& rows,
                    Cast cast) {
    std::vector<std::string> columns;
    for (size_t i = 1; i <= values.size(); ++i) {
      const std::string parameter = cast(absl::StrCat("$", i));
      columns.push_back(absl::StrCat("CASE WHEN ", parameter,
                                     " IS NOT DISTINCT FROM NULL THEN NULL ",
                                     "ELSE format('%s', ", parameter, ") END"));
    }
    const QueryOutcome outcome = client_.Query(
        absl::StrCat("SELECT ", absl::StrJoin(columns, ", ")), values);
    ASSERT_THAT(outcome.status, IsOk());
    for (size_t i = 0; i < values.size(); ++i) {
      const v1::Value echo = ValueAt(
          outcome.response.result_set().columns(static_cast<int>(i)), 0);
      EXPECT_EQ(echo.has_null_value(), !rows[i][0].has_value());
      if (echo.text_value() == rows[i][0].value_or("")) continue;
      ADD_FAILURE() << "libpq gives " << Shortened(*rows[i][0])
                    << "\nthe echo is " << Shortened(echo.text_value())
                    << "\nof the value "
                    << Shortened(values[i].ShortDebugString());
      return;
    }
  }

  static std::vector<v1::Value> ValuesOf(const v1::Column& column, int count) {
    std::vector<v1::Value> values;
    for (int i = 0; i < count; ++i) values.push_back(ValueAt(column, i));
    return values;
  }

  static inline CatalogTypes types_;
  // Those that have a table, parts before what they are parts of.
  static inline std::vector<uint32_t> oids_;

  GatewayClient client_ = stack().MakeClient();
  std::optional<SqlSession> session_;
};

void TypePropertyTest::FillTables(SqlSession& session) {
  std::cout << "seed " << kSeed << "\n";
  const absl::Status made = session
                                .Execute(R"(
    CREATE SCHEMA values;
    CREATE FUNCTION values.put(type oid, literal text) RETURNS boolean
    LANGUAGE plpgsql AS $$
    BEGIN
      EXECUTE format('INSERT INTO values.t%s (c) VALUES (%L)', type, literal);
      RETURN true;
    EXCEPTION WHEN OTHERS THEN
      RETURN false;
    END $$)")
                                .status();
  ASSERT_TRUE(made.ok()) << made;
  RandomLiterals literals(types_, kSeed);
  std::vector<uint32_t> oids;
  for (const auto& [oid, type] : types_) {
    if (literals.Covers(oid)) oids.push_back(oid);
  }
  std::stable_sort(oids.begin(), oids.end(), [](uint32_t one, uint32_t two) {
    return DepthOf(one) < DepthOf(two);
  });
  for (const uint32_t oid : oids) {
    if (!literals.Covers(oid)) continue;
    SCOPED_TRACE(types_.at(oid).sql_name);
    FillTable(session, literals, oid);
    if (HasFatalFailure()) return;
  }
}

void TypePropertyTest::FillTable(SqlSession& session, RandomLiterals& literals,
                                 uint32_t oid) {
  const int wanted = Scaled(kBatchRows, 10 * kBatchRows) - 1;
  std::vector<std::string> rows;
  for (int i = 0; i < wanted; ++i) {
    rows.push_back(absl::StrCat("(", Quoted(literals.Make(oid)), ")"));
  }
  const std::string table = absl::StrCat("values.t", oid);
  const absl::StatusOr<SqlRows> accepted = session.Execute(absl::StrCat(
      "CREATE TABLE ", table, " (id int GENERATED ALWAYS AS IDENTITY, c ",
      types_.at(oid).sql_name, "); INSERT INTO ", table, " (c) VALUES (NULL);",
      "SELECT count(*) FROM (VALUES ", absl::StrJoin(rows, ","),
      ") AS v (literal) WHERE values.put(", oid, ", literal)"));
  ASSERT_TRUE(accepted.ok()) << Shortened(accepted.status().ToString());
  int count = 0;
  ASSERT_TRUE(absl::SimpleAtoi(*accepted->at(0).at(0), &count));
  // Of ranges a half ends before it begins; a domain may allow next to nothing.
  const int expected = DepthOf(oid) == 1 ? wanted : wanted / 5;
  if (count < expected && types_.at(oid).kind == 'd') {
    return literals.Exclude(oid);
  }
  ASSERT_GE(count, expected);
  oids_.push_back(oid);
  const absl::StatusOr<SqlRows> texts = session.Execute(absl::StrCat(
      "SELECT c FROM ", table, " WHERE id > 1 ORDER BY id LIMIT 100"));
  ASSERT_TRUE(texts.ok()) << texts.status();
  std::vector<std::string> good;
  for (const SqlRow& row : *texts) good.push_back(row[0].value_or(""));
  literals.Offer(oid, std::move(good));
}

TEST_F(TypePropertyTest, EveryResultIsWhatLibpqGives) {
  int64_t value_count = 0;
  ForEachBatch([&](uint32_t oid, const std::string& sql,
                   const v1::Column& column, const SqlRows& rows) {
    std::optional<SqlRows> binary;
    if (!column.has_others()) {
      absl::StatusOr<SqlRows> executed = session_->ExecuteBinary(sql);
      ASSERT_TRUE(executed.ok()) << executed.status();
      binary = *std::move(executed);
    }
    for (size_t i = 0; i < rows.size(); ++i) {
      const v1::Value value = ValueAt(column, static_cast<int>(i));
      ++value_count;
      ASSERT_EQ(value.has_null_value(), !rows[i][0].has_value());
      if (value.has_null_value()) continue;
      if (binary.has_value()) {
        const v1::Value wire = ReadWireValue(types_, oid, *(*binary)[i][0]);
        ASSERT_TRUE(Matches(wire, value))
            << Shortened(*rows[i][0])
            << "\nlibpq: " << Shortened(wire.ShortDebugString())
            << "\ngateway: " << Shortened(value.ShortDebugString());
      } else {
        ASSERT_EQ(value.text_value(), *rows[i][0]);
      }
    }
  });
  std::cout << value_count << " values of " << oids_.size() << " types\n";
}

TEST_F(TypePropertyTest, EveryValueComesBackAsAParameterOfItsType) {
  ForEachBatch([&](uint32_t oid, const std::string& /*sql*/,
                   const v1::Column& column, const SqlRows& rows) {
    std::vector<v1::Value> values;
    for (v1::Value& value : ValuesOf(column, static_cast<int>(rows.size()))) {
      values.push_back(Typed(std::move(value), types_.at(oid).sql_name));
    }
    ExpectEchoes(values, rows, [](std::string parameter) { return parameter; });
  });
}

TEST_F(TypePropertyTest, EveryValueComesBackAsAParameterOfAnInferredType) {
  ForEachBatch([&](uint32_t oid, const std::string& /*sql*/,
                   const v1::Column& column, const SqlRows& rows) {
    ExpectEchoes(ValuesOf(column, static_cast<int>(rows.size())), rows,
                 [&](const std::string& parameter) {
                   return absl::StrCat(parameter,
                                       "::", types_.at(oid).sql_name);
                 });
  });
}

TEST_F(TypePropertyTest, EveryStreamSaysWhatAQuerySays) {
  ForEachBatch([&](uint32_t /*oid*/, const std::string& sql,
                   const v1::Column& column, const SqlRows& rows) {
    const StreamOutcome stream = client_.QueryStream(sql);
    ASSERT_THAT(stream.status, IsOk());
    const v1::ResultSet& result = stream.result_set;
    EXPECT_EQ(stream.fault, "");
    ASSERT_EQ(result.row_count(), rows.size());
    for (int i = 0; i < static_cast<int>(rows.size()); ++i) {
      const v1::Value streamed = ValueAt(result.columns(0), i);
      const v1::Value value = ValueAt(column, i);
      ASSERT_TRUE(SameValue(streamed, value) || Matches(streamed, value))
          << Shortened(streamed.ShortDebugString()) << "\nand not "
          << Shortened(value.ShortDebugString());
    }
  });
}

// One value of each kind of column that is longer than a batch, whole and in
// pieces.
TEST_F(TypePropertyTest, LongValuesComeWholeInPieces) {
  for (const char* expression :
       {"repeat('long é€😀 ', 100000)", "decode(repeat('00ff', 500000), 'hex')",
        "array_agg(i) FROM generate_series(1, 100000) i",
        "array_agg(i::text) FROM generate_series(1, 50000) i",
        "to_jsonb(array_agg(i)) FROM generate_series(1, 100000) i",
        "ROW(1, repeat('x', 500000))::pair",
        "text_range(repeat('a', 300000), repeat('b', 300000))",
        "range_agg(int4range(2 * i, 2 * i + 1))"
        "  FROM generate_series(1, 40000) i",
        "repeat('1', 2000000)::varbit"}) {
    const std::string sql = absl::StrCat("SELECT 1, ", expression);
    const QueryOutcome whole = client_.Query(sql);
    ASSERT_THAT(whole.status, IsOk()) << expression;
    const StreamOutcome stream = client_.QueryStream(sql);
    ASSERT_THAT(stream.status, IsOk()) << expression;
    ASSERT_EQ(stream.result_set.row_count(), 1u) << expression;
    EXPECT_GT(stream.fragment_count, 1) << expression;
    for (int column = 0; column < 2; ++column) {
      EXPECT_TRUE(
          SameValue(ValueAt(stream.result_set.columns(column), 0),
                    ValueAt(whole.response.result_set().columns(column), 0)))
          << expression;
    }
  }
}

// What PostgreSQL can hold at most, alone and within others.
TEST_F(TypePropertyTest, KeepsEveryDigitOfTheLongestNumeric) {
  const std::string longest =
      absl::StrCat(std::string(131'072, '7'), ".", std::string(16'383, '3'));
  v1::Value numeric;
  numeric.set_numeric_value(longest);
  QueryOutcome outcome = client_.Query("SELECT $1::numeric", {numeric});
  ASSERT_THAT(outcome.status, IsOk());
  const v1::ResultSet& result = outcome.response.result_set();
  EXPECT_EQ(result.columns(0).numerics().values(0), longest);
  EXPECT_EQ(stack().Ask(absl::StrCat("SELECT '", longest, "' = (", "'",
                                     result.columns(0).numerics().values(0),
                                     "'::numeric)::text")),
            "t");

  v1::Value array;
  *array.mutable_array_value()->add_elements() = numeric;
  *array.mutable_array_value()->add_elements() = Null();
  outcome = client_.Query("SELECT $1::numeric[]", {array});
  ASSERT_THAT(outcome.status, IsOk());
  EXPECT_TRUE(
      Matches(array, ValueAt(outcome.response.result_set().columns(0), 0)));

  v1::Value range;
  *range.mutable_range_value()->mutable_upper() = numeric;
  outcome = client_.Query("SELECT $1", {Typed(range, "numrange")});
  ASSERT_THAT(outcome.status, IsOk());
  EXPECT_TRUE(
      SameValue(range, ValueAt(outcome.response.result_set().columns(0), 0)));
}

}  // namespace
}  // namespace sluice::testing
