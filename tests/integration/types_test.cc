// Values of each type through the gateway and back, compared with what libpq
// gives on a direct session.

#include <gmock/gmock.h>
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "tests/integration/type_cases.h"
#include "tests/support/call_error.h"
#include "tests/support/column_values.h"
#include "tests/support/stack_test.h"
#include "tests/support/values.h"

namespace sluice::testing {
namespace {

using grpc::StatusCode;

std::string Literal(const TypeCase& type_case) {
  return absl::StrCat("'",
                      absl::StrReplaceAll(type_case.literal, {{"'", "''"}}),
                      "'::", type_case.type);
}

// Two of the value with a NULL between them.
std::string ArrayLiteral(const TypeCase& type_case) {
  const std::string literal = Literal(type_case);
  return absl::StrCat("ARRAY[", literal, ", NULL, ", literal, "]");
}

// The type as Value.type may say it: PostgreSQL would cut a value to a length.
std::string TypeName(const TypeCase& type_case) {
  const std::string name = type_case.type;
  return name.substr(0, name.find('('));
}

bool IsArray(const TypeCase& type_case) {
  return absl::EndsWith(type_case.type, "[]");
}

class TypesTest : public StackTest<TypesTest> {
 protected:
  friend class StackTest<TypesTest>;

  static void SetUpTestSuite() {
    StackTest::SetUpTestSuite();
    if (HasFatalFailure()) return;
    GatewayClient client = stack().MakeClient();
    for (const char* sql : TypeSetup()) {
      ASSERT_THAT(client.Execute(sql).status, IsOk()) << sql;
    }
  }

  void SetUp() override {
    absl::StatusOr<SqlSession> session =
        stack().postgres().Connect("app", "app");
    ASSERT_TRUE(session.ok()) << session.status();
    session_.emplace(*std::move(session));
  }

  // What PostgreSQL writes for an expression, on the direct session.
  std::string DirectText(const std::string& expression) {
    absl::StatusOr<SqlRows> rows = session_->Execute("SELECT " + expression);
    EXPECT_TRUE(rows.ok()) << rows.status();
    return rows.ok() ? rows->at(0).at(0).value_or("(null)") : "";
  }

  // The first column of a one-row query through the gateway.
  v1::Column FetchColumn(const std::string& expression,
                         const std::vector<v1::Value>& parameters = {}) {
    QueryOutcome outcome = client_.Query("SELECT " + expression, parameters);
    EXPECT_THAT(outcome.status, IsOk()) << expression.substr(0, 300);
    if (!outcome.status.ok()) return {};
    EXPECT_EQ(outcome.response.result_set().row_count(), 1u);
    type_ = outcome.response.result_set().metadata(0).type();
    return outcome.response.result_set().columns(0);
  }

  v1::Value Fetch(const std::string& expression) {
    return ValueAt(FetchColumn(expression), 0);
  }

  // The text that PostgreSQL's output function gives for a parameter of the
  // gateway.
  std::string EchoedText(const std::string& parameter, const v1::Value& value) {
    const std::string expression = absl::StrCat(
        "CASE WHEN ", parameter, " IS NOT DISTINCT FROM NULL THEN '(null)' ",
        "ELSE format('%s', ", parameter, ") END");
    return ValueAt(FetchColumn(expression, {value}), 0).text_value();
  }

