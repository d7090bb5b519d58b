// A walk over pg_type: every type that a column can have, asked for through the
// gateway, and compared with what docs/api.md says of it.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <iostream>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "tests/integration/catalog_types.h"
#include "tests/integration/type_cases.h"
#include "tests/integration/type_exceptions.h"
#include "tests/support/call_error.h"
#include "tests/support/column_values.h"
#include "tests/support/file.h"
#include "tests/support/stack_test.h"
#include "tests/support/test_paths.h"
#include "tests/support/values.h"

namespace sluice::testing {
namespace {

class TypeWalkTest : public StackTest<TypeWalkTest> {
 protected:
  friend class StackTest<TypeWalkTest>;

  static void SetUpTestSuite() {
    StackTest::SetUpTestSuite();
    if (HasFatalFailure()) return;
    GatewayClient client = stack().MakeClient();
    for (const char* sql : TypeSetup()) {
      ASSERT_THAT(client.Execute(sql).status, IsOk()) << sql;
    }
    const auto superuser = [](const std::string& sql) {
      return stack().postgres().Execute("app", sql).status();
    };
    const absl::Status made =
        superuser(ReadFile(SourcePath("tests/integration/walk_tables.sql")));
    ASSERT_TRUE(made.ok()) << made;
    for (const TypeCase& type_case : TypeCases()) {
      const absl::Status put = superuser(InsertSql(type_case));
      ASSERT_TRUE(put.ok()) << put;
    }
  }

  // Puts a case into the table of its type.
  static std::string InsertSql(const TypeCase& type_case) {
    const auto quoted = [](absl::string_view text) {
      return absl::StrCat("'", absl::StrReplaceAll(text, {{"'", "''"}}), "'");
    };
    const std::string literal =
        absl::StrCat(quoted(type_case.literal), "::", type_case.type);
    return absl::StrCat(
        "DO $do$ BEGIN EXECUTE format('INSERT INTO walk.t%s VALUES (%s)', ",
        quoted(type_case.type), "::regtype::oid, ", quoted(literal),
        "); END $do$");
  }

  void SetUp() override {
    absl::StatusOr<SqlSession> session =
        stack().postgres().Connect("app", "app");
    ASSERT_TRUE(session.ok()) << session.status();
    session_.emplace(*std::move(session));
    absl::StatusOr<CatalogTypes> types = ReadCatalogTypes(*session_);
    ASSERT_TRUE(types.ok()) << types.status();
    types_ = *std::move(types);
    absl::StatusOr<TypeExceptions> exceptions = ReadTypeExceptions();
    ASSERT_TRUE(exceptions.ok()) << exceptions.status();
    exceptions_ = *std::move(exceptions);
  }

  // OIDs of the types that a column can have.
  std::vector<uint32_t> ColumnTypes() {
    std::vector<uint32_t> oids;
    absl::StatusOr<SqlRows> rows =
        session_->Execute("SELECT oid FROM walk.types ORDER BY oid");
    EXPECT_TRUE(rows.ok()) << rows.status();
    if (!rows.ok()) return oids;
    for (const SqlRow& row : *rows) {
      EXPECT_TRUE(absl::SimpleAtoi(*row[0], &oids.emplace_back()));
    }
    return oids;
  }

  const CatalogType& Base(uint32_t oid) const {
    const CatalogType* type = &types_.at(oid);
    while (type->kind == 'd') type = &types_.at(type->inner_oid);
    return *type;
  }

  // Whether PostgreSQL has to write the text of a value of the type.
  bool TravelsAsText(uint32_t oid) const {
    const CatalogType& type = Base(oid);
    if (type.kind == 'b') {
      const auto exception = exceptions_.find(type.catalog_name);
      return exception != exceptions_.end() &&
             exception->second == TypeWire::kText;
    }
    return (type.inner_oid != 0 && TravelsAsText(type.inner_oid)) ||
           std::any_of(type.field_oids.begin(), type.field_oids.end(),
                       [this](uint32_t field) { return TravelsAsText(field); });
  }

  // Whether the document says that the type arrives in that member.
  bool IsDocumented(uint32_t oid, v1::Column::ValuesCase member) const {
    const CatalogType& type = Base(oid);
    if (type.kind == 'b') {
      return (member == v1::Column::kOthers) ==
             (exceptions_.count(type.catalog_name) > 0);
    }
    if (TravelsAsText(oid)) return member == v1::Column::kOthers;
    switch (type.kind) {
      case 'a':
        return member == v1::Column::kArrays;
      case 'c':
        return member == v1::Column::kComposites;
      case 'e':
        return member == v1::Column::kTexts;
      case 'm':
        return member == v1::Column::kMultiranges;
      case 'r':
        return member == v1::Column::kRanges;
      default:
        return false;
    }
  }

