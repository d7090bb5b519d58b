// Tests of reading the rows of the type lookup.

#include "server/postgres/codec/type_query.h"

#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "server/base/error.h"

namespace sluice::postgres {
namespace {

using Columns = std::vector<absl::string_view>;

TEST(TypeQueryTest, ReadsARow) {
  absl::StatusOr<TypeRow> row = ParseTypeRow(
      Columns{"50002", "app.mood[]", "a", "50001", "0", "-1", ";", ""});
  ASSERT_TRUE(row.ok());
  EXPECT_EQ(row->oid, 50002u);
  EXPECT_EQ(row->name, "app.mood[]");
  EXPECT_EQ(row->kind, v1::TYPE_KIND_ARRAY);
  EXPECT_EQ(row->element_oid, 50001u);
  EXPECT_EQ(row->base_oid, 0u);
  EXPECT_EQ(row->base_modifier, -1);
  EXPECT_EQ(row->delimiter, ';');
  EXPECT_TRUE(row->fields.empty());
}

TEST(TypeQueryTest, ReadsTheAttributesOfAComposite) {
  absl::StatusOr<TypeRow> row =
      ParseTypeRow(Columns{"50002", "pair", "c", "0", "0", "-1", ",",
                           "23 -1 6:number1043 9 8:1 2:3 é50001 -1 0:"});
  ASSERT_TRUE(row.ok());
  ASSERT_EQ(row->fields.size(), 3u);
  EXPECT_EQ(row->fields[0].type_oid, 23u);
  EXPECT_EQ(row->fields[0].name, "number");
  EXPECT_EQ(row->fields[0].modifier, -1);
  EXPECT_EQ(row->fields[1].type_oid, 1043u);
  EXPECT_EQ(row->fields[1].name, "1 2:3 é");
  EXPECT_EQ(row->fields[1].modifier, 9);
  EXPECT_EQ(row->fields[2].type_oid, 50001u);
  EXPECT_EQ(row->fields[2].name, "");
}

TEST(TypeQueryTest, RefusesAttributesOfAnotherShape) {
  for (const char* fields :
       {"x", "23", "23 -1", "23 -1 6", "23 -1 6:numbe", "23 -1 -1:", "23 :1:a",
        "-1 -1 1:a", "23 -1 1:a ", "23 -1 4294967297:a"}) {
    absl::StatusOr<TypeRow> row = ParseTypeRow(
        Columns{"50002", "pair", "c", "0", "0", "-1", ",", fields});
    EXPECT_EQ(ReasonOf(row.status()), v1::ERROR_REASON_PROTOCOL_VIOLATION)
        << fields;
  }
}

TEST(TypeQueryTest, TellsEveryKindOfType) {
  for (const auto& [letter, kind] :
       std::vector<std::pair<const char*, v1::TypeKind>>{
           {"a", v1::TYPE_KIND_ARRAY},
           {"b", v1::TYPE_KIND_BASE},
           {"c", v1::TYPE_KIND_COMPOSITE},
           {"d", v1::TYPE_KIND_DOMAIN},
           {"e", v1::TYPE_KIND_ENUM},
           {"m", v1::TYPE_KIND_MULTIRANGE},
           {"p", v1::TYPE_KIND_PSEUDO},
           {"r", v1::TYPE_KIND_RANGE},
           {"z", v1::TYPE_KIND_UNSPECIFIED}}) {
    absl::StatusOr<TypeRow> row =
        ParseTypeRow(Columns{"1", "t", letter, "0", "0", "-1", ",", ""});
    ASSERT_TRUE(row.ok());
    EXPECT_EQ(row->kind, kind) << letter;
  }
}

TEST(TypeQueryTest, RefusesRowsOfAnotherShape) {
  for (const Columns& columns :
       {Columns{}, Columns{"1", "t", "b", "0", "0", "-1", ","},
        Columns{"1", "t", "b", "0", "0", "-1", ",", "", ""},
        Columns{"0", "t", "b", "0", "0", "-1", ",", ""},
        Columns{"x", "t", "b", "0", "0", "-1", ",", ""},
        Columns{"4294967296", "t", "b", "0", "0", "-1", ",", ""},
        Columns{"1", "t", "", "0", "0", "-1", ",", ""},
        Columns{"1", "t", "b", "", "0", "-1", ",", ""},
        Columns{"1", "t", "b", "0", "-1", "-1", ",", ""},
        Columns{"1", "t", "b", "0", "0", "", ",", ""},
        Columns{"1", "t", "b", "0", "0", "-1", "", ""}}) {
    absl::StatusOr<TypeRow> row = ParseTypeRow(columns);
    EXPECT_EQ(row.status().code(), absl::StatusCode::kInternal);
    EXPECT_EQ(ReasonOf(row.status()), v1::ERROR_REASON_PROTOCOL_VIOLATION);
  }
}

TEST(TypeQueryTest, WritesTheParameterOfTheLookup) {
  EXPECT_EQ(OidArrayText({}), "{}");
  EXPECT_EQ(OidArrayText({16409, 4294967295}), "{16409,4294967295}");
}

}  // namespace
}  // namespace sluice::postgres