  GatewayClient client_ = stack().MakeClient();
  // Of the column that was fetched last.
  v1::Type type_;
  std::optional<SqlSession> session_;
};

TEST_F(TypesTest, GivesTheDocumentedValue) {
  for (const TypeCase& type_case : TypeCases()) {
    if (type_case.value == nullptr) continue;
    v1::Value expected;
    ASSERT_TRUE(google::protobuf::TextFormat::ParseFromString(type_case.value,
                                                              &expected))
        << type_case.value;
    const v1::Value value = Fetch(Literal(type_case));
    EXPECT_TRUE(SameValue(value, expected))
        << Literal(type_case) << " gives " << value.ShortDebugString();
  }
}

// It is prepared under no name, and so are the gateway's own questions.
TEST_F(TypesTest, LearnsTheTypesOfAVeryLongText) {
  ASSERT_THAT(client_.Execute("CREATE TYPE hue AS ENUM ('red')").status,
              IsOk());
  const QueryOutcome outcome = client_.Query(
      absl::StrCat("SELECT 'red'::hue, 7", std::string(20'000, ' ')));
  ASSERT_THAT(outcome.status, IsOk());
  EXPECT_EQ(outcome.response.result_set().columns_size(), 2);
  EXPECT_EQ(FirstText(outcome.response.result_set()), "red");
}

TEST_F(TypesTest, TakesBackWhatItGave) {
  for (const TypeCase& type_case : TypeCases()) {
    const v1::Value value = Fetch(Literal(type_case));
    const std::string direct = DirectText(Literal(type_case));
    // PostgreSQL infers the type,
    EXPECT_EQ(EchoedText(absl::StrCat("$1::", type_case.type), value), direct)
        << Literal(type_case);
    // or the caller declares it.
    EXPECT_EQ(EchoedText("$1", Typed(value, TypeName(type_case))), direct)
        << Literal(type_case);
  }
}

TEST_F(TypesTest, TakesBackArraysOfEverything) {
  for (const TypeCase& type_case : TypeCases()) {
    if (IsArray(type_case)) continue;
    const std::string literal = ArrayLiteral(type_case);
    const v1::Column column = FetchColumn(literal);
    const v1::Value value = ValueAt(column, 0);
    const std::string direct = DirectText(literal);
    const std::string array_type = absl::StrCat(type_case.type, "[]");
    EXPECT_EQ(EchoedText(absl::StrCat("$1::", array_type), value), direct)
        << literal;
    EXPECT_EQ(EchoedText("$1", Typed(value, TypeName(type_case) + "[]")),
              direct)
        << literal;
    if (column.has_others()) continue;
    ASSERT_EQ(value.array_value().elements_size(), 3) << literal;
    EXPECT_TRUE(
        SameValue(value.array_value().elements(0), Fetch(Literal(type_case))))
        << literal;
    EXPECT_TRUE(value.array_value().elements(1).has_null_value()) << literal;
  }
}

TEST_F(TypesTest, TakesTextForAnyType) {
  for (const TypeCase& type_case : TypeCases()) {
    EXPECT_EQ(EchoedText(absl::StrCat("$1::", type_case.type),
                         Text(type_case.literal)),
              DirectText(Literal(type_case)))
        << Literal(type_case);
  }
}

TEST_F(TypesTest, GivesAndTakesNulls) {
  for (const TypeCase& type_case : TypeCases()) {
    const std::string expression = absl::StrCat("NULL::", type_case.type);
    const v1::Column column = FetchColumn(expression);
    EXPECT_TRUE(ValueAt(column, 0).has_null_value()) << expression;
    // The slot is there all the same, in the member of the type.
    EXPECT_EQ(column.values_case(),
              FetchColumn(Literal(type_case)).values_case())
        << expression;
    EXPECT_EQ(EchoedText(absl::StrCat("$1::", type_case.type), Null()),
              "(null)")
        << expression;
    EXPECT_EQ(EchoedText("$1", Typed(Null(), TypeName(type_case))), "(null)")
        << expression;
  }
}

TEST_F(TypesTest, KeepsEachRowsNullInItsPlace) {
  const v1::Column column = FetchColumn(
      "array_agg(CASE WHEN i % 3 = 0 THEN NULL ELSE i END ORDER BY i)"
      "  FROM generate_series(1, 20) i");
  QueryOutcome rows = client_.Query(
      "SELECT CASE WHEN i % 3 = 0 THEN NULL ELSE i END "
      "FROM generate_series(1, 20) i");
  ASSERT_THAT(rows.status, IsOk());
  const v1::Column& ints = rows.response.result_set().columns(0);
  const v1::ArrayValue array = ValueAt(column, 0).array_value();
  ASSERT_EQ(array.elements_size(), 20);
  for (int i = 1; i <= 20; ++i) {
    for (const v1::Value& value :
         {ValueAt(ints, i - 1), array.elements(i - 1)}) {
      if (i % 3 == 0) {
        EXPECT_TRUE(value.has_null_value()) << i;
      } else {
        EXPECT_EQ(value.int64_value(), i);
      }
    }
  }
}

TEST_F(TypesTest, NamesTheTypeOfEachColumn) {
  for (const TypeCase& type_case : TypeCases()) {
    FetchColumn(Literal(type_case));
    const v1::Type type = type_;
    // A result names what a domain is over.
    const std::string catalog = absl::StrCat(
        "WITH RECURSIVE t AS (SELECT * FROM pg_type WHERE oid = '",
        absl::StrReplaceAll(type_case.type, {{"'", "''"}}),
        "'::regtype UNION ALL SELECT b.* FROM pg_type b JOIN t "
        "ON b.oid = t.typbasetype) SELECT oid || ' ' || format_type(oid, NULL)"
        " || ' ' || CASE WHEN typcategory = 'A' THEN 'a' ELSE typtype::text END"
        " FROM t WHERE typtype <> 'd'");
    const std::map<v1::TypeKind, char> letters = {
        {v1::TYPE_KIND_BASE, 'b'},  {v1::TYPE_KIND_ENUM, 'e'},
        {v1::TYPE_KIND_ARRAY, 'a'}, {v1::TYPE_KIND_COMPOSITE, 'c'},
        {v1::TYPE_KIND_RANGE, 'r'}, {v1::TYPE_KIND_MULTIRANGE, 'm'}};
    const auto letter = letters.find(type.kind());
    EXPECT_EQ(
        absl::StrCat(
            type.oid(), " ", type.name(), " ",
            letter == letters.end() ? "?" : std::string(1, letter->second)),
        stack().Ask(catalog))
        << type_case.type;
  }
}

TEST_F(TypesTest, TellsTheModifierAndTheElement) {
  FetchColumn("'ab'::varchar(7)");
  EXPECT_EQ(type_.modifier(), 7 + 4);
  FetchColumn("1::int4");
  EXPECT_EQ(type_.modifier(), -1);
  FetchColumn("'{1.5}'::numeric(4,2)[]");
  EXPECT_EQ(type_.element().name(), "numeric");
  EXPECT_EQ(type_.element().kind(), v1::TYPE_KIND_BASE);
}

TEST_F(TypesTest, TellsTheTableOfOrigin) {
  const QueryOutcome outcome =
      client_.Query("SELECT relname, 1 AS one FROM pg_class LIMIT 1");
  ASSERT_THAT(outcome.status, IsOk());
  const v1::ColumnMetadata& name = outcome.response.result_set().metadata(0);
  EXPECT_EQ(name.name(), "relname");
  EXPECT_EQ(name.table_oid(), 1259u);
  EXPECT_EQ(name.column_number(), 2u);
  const v1::ColumnMetadata& one = outcome.response.result_set().metadata(1);
  EXPECT_EQ(one.name(), "one");
  EXPECT_EQ(one.table_oid(), 0u);
}

TEST_F(TypesTest, RefusesATimestampBeyondTheApi) {
  for (const char* literal : {"'294247-01-10 04:00:54.775807'::timestamp",
                              "'294276-12-31 23:59:59.999999'::timestamp",
                              "'294276-12-31 23:59:59.999999+00'::timestamptz",
                              "ARRAY['294276-12-31'::timestamp]"}) {
    EXPECT_THAT(client_.Query(absl::StrCat("SELECT ", literal)).status,
                FailsWith(StatusCode::OUT_OF_RANGE,
                          v1::ERROR_REASON_RESULT_OUT_OF_RANGE))
        << literal;
  }
}

TEST_F(TypesTest, TakesACompositeByItsFields) {
  v1::Value composite;
  v1::CompositeValue* fields = composite.mutable_composite_value();
  *fields->add_fields() = Int(7);
  *fields->add_fields() = Text("a \"word\", and \\ more");
  EXPECT_EQ(EchoedText("$1", Typed(composite, "pair")),
            DirectText("ROW(7, 'a \"word\", and \\ more')::pair"));
  *fields->mutable_fields(1) = Null();
  EXPECT_EQ(EchoedText("$1", Typed(composite, "pair")),
            DirectText("ROW(7, NULL)::pair"));
}

TEST_F(TypesTest, ChecksADomain) {
  EXPECT_THAT(client_.Query("SELECT $1", {Typed(Int(-1), "positive")}).status,
              FailsWith(StatusCode::FAILED_PRECONDITION,
                        v1::ERROR_REASON_CONSTRAINT_VIOLATION));
}

// Conversions that lose nothing.
TEST_F(TypesTest, TakesANumberForAnotherType) {
  v1::Value ten;
  ten.set_double_value(10);
  v1::Value numeric;
  numeric.set_numeric_value("10");
  for (const v1::Value& value : {Int(10), ten, numeric}) {
    for (const char* type :
         {"int2", "int4", "int8", "oid", "float4", "float8", "numeric"}) {
      EXPECT_EQ(EchoedText(absl::StrCat("$1::", type), value), "10")
          << type << " " << value.ShortDebugString();
    }
  }
  EXPECT_EQ(EchoedText("$1::text", Int(10)), "10");
}

// The catalog of types is read once and must follow what happens to them.
TEST_F(TypesTest, FollowsATypeThatIsMadeAnew) {
  for (const char* label : {"one", "two"}) {
    ASSERT_THAT(
        client_
            .Execute(absl::StrCat("CREATE TYPE fresh AS ENUM ('", label, "')"))
            .status,
        IsOk());
    EXPECT_EQ(EchoedText("$1", Typed(Text(label), "fresh")), label);
    EXPECT_EQ(Fetch(absl::StrCat("'", label, "'::fresh")).text_value(), label);
    ASSERT_THAT(client_.Execute("DROP TYPE fresh").status, IsOk());
  }
}

TEST_F(TypesTest, FollowsACompositeThatIsAltered) {
  const auto fields_of = [](const QueryOutcome& outcome) {
    EXPECT_THAT(outcome.status, IsOk());
    return outcome.response.result_set().columns(0).composites().fields_size();
  };
  const auto with_fields = [](int count) {
    v1::Value value;
    for (int i = 0; i < count; ++i) {
      *value.mutable_composite_value()->add_fields() = Int(i);
    }
    return value;
  };
  const std::string sql = "SELECT shape FROM shape";
  const std::string take = "SELECT ($1::shape).a";
  ASSERT_TRUE(session_->Execute("CREATE TABLE shape AS SELECT 1 AS a").ok());
  for (int count = 1; count < 4; ++count) {
    for (int i = 0; i < 2; ++i) {
      EXPECT_EQ(fields_of(client_.Query(sql)), count);
      EXPECT_THAT(client_.Query(take, {with_fields(count)}).status, IsOk());
    }
    ASSERT_TRUE(session_
                    ->Execute(absl::StrCat("ALTER TABLE shape ADD COLUMN c",
                                           count, " int"))
                    .ok());
  }
  // In the other order: the parameter meets the change first.
  EXPECT_THAT(client_.Query(take, {with_fields(4)}).status, IsOk());
  ASSERT_TRUE(
      session_->Execute("ALTER TABLE shape ALTER COLUMN a TYPE text").ok());
  v1::Value changed = with_fields(4);
  *changed.mutable_composite_value()->mutable_fields(0) = Text("x");
  EXPECT_THAT(client_.Query(take, {changed}).status, IsOk());
  EXPECT_EQ(fields_of(client_.Query(sql)), 4);
  // What is wrong stays wrong.
  EXPECT_THAT(client_.Query(take, {with_fields(3)}).status,
              FailsWith(StatusCode::INVALID_ARGUMENT,
                        v1::ERROR_REASON_PARAMETER_MALFORMED));
}

}  // namespace
}  // namespace sluice::testing
