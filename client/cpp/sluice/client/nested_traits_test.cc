#include "sluice/client/nested_traits.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sluice/client/test_result.h"

namespace sluice::client {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr char kTwoByTwo[] =
    "arrays { elements { int64s { values: [1, 2, 3, 4] } }"
    "         offsets: [0, 4] dimensions: 2 lengths: [2, 2]"
    "         lower_bounds: [0, 1] }";

TEST(NestedTraitsTest, ReadsNullOnlyAsOptional) {
  const std::string column = "nulls: '\\002' int64s { values: [5, 0] }";
  const absl::StatusOr<Rows> rows = ParseColumn("name: 'int8'", column, 2);
  ASSERT_TRUE(rows.ok()) << rows.status();
  EXPECT_EQ(*(*rows)[0].get<std::optional<int64_t>>(0), 5);
  EXPECT_EQ(*(*rows)[1].get<std::optional<int64_t>>(0), std::nullopt);
  const absl::Status error = (*rows)[1].get<int64_t>(0).status();
  EXPECT_EQ(error.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(error.message(),
            "column \"c\" is NULL, and read as a type without NULL: use "
            "std::optional");
}

TEST(NestedTraitsTest, ReadsArrays) {
  const std::string column =
      "arrays { elements { nulls: '\\002' int64s { values: [1, 0, 3] } }"
      "         offsets: [0, 3] }";
  EXPECT_EQ(*ReadOne<std::vector<std::optional<int64_t>>>(column),
            (std::vector<std::optional<int64_t>>{1, std::nullopt, 3}));
  EXPECT_TRUE(absl::IsFailedPrecondition(
      ReadOne<std::vector<int64_t>>(column).status()));
  EXPECT_TRUE(
      ReadOne<std::vector<int64_t>>("arrays { elements { } offsets: [0, 0] }")
          ->empty());
}

TEST(NestedTraitsTest, ReadsArraysOfSeveralDimensionsWithTheirShape) {
  const absl::StatusOr<Array<int64_t>> array =
      ReadOne<Array<int64_t>>(kTwoByTwo);
  ASSERT_TRUE(array.ok()) << array.status();
  EXPECT_THAT(array->elements, ElementsAre(1, 2, 3, 4));
  EXPECT_THAT(array->dimensions,
              ElementsAre(ArrayDimension{.length = 2, .lower_bound = 0},
                          ArrayDimension{.length = 2, .lower_bound = 1}));
  EXPECT_TRUE(absl::IsInvalidArgument(
      ReadOne<std::vector<int64_t>>(kTwoByTwo).status()));
}

TEST(NestedTraitsTest, ReadsComposites) {
  const std::string type =
      "fields { name: 'number' type { name: 'int4' } }"
      "fields { name: 'label' type { name: 'text' } }";
  const std::string column =
      "composites { fields { int64s { values: 7 } }"
      "             fields { nulls: '\\001' texts { values: '' } } }";
  using Reading = std::tuple<int32_t, std::optional<std::string>>;
  EXPECT_EQ(*ReadOne<Reading>(column, type), Reading(7, std::nullopt));
  EXPECT_TRUE(absl::IsInvalidArgument(
      ReadOne<std::tuple<int32_t>>(column, type).status()));
  EXPECT_THAT((ReadOne<std::tuple<int32_t, std::string>>(column, type)
                   .status()
                   .message()),
              HasSubstr("column \"c\" field \"label\" is NULL"));
}

TEST(NestedTraitsTest, ReadsRanges) {
  const std::string column =
      "ranges { lowers { int64s { values: 1 } }"
      "         uppers { nulls: '\\001' int64s { values: 0 } }"
      "         flags: '\\002' }";
  EXPECT_EQ(*ReadOne<Range<int64_t>>(column), Range<int64_t>{.lower = 1});
  const std::string empty =
      "ranges { lowers { nulls: '\\001' int64s { values: 0 } }"
      "         uppers { nulls: '\\001' int64s { values: 0 } }"
      "         flags: '\\001' }";
  EXPECT_TRUE(ReadOne<Range<int64_t>>(empty)->empty);
}

TEST(NestedTraitsTest, ReadsMultiranges) {
  const std::string column =
      "multiranges { ranges { lowers { dates { values: [0, 9] } }"
      "                       uppers { dates { values: [1, 10] } }"
      "                       flags: '\\002\\006' }"
      "              offsets: [0, 2] }";
  const std::string type =
      "name: 'datemultirange'"
      "element { name: 'daterange' element { name: 'date' } }";
  const auto ranges = ReadOne<std::vector<Range<absl::CivilDay>>>(column, type);
  ASSERT_TRUE(ranges.ok()) << ranges.status();
  ASSERT_EQ(ranges->size(), 2u);
  EXPECT_EQ((*ranges)[1].lower, absl::CivilDay(1970, 1, 10));
  EXPECT_TRUE((*ranges)[1].upper_inclusive);
  EXPECT_EQ(ReadOne<Multirange<absl::CivilDay>>(column, type)->ranges, *ranges);
}

}  // namespace
}  // namespace sluice::client
