// Results that contradict themselves are an error, whatever their kind.

#include "sluice/client/column_view.h"

#include <gmock/gmock.h>
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include <random>

#include "sluice/client/nested_traits.h"
#include "sluice/client/test_result.h"

namespace sluice::client {
namespace {

using ::testing::HasSubstr;

struct Malformed {
  const char* type;
  // For two rows.
  const char* column;
  const char* fault;
};

constexpr Malformed kMalformed[] = {
    {"", "int64s { values: 1 }", "1 values for 2 rows"},
    {"", "texts { values: ['a', 'b', 'c'] }", "3 values for 2 rows"},
    {"", "", "0 values for 2 rows"},
    {"", "arrays { elements { } offsets: [0, 0] }", "offset"},
    {"", "arrays { elements { } }", "offset"},
    {"", "arrays { elements { int64s { values: 1 } } offsets: [0, 1, 0] }",
     "descend"},
    {"", "arrays { elements { int64s { values: 1 } } offsets: [0, 1, 2] }",
     "1 values for 2 rows"},
    {"",
     "arrays { elements { int64s { values: [1, 2] } } offsets: [0, 1, 2]"
     "         dimensions: 1 lengths: 1 lower_bounds: 1 }",
     "number of dimensions"},
    {"",
     "arrays { elements { int64s { values: [1, 2] } } offsets: [0, 1, 2]"
     "         dimensions: [1, 1] lengths: 1 lower_bounds: 1 }",
     "length and lower bound"},
    {"",
     "arrays { elements { int64s { values: [1, 2] } } offsets: [0, 1, 2]"
     "         dimensions: [1, 1] lengths: [1, 2] lower_bounds: [1, 1] }",
     "multiply"},
    {"",
     "arrays { elements { int64s { values: [1, 2] } } offsets: [0, 1, 2]"
     "         dimensions: [1, 1] lengths: [1, -1] lower_bounds: [1, 1] }",
     "length of an array's dimension"},
    {"fields { name: 'a' }", "composites { }", "fields"},
    {"fields { name: 'a' }", "composites { fields { int64s { values: 1 } } }",
     "1 values for 2 rows"},
    {"", "ranges { lowers { } uppers { } flags: 'a' }", "flags"},
    {"", "ranges { flags: 'ab' }", "0 values for 2 rows"},
    {"", "multiranges { ranges { } offsets: 0 }", "offset"},
    {"", "multiranges { ranges { flags: 'a' } offsets: [0, 0, 2] }", "flags"},
};

TEST(ColumnViewTest, RefusesColumnsThatContradictThemselves) {
  for (const Malformed& malformed : kMalformed) {
    const absl::Status status =
        ParseColumn(malformed.type, malformed.column, 2).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInternal) << malformed.column;
    EXPECT_THAT(status.message(), HasSubstr(malformed.fault))
        << malformed.column;
  }
}

TEST(ColumnViewTest, RefusesANullBitmapThatIsTooShort) {
  std::string column = "nulls: '\\001' bools { values: [";
  for (int row = 0; row < 9; ++row) column += row == 0 ? "true" : ", true";
  column += "] }";
  EXPECT_THAT(ParseColumn("", column, 9).status().message(),
              HasSubstr("bitmap"));
}

TEST(ColumnViewTest, RefusesMoreOrFewerColumnsThanAreDescribed) {
  EXPECT_THAT(
      ParseRows("metadata { name: 'c' } row_count: 0").status(),
      ::testing::Property(&absl::Status::code, absl::StatusCode::kInternal));
  EXPECT_FALSE(ParseRows("columns { bools { } }").ok());
}

TEST(ColumnViewTest, RefusesAUuidOfTheWrongLength) {
  EXPECT_TRUE(
      absl::IsInternal(ReadOne<Uuid>("uuids { values: 'short' }").status()));
}

// A column with everything in it, its bytes changed at random: whatever still
// parses is either refused or can be read.
TEST(ColumnViewTest, NeverCrashesOnDamagedColumns) {
  const v1::ResultSet whole = ParseText<v1::ResultSet>(
      "metadata { name: 'a' type { name: 'r[]' element { name: 'r' "
      "  fields { name: 'n' type { name: 'int4multirange' "
      "    element { name: 'int4range' element { name: 'int4' } } } } } } }"
      "columns { nulls: '\\004' arrays { offsets: [0, 1, 2, 2]"
      "  dimensions: [2, 1, 0] lengths: [1, 1, 1] lower_bounds: [1, 0, 1]"
      "  elements { nulls: '\\002' composites { fields { multiranges {"
      "    offsets: [0, 2, 2] ranges { flags: '\\002\\004'"
      "      lowers { int64s { values: [1, 5] } }"
      "      uppers { nulls: '\\001' int64s { values: [0, 9] } } } } } } } } }"
      "row_count: 3");
  ASSERT_TRUE(Rows::Make(whole, v1::ExecutionSummary()).ok());
  const std::string bytes = whole.SerializeAsString();
  const unsigned seed = std::random_device()();
  std::mt19937 random(seed);
  SCOPED_TRACE(absl::StrCat("seed ", seed));
  int parsed_count = 0;
  int read_count = 0;
  for (int round = 0; round < 20000; ++round) {
    std::string damaged = bytes;
    for (unsigned i = 0; i <= random() % 3; ++i) {
      damaged[random() % damaged.size()] = static_cast<char>(random());
    }
    v1::ResultSet result_set;
    if (!result_set.ParseFromString(damaged)) continue;
    ++parsed_count;
    // Rows without columns cost nothing, and there may be billions.
    if (result_set.row_count() > 1000) continue;
    const absl::StatusOr<Rows> rows =
        Rows::Make(std::move(result_set), v1::ExecutionSummary());
    if (!rows.ok()) continue;
    using Element = std::optional<std::tuple<Multirange<std::optional<int>>>>;
    for (const Row& row : *rows) {
      const auto value = row.get<std::optional<Array<Element>>>(0);
      if (value.ok()) ++read_count;
    }
  }
  EXPECT_GT(parsed_count, 1000);
  EXPECT_GT(read_count, 1000);
}

}  // namespace
}  // namespace sluice::client
