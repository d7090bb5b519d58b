// Tests of built-in types and of learning others.

#include "server/postgres/codec/type_catalog.h"

#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "server/postgres/codec/builtin_types.h"

namespace sluice::postgres {
namespace {

TypeRow MakeRow(uint32_t oid, absl::string_view name, v1::TypeKind kind) {
  TypeRow row;
  row.oid = oid;
  row.name = std::string(name);
  row.kind = kind;
  return row;
}

TypeRow MakeArrayRow(uint32_t oid, absl::string_view name, uint32_t element) {
  TypeRow row = MakeRow(oid, name, v1::TYPE_KIND_ARRAY);
  row.element_oid = element;
  return row;
}

TypeRow MakeDomainRow(uint32_t oid, absl::string_view name, uint32_t base) {
  TypeRow row = MakeRow(oid, name, v1::TYPE_KIND_DOMAIN);
  row.base_oid = base;
  return row;
}

TypeRow MakeElementRow(uint32_t oid, v1::TypeKind kind, uint32_t element) {
  TypeRow row = MakeRow(oid, "of_elements", kind);
  row.element_oid = element;
  return row;
}

TypeRow MakeCompositeRow(
    uint32_t oid, absl::string_view name,
    const std::vector<std::pair<const char*, uint32_t>>& fields) {
  TypeRow row = MakeRow(oid, name, v1::TYPE_KIND_COMPOSITE);
  for (const auto& [field, type] : fields) {
    row.fields.push_back({field, type, -1});
  }
  return row;
}

TEST(TypeCatalogTest, KnowsBuiltInTypesByOid) {
  TypeCatalog catalog;
  TypeRef type = catalog.FindByOid(1184);
  ASSERT_NE(type, nullptr);
  EXPECT_EQ(type->name, "timestamp with time zone");
  EXPECT_EQ(type->kind, v1::TYPE_KIND_BASE);
  EXPECT_EQ(type->column_kind, ColumnKind::kTimestamptz);
  EXPECT_EQ(type->element, nullptr);
  EXPECT_EQ(catalog.FindByOid(3904)->kind, v1::TYPE_KIND_RANGE);
  EXPECT_EQ(catalog.FindByOid(4451)->kind, v1::TYPE_KIND_MULTIRANGE);
  EXPECT_EQ(catalog.FindByOid(2249)->kind, v1::TYPE_KIND_PSEUDO);
  EXPECT_EQ(catalog.FindByOid(0), nullptr);
}

TEST(TypeCatalogTest, KnowsTheArraysOfBuiltInTypes) {
  TypeCatalog catalog;
  TypeRef type = catalog.FindByOid(1007);
  ASSERT_NE(type, nullptr);
  EXPECT_EQ(type->name, "integer[]");
  EXPECT_EQ(type->kind, v1::TYPE_KIND_ARRAY);
  EXPECT_EQ(type->column_kind, ColumnKind::kArray);
  EXPECT_EQ(type->element->oid, 23u);
  // Without binary output.
  EXPECT_EQ(catalog.FindByOid(1034)->column_kind, ColumnKind::kOther);
  EXPECT_EQ(catalog.FindByOid(1020)->element->delimiter, ';');
}

TEST(TypeCatalogTest, KnowsWhatVectorsRangesAndMultirangesAreMadeOf) {
  TypeCatalog catalog;
  for (const auto& [oid, kind, column_kind, element] :
       std::vector<std::tuple<uint32_t, v1::TypeKind, ColumnKind, uint32_t>>{
           {22, v1::TYPE_KIND_ARRAY, ColumnKind::kVector, 21},
           {30, v1::TYPE_KIND_ARRAY, ColumnKind::kVector, 26},
           {1013, v1::TYPE_KIND_ARRAY, ColumnKind::kArray, 30},
           {3906, v1::TYPE_KIND_RANGE, ColumnKind::kRange, 1700},
           {3911, v1::TYPE_KIND_ARRAY, ColumnKind::kArray, 3910},
           {4535, v1::TYPE_KIND_MULTIRANGE, ColumnKind::kMultirange, 3912},
           {6155, v1::TYPE_KIND_ARRAY, ColumnKind::kArray, 4535}}) {
    TypeRef type = catalog.FindByOid(oid);
    ASSERT_NE(type, nullptr) << oid;
    EXPECT_EQ(type->kind, kind) << oid;
    EXPECT_EQ(type->column_kind, column_kind) << oid;
    ASSERT_NE(type->element, nullptr) << oid;
    EXPECT_EQ(type->element->oid, element);
  }
}

TEST(TypeCatalogTest, KnowsBuiltInTypesByTheNamesThatSqlHasForThem) {
  TypeCatalog catalog;
  for (const auto& [name, oid] : std::vector<std::pair<const char*, uint32_t>>{
           {"int4", 23},
           {"integer", 23},
           {"int", 23},
           {"int4[]", 1007},
           {"integer[]", 1007},
           {"_int4", 1007},
           {"timestamptz", 1184},
           {"timestamp with time zone[]", 1185},
           {"varchar", 1043},
           {"\"char\"", 18},
           {"\"char\"[]", 1002},
           {"char", 1042},
           {"char[]", 1014},
           {"box[]", 1020}}) {
    TypeRef type = catalog.FindByName(name);
    ASSERT_NE(type, nullptr) << name;
    EXPECT_EQ(type->oid, oid) << name;
  }
  EXPECT_EQ(catalog.FindByName("mood"), nullptr);
  EXPECT_EQ(catalog.FindByName("_char"), nullptr);
}

TEST(TypeCatalogTest, LearnsEnumsDomainsAndTheirArraysInAnyOrder) {
  TypeCatalog catalog;
  TypeRow mood = MakeRow(50001, "app.mood", v1::TYPE_KIND_ENUM);
  mood.delimiter = '|';
  catalog.Learn({MakeArrayRow(50004, "mood_key[]", 50003),
                 MakeArrayRow(50002, "app.mood[]", 50001),
                 MakeDomainRow(50003, "mood_key", 50001), mood});
  EXPECT_EQ(catalog.FindByOid(50001)->column_kind, ColumnKind::kEnum);
  EXPECT_EQ(catalog.FindByOid(50001)->delimiter, '|');
  EXPECT_EQ(catalog.FindByOid(50002)->column_kind, ColumnKind::kArray);
  EXPECT_EQ(catalog.FindByOid(50003)->column_kind, ColumnKind::kEnum);
  EXPECT_EQ(catalog.FindByOid(50003)->base->oid, 50001u);
  EXPECT_EQ(catalog.FindByOid(50004)->column_kind, ColumnKind::kArray);
  // Each was learned once, whoever needed it first.
  EXPECT_EQ(catalog.FindByOid(50004)->element, catalog.FindByOid(50003));
  EXPECT_EQ(catalog.learned_type_count(), 4u);
}

TEST(TypeCatalogTest, LearnsDomainsOverBuiltInTypesWithoutTheirRows) {
  TypeCatalog catalog;
  catalog.Learn({MakeDomainRow(50001, "tags", 1009),
                 MakeDomainRow(50002, "more_tags", 50001),
                 MakeArrayRow(50003, "tags[]", 50001)});
  EXPECT_EQ(catalog.FindByOid(50002)->column_kind, ColumnKind::kArray);
  EXPECT_EQ(BaseOf(*catalog.FindByOid(50002)).oid, 1009u);
  EXPECT_EQ(catalog.FindByOid(50003)->column_kind, ColumnKind::kArray);
}

TEST(TypeCatalogTest, LearnsCompositesRangesAndMultirangesInAnyOrder) {
  TypeCatalog catalog;
  catalog.Learn({MakeCompositeRow(50001, "pair", {{"a", 23}, {"b", 50003}}),
                 MakeElementRow(50004, v1::TYPE_KIND_MULTIRANGE, 50003),
                 MakeArrayRow(50002, "pair[]", 50001),
                 MakeElementRow(50003, v1::TYPE_KIND_RANGE, 50005),
                 MakeDomainRow(50005, "price", 1700)});
  EXPECT_EQ(catalog.FindByOid(50001)->column_kind, ColumnKind::kComposite);
  EXPECT_EQ(catalog.FindByOid(50002)->column_kind, ColumnKind::kArray);
  EXPECT_EQ(catalog.FindByOid(50003)->column_kind, ColumnKind::kRange);
  EXPECT_EQ(catalog.FindByOid(50004)->column_kind, ColumnKind::kMultirange);
  const std::vector<FieldEntry>& fields = catalog.FindByOid(50001)->fields;
  ASSERT_EQ(fields.size(), 2u);
  EXPECT_EQ(fields[0].name, "a");
  EXPECT_EQ(fields[0].type->oid, 23u);
  EXPECT_EQ(fields[1].type, catalog.FindByOid(50003));
}

TEST(TypeCatalogTest, TakesWhatHasATextInItAsTextAsAWhole) {
  TypeCatalog catalog;
  const uint32_t money = 790;
  catalog.Learn({MakeCompositeRow(50001, "price", {{"a", 23}, {"m", money}}),
                 MakeArrayRow(50002, "price[]", 50001),
                 MakeElementRow(50003, v1::TYPE_KIND_RANGE, money),
                 MakeElementRow(50004, v1::TYPE_KIND_MULTIRANGE, 50003),
                 MakeCompositeRow(50005, "gap", {{"a", 23}, {"b", 59999}})});
  for (uint32_t oid : {50001, 50002, 50003, 50004, 50005}) {
    EXPECT_EQ(catalog.FindByOid(oid)->column_kind, ColumnKind::kOther) << oid;
  }
  // What it is made of is known all the same.
  EXPECT_EQ(catalog.FindByOid(50001)->fields.size(), 2u);
  EXPECT_EQ(catalog.FindByOid(50003)->element->oid, money);
}

TEST(TypeCatalogTest, TakesATypeThatIsMadeOfItselfAsText) {
  for (const bool whole_first : {true, false}) {
    TypeCatalog catalog;
    // As it was before it had the column of its own rows.
    catalog.Learn({MakeCompositeRow(50001, "tree", {{"a", 23}})});
    std::vector<TypeRow> rows = {
        MakeCompositeRow(50001, "tree", {{"a", 23}, {"children", 50002}}),
        MakeArrayRow(50002, "tree[]", 50001)};
    if (!whole_first) std::swap(rows[0], rows[1]);
    catalog.Learn(rows);
    EXPECT_EQ(catalog.FindByOid(50001)->column_kind, ColumnKind::kOther);
    EXPECT_EQ(catalog.FindByOid(50002)->column_kind, ColumnKind::kOther);
    v1::Type type;
    FillType(*catalog.FindByOid(50001), -1, type);
    ASSERT_EQ(type.fields_size(), 2);
    EXPECT_EQ(type.fields(1).type().name(), "tree[]");
  }
}

TEST(TypeCatalogTest, BoundsHowDeepTypesLieInEachOther) {
  TypeCatalog catalog;
  std::vector<TypeRow> rows;
  for (uint32_t i = 0; i < 20; ++i) {
    rows.push_back(MakeCompositeRow(50001 + i, "nest",
                                    {{"inner", i == 0 ? 23 : 50000 + i}}));
  }
  catalog.Learn(rows);
  // int4 is the first level.
  EXPECT_EQ(catalog.FindByOid(50000 + kMaxTypeDepth - 1)->column_kind,
            ColumnKind::kComposite);
  EXPECT_EQ(catalog.FindByOid(50000 + kMaxTypeDepth)->column_kind,
            ColumnKind::kOther);
  EXPECT_EQ(catalog.FindByOid(50020)->column_kind, ColumnKind::kOther);
}

TEST(TypeCatalogTest, BoundsOfHowManyPartsATypeIsMade) {
  TypeCatalog catalog;
  std::vector<std::pair<const char*, uint32_t>> integers(1000, {"i", 23});
  std::vector<std::pair<const char*, uint32_t>> fours(4, {"f", 50001});
  std::vector<std::pair<const char*, uint32_t>> fives(5, {"f", 50001});
  catalog.Learn({MakeCompositeRow(50001, "wide", integers),
                 MakeCompositeRow(50002, "wider", fours),
                 MakeCompositeRow(50003, "widest", fives),
                 MakeDomainRow(50004, "d", 50003)});
  EXPECT_EQ(catalog.FindByOid(50002)->column_kind, ColumnKind::kComposite);
  EXPECT_EQ(catalog.FindByOid(50003)->column_kind, ColumnKind::kOther);
  EXPECT_EQ(catalog.FindByOid(50004)->column_kind, ColumnKind::kOther);
}

TEST(TypeCatalogTest, TakesTypesOfOtherKindsAsText) {
  TypeCatalog catalog;
  catalog.Learn({MakeRow(50001, "citext", v1::TYPE_KIND_BASE),
                 MakeArrayRow(50002, "citext[]", 50001),
                 MakeRow(50003, "new", v1::TYPE_KIND_UNSPECIFIED),
                 MakeRow(50004, "event", v1::TYPE_KIND_PSEUDO)});
  for (uint32_t oid : {50001, 50002, 50003, 50004}) {
    EXPECT_EQ(catalog.FindByOid(oid)->column_kind, ColumnKind::kOther);
  }
}

TEST(TypeCatalogTest, ReplacesATypeButKeepsWhatOthersHold) {
  TypeCatalog catalog;
  catalog.Learn({MakeRow(50001, "mood", v1::TYPE_KIND_ENUM)});
  TypeRef before = catalog.FindByOid(50001);
  catalog.Learn({MakeRow(50001, "feeling", v1::TYPE_KIND_ENUM)});
  EXPECT_EQ(before->name, "mood");
  EXPECT_EQ(catalog.FindByOid(50001)->name, "feeling");
}

TEST(TypeCatalogTest, NeverReplacesBuiltInTypes) {
  TypeCatalog catalog;
  catalog.Learn({MakeRow(23, "other", v1::TYPE_KIND_ENUM)});
  EXPECT_EQ(catalog.FindByOid(23)->name, "integer");
  EXPECT_EQ(catalog.learned_type_count(), 0u);
}

TEST(TypeCatalogTest, SurvivesRowsThatNeedEachOtherOrWhatIsMissing) {
  TypeCatalog catalog;
  catalog.Learn(
      {MakeDomainRow(50001, "a", 50002), MakeDomainRow(50002, "b", 50001),
       MakeArrayRow(50003, "c[]", 50003), MakeArrayRow(50004, "d[]", 59999)});
  for (uint32_t oid : {50001, 50002, 50003, 50004}) {
    ASSERT_NE(catalog.FindByOid(oid), nullptr);
    EXPECT_EQ(catalog.FindByOid(oid)->column_kind, ColumnKind::kOther);
  }
}

TEST(TypeCatalogTest, LearnsAChainOfDomainsLongerThanItsDepth) {
  TypeCatalog catalog;
  std::vector<TypeRow> rows;
  for (uint32_t i = 0; i < 5000; ++i) {
    rows.push_back(MakeDomainRow(60000 + i, "d", 60001 + i));
  }
  rows.back().base_oid = 23;
  catalog.Learn(rows);
  EXPECT_EQ(catalog.learned_type_count(), 5000u);
  EXPECT_EQ(catalog.FindByOid(60000 + 4990)->column_kind, ColumnKind::kInt4);
  EXPECT_EQ(catalog.FindByOid(60000)->column_kind, ColumnKind::kOther);
}

TEST(TypeCatalogTest, RemembersNamesOfKnownTypes) {
  TypeCatalog catalog;
  catalog.LearnName(" INT4", 23);
  catalog.LearnName("mood", 50001);
  EXPECT_EQ(catalog.FindByName(" INT4")->oid, 23u);
  EXPECT_EQ(catalog.FindByName("mood"), nullptr);
}

TEST(TypeCatalogTest, ForgetsNamesRatherThanGrowBeyondItsBounds) {
  TypeCatalog catalog;
  for (size_t i = 0; i < 3 * TypeCatalog::kMaxNames; ++i) {
    const std::string name = absl::StrCat("name ", i);
    catalog.LearnName(name, 23);
    ASSERT_NE(catalog.FindByName(name), nullptr);
    ASSERT_LE(catalog.name_count(), TypeCatalog::kMaxNames);
  }
  // One that is longer than the bound displaces all others.
  const std::string long_name(2 * TypeCatalog::kMaxNameBytes, 'x');
  catalog.LearnName(long_name, 23);
  EXPECT_NE(catalog.FindByName(long_name), nullptr);
  EXPECT_EQ(catalog.name_count(), 1u);
  catalog.LearnName("short", 23);
  EXPECT_EQ(catalog.name_count(), 1u);
}

TEST(TypeCatalogTest, ForgetsTypesRatherThanGrowBeyondItsBound) {
  TypeCatalog catalog;
  for (uint32_t i = 0; i < TypeCatalog::kMaxLearnedTypes + 10; ++i) {
    catalog.Learn({MakeRow(100'000 + i, "t", v1::TYPE_KIND_ENUM)});
    ASSERT_LE(catalog.learned_type_count(), TypeCatalog::kMaxLearnedTypes);
  }
  EXPECT_EQ(catalog.FindByOid(100'000), nullptr);
  EXPECT_NE(catalog.FindByOid(100'000 + TypeCatalog::kMaxLearnedTypes + 9),
            nullptr);
}

TEST(TypeCatalogTest, ForgetsAllOnDemand) {
  TypeCatalog catalog;
  catalog.Learn({MakeRow(50001, "mood", v1::TYPE_KIND_ENUM)});
  catalog.LearnName("mood", 50001);
  catalog.Clear();
  EXPECT_EQ(catalog.FindByOid(50001), nullptr);
  EXPECT_EQ(catalog.FindByName("mood"), nullptr);
}

TEST(TypeCatalogTest, GivesUnknownTypesAsTextWithTheirOid) {
  TypeCatalog catalog;
  TypeRef type = catalog.FindOrMakeUnknown(59999);
  EXPECT_EQ(type->oid, 59999u);
  EXPECT_EQ(type->name, "???");
  EXPECT_EQ(type->kind, v1::TYPE_KIND_UNSPECIFIED);
  EXPECT_EQ(type->column_kind, ColumnKind::kOther);
  EXPECT_EQ(catalog.FindOrMakeUnknown(23)->name, "integer");
}

TEST(TypeEntryTest, DescribesATypeWithItsElement) {
  v1::Type type;
  FillType(*FindBuiltinType(1015), 14, type);
  EXPECT_EQ(type.oid(), 1015u);
  EXPECT_EQ(type.name(), "character varying[]");
  EXPECT_EQ(type.kind(), v1::TYPE_KIND_ARRAY);
  EXPECT_EQ(type.modifier(), 14);
  EXPECT_EQ(type.element().name(), "character varying");
  EXPECT_EQ(type.element().kind(), v1::TYPE_KIND_BASE);
  EXPECT_EQ(type.element().modifier(), 14);
  EXPECT_FALSE(type.element().has_element());
}

TEST(TypeEntryTest, DescribesTheFieldsOfACompositeAndFollowsTheirDomains) {
  TypeCatalog catalog;
  TypeRow code = MakeDomainRow(50001, "code", 1043);
  code.base_modifier = 9;
  TypeRow item = MakeCompositeRow(
      50002, "item",
      {{"id", 20}, {"code", 50003}, {"codes", 50004}, {"price", 1700}});
  item.fields[3].modifier = 327'686;
  catalog.Learn({code, item, MakeDomainRow(50003, "short_code", 50001),
                 MakeArrayRow(50004, "short_code[]", 50003)});
  v1::Type type;
  FillType(*catalog.FindByOid(50002), -1, type);
  ASSERT_EQ(type.fields_size(), 4);
  EXPECT_EQ(type.fields(0).name(), "id");
  EXPECT_EQ(type.fields(0).type().name(), "bigint");
  EXPECT_EQ(type.fields(0).type().modifier(), -1);
  EXPECT_EQ(type.fields(1).type().name(), "character varying");
  EXPECT_EQ(type.fields(1).type().modifier(), 9);
  EXPECT_EQ(type.fields(2).type().kind(), v1::TYPE_KIND_ARRAY);
  EXPECT_EQ(type.fields(2).type().modifier(), -1);
  EXPECT_EQ(type.fields(2).type().element().oid(), 1043u);
  EXPECT_EQ(type.fields(2).type().element().modifier(), 9);
  EXPECT_EQ(type.fields(3).type().modifier(), 327'686);
}

}  // namespace
}  // namespace sluice::postgres