  // What the metadata says of the type and of all in it.
  void ExpectDescribed(uint32_t oid, const v1::Type& described) const {
    const CatalogType& type = Base(oid);
    EXPECT_EQ(described.name(), type.name);
    if (type.kind == 'a' || type.kind == 'r' || type.kind == 'm') {
      ExpectDescribed(type.inner_oid, described.element());
    }
    if (type.kind != 'c') return;
    ASSERT_EQ(described.fields_size(),
              static_cast<int>(type.field_oids.size()));
    for (int i = 0; i < described.fields_size(); ++i) {
      const auto number = static_cast<size_t>(i);
      EXPECT_EQ(described.fields(i).name(), type.field_names[number]);
      ExpectDescribed(type.field_oids[number], described.fields(i).type());
    }
  }

  // The texts that PostgreSQL writes for parameters.
  std::vector<std::string> Echo(const std::vector<v1::Value>& values) {
    std::vector<std::string> columns;
    for (size_t i = 1; i <= values.size(); ++i) {
      columns.push_back(absl::StrCat("format('%s', $", i, ")"));
    }
    std::vector<std::string> texts;
    const QueryOutcome outcome = client_.Query(
        absl::StrCat("SELECT ", absl::StrJoin(columns, ", ")), values);
    EXPECT_THAT(outcome.status, IsOk());
    for (const v1::Column& column : outcome.response.result_set().columns()) {
      texts.push_back(ValueAt(column, 0).text_value());
    }
    return texts;
  }

  void WalkValues(uint32_t oid, const v1::Column& column, const SqlRows& rows);

  GatewayClient client_ = stack().MakeClient();
  std::optional<SqlSession> session_;
  CatalogTypes types_;
  TypeExceptions exceptions_;
};

// Each value is what libpq gives: the text itself, or a parameter of which
// PostgreSQL writes that text.
void TypeWalkTest::WalkValues(uint32_t oid, const v1::Column& column,
                              const SqlRows& rows) {
  std::vector<v1::Value> values;
  std::vector<std::string> texts;
  for (size_t row = 0; row < rows.size(); ++row) {
    const v1::Value value = ValueAt(column, static_cast<int>(row));
    EXPECT_EQ(value.has_null_value(), !rows[row][0].has_value());
    if (value.has_null_value()) continue;
    if (column.has_others()) {
      EXPECT_EQ(value.text_value(), *rows[row][0]);
    }
    values.push_back(Typed(value, types_.at(oid).sql_name));
    texts.push_back(*rows[row][0]);
  }
  // Some of these no input function takes.
  if (values.empty() || TravelsAsText(oid)) return;
  EXPECT_EQ(Echo(values), texts);
}

TEST_F(TypeWalkTest, EveryTypeArrivesAsTheDocumentSays) {
  const std::vector<uint32_t> oids = ColumnTypes();
  // PostgreSQL 15 has 572, with those of TypeSetup.
  EXPECT_GT(oids.size(), 500u);
  std::set<std::string> seen;
  size_t with_value_count = 0;
  for (const uint32_t oid : oids) {
    const CatalogType& type = types_.at(oid);
    SCOPED_TRACE(type.sql_name);
    const std::string sql = absl::StrCat("SELECT c FROM walk.t", oid);
    const QueryOutcome outcome = client_.Query(sql);
    const absl::StatusOr<SqlRows> rows = session_->Execute(sql);
    EXPECT_THAT(outcome.status, IsOk());
    ASSERT_TRUE(rows.ok()) << rows.status();
    if (!outcome.status.ok()) continue;
    const v1::ResultSet& result = outcome.response.result_set();
    const v1::Column& column = result.columns(0);
    ASSERT_EQ(result.row_count(), rows->size());
    EXPECT_TRUE(IsDocumented(oid, column.values_case()))
        << "it arrives in member " << column.values_case();
    ExpectDescribed(oid, result.metadata(0).type());
    WalkValues(oid, column, *rows);
    seen.insert(type.catalog_name);
    if (rows->size() > 1) ++with_value_count;
  }
  for (const auto& [name, wire] : exceptions_) {
    EXPECT_TRUE(seen.count(name)) << name << " is an exception, and no type";
  }
  RecordProperty("types", static_cast<int>(oids.size()));
  RecordProperty("types_with_values", static_cast<int>(with_value_count));
  std::cout << oids.size() << " types, " << with_value_count
            << " with values\n";
  EXPECT_GT(with_value_count * 10, oids.size() * 9);
}

}  // namespace
}  // namespace sluice::testing
