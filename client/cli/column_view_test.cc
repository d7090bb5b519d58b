// Access by row, and results that contradict themselves.

#include "client/cli/column_view.h"

#include <string>

#include "client/cli/result_view.h"
#include "client/cli/text_proto.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice::cli {
namespace {

using ::testing::HasSubstr;

absl::Status StatusOf(const std::string& column, size_t row_count) {
  const auto values = ParseTextProto<v1::Column>(column);
  const v1::Type type;
  return ColumnView::Make(type, values, row_count).status();
}

TEST(ColumnViewTest, ReadsTheNullBitmapFromItsLowestBit) {
  const auto values = ParseTextProto<v1::Column>(
      R"(nulls: "\002\001" bools { values: [0, 0, 0, 0, 0, 0, 0, 0, 0] })");
  const v1::Type type;
  const auto view = ColumnView::Make(type, values, 9);
  ASSERT_TRUE(view.ok()) << view.status();
  for (size_t row = 0; row < 9; ++row) {
    EXPECT_EQ(view->IsNull(row), row == 1 || row == 8) << row;
  }
}

TEST(ColumnViewTest, FindsTheDimensionsOfEachRow) {
  const auto values = ParseTextProto<v1::Column>(R"(
    arrays {
      elements { int64s { values: [1, 2, 3, 4, 5] } }
      offsets: [0, 1, 1, 5]
      dimensions: [1, 0, 2]
      lengths: [1, 2, 2]
      lower_bounds: [7, 0, 1]
    })");
  const v1::Type type;
  const auto view = ColumnView::Make(type, values, 3);
  ASSERT_TRUE(view.ok()) << view.status();
  EXPECT_EQ(view->ShapeOf(0).dimensions.at(0).lower_bound, 7);
  EXPECT_TRUE(view->ShapeOf(1).dimensions.empty());
  const ArrayShape last = view->ShapeOf(2);
  EXPECT_EQ(last.begin, 1u);
  EXPECT_EQ(last.end, 5u);
  EXPECT_EQ(last.dimensions.size(), 2u);
}

TEST(ColumnViewTest, RefusesColumnsThatContradictThemselves) {
  EXPECT_THAT(StatusOf("bools { values: true }", 2).message(),
              HasSubstr("1 values for 2 rows"));
  EXPECT_FALSE(StatusOf("", 1).ok());
  EXPECT_FALSE(StatusOf(R"(nulls: "\001" bools { values:
                            [0, 0, 0, 0, 0, 0, 0, 0, 0] })",
                        9)
                   .ok());
  EXPECT_FALSE(
      StatusOf("arrays { elements { bools { values: 1 } } offsets: 0 }", 1)
          .ok());
  EXPECT_FALSE(
      StatusOf("arrays { elements { bools { values: 1 } } offsets: [0, 2] }", 1)
          .ok());
  EXPECT_FALSE(StatusOf("arrays { elements { bools { values: 1 } } "
                        "offsets: [0, 1] dimensions: 1 lengths: 2 "
                        "lower_bounds: 1 }",
                        1)
                   .ok());
  EXPECT_FALSE(StatusOf("arrays { elements { bools { values: 1 } } "
                        "offsets: [0, 2, 1] }",
                        2)
                   .ok());
  EXPECT_FALSE(StatusOf("arrays { elements { bools { } } offsets: [0, 0] "
                        "dimensions: 1 lengths: 0 lower_bounds: 1 }",
                        1)
                   .ok());
  EXPECT_FALSE(StatusOf("composites { fields { } }", 0).ok());
}

TEST(ColumnViewTest, RefusesRangesThatContradictThemselves) {
  const std::string bounds =
      "lowers { int64s { values: 1 } } uppers { int64s { values: 2 } } ";
  EXPECT_TRUE(StatusOf("ranges {" + bounds + "flags: '\\002' }", 1).ok());
  EXPECT_FALSE(StatusOf("ranges {" + bounds + "}", 1).ok());
  EXPECT_FALSE(StatusOf("ranges {" + bounds + "flags: '\\002' }", 2).ok());
  EXPECT_FALSE(
      StatusOf("ranges { lowers { int64s { values: 1 } } flags: '\\002' }", 1)
          .ok());
  EXPECT_FALSE(
      StatusOf("ranges { uppers { int64s { values: 1 } } flags: '\\002' }", 1)
          .ok());
}

TEST(ColumnViewTest, RefusesMultirangesThatContradictThemselves) {
  const std::string ranges =
      "ranges { lowers { int64s { values: 1 } } "
      "uppers { int64s { values: 2 } } flags: '\\002' } ";
  const auto status_of = [&](const std::string& offsets) {
    return StatusOf("multiranges {" + ranges + offsets + "}", 1);
  };
  EXPECT_TRUE(status_of("offsets: [0, 1]").ok());
  EXPECT_FALSE(status_of("offsets: [0, 2]").ok());
  EXPECT_FALSE(status_of("offsets: [1, 0]").ok());
  EXPECT_FALSE(status_of("offsets: 1").ok());
  EXPECT_FALSE(StatusOf("multiranges { offsets: [0, 1] }", 1).ok());
}

TEST(ColumnViewTest, TakesAResultOfNoRows) {
  EXPECT_TRUE(StatusOf("", 0).ok());
  EXPECT_TRUE(StatusOf("arrays { elements { } }", 0).ok());
  EXPECT_TRUE(StatusOf("ranges { }", 0).ok());
  EXPECT_TRUE(StatusOf("multiranges { }", 0).ok());
}

TEST(ResultViewTest, RefusesColumnsWithoutMetadata) {
  const auto result = ParseTextProto<v1::ResultSet>("columns { }");
  EXPECT_FALSE(ResultView::Make(result).ok());
}

}  // namespace
}  // namespace sluice::cli
