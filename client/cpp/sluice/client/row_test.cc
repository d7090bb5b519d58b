#include "sluice/client/row.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sluice/client/test_result.h"

namespace sluice::client {
namespace {

using ::testing::HasSubstr;

constexpr char kPackages[] =
    "metadata { name: 'name' type { name: 'text' } }"
    "metadata { name: 'size' type { name: 'int8' } }"
    "metadata { name: 'twin' type { name: 'int8' } }"
    "metadata { name: 'twin' type { name: 'int8' } }"
    "columns { texts { values: ['bash', 'dash'] } }"
    "columns { nulls: '\\002' int64s { values: [7000, 0] } }"
    "columns { int64s { values: [1, 2] } }"
    "columns { int64s { values: [3, 4] } }"
    "row_count: 2";

Rows Packages() {
  absl::StatusOr<Rows> rows = ParseRows(kPackages);
  EXPECT_TRUE(rows.ok()) << rows.status();
  return *std::move(rows);
}

TEST(RowTest, FindsColumnsByNameAndByIndex) {
  const Row row = Packages()[0];
  EXPECT_EQ(*row.get<std::string>("name"), "bash");
  EXPECT_EQ(*row.get<int64_t>(1), 7000);
  EXPECT_EQ(row.get<int64_t>("missing").status().code(),
            absl::StatusCode::kNotFound);
  EXPECT_EQ(row.get<int64_t>(4).status().code(), absl::StatusCode::kNotFound);
}

TEST(RowTest, TakesNoneOfTwoColumnsOfOneName) {
  const absl::Status error = Packages()[0].get<int64_t>("twin").status();
  EXPECT_EQ(error.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(error.message(), HasSubstr("several columns"));
}

TEST(RowTest, KeepsItsTextsAlive) {
  absl::StatusOr<Row> row = absl::UnknownError("");
  absl::StatusOr<absl::string_view> name;
  {
    const Rows rows = Packages();
    row = rows[1];
    name = row->get<absl::string_view>("name");
  }
  EXPECT_EQ(*name, "dash");
}

TEST(RowTest, BecomesATuple) {
  using Package = std::tuple<std::string, std::optional<int64_t>, int, int>;
  const Rows rows = Packages();
  EXPECT_EQ((*rows[1].as<std::string, std::optional<int64_t>, int, int>()),
            Package("dash", std::nullopt, 2, 4));
  EXPECT_EQ(*rows[0].as<Package>(), Package("bash", 7000, 1, 3));
  EXPECT_THAT((rows[0].as<std::string, int>().status().message()),
              HasSubstr("the result has 4 columns, and read as 2"));
  EXPECT_THAT((rows[0].as<int, int, int, int>().status().message()),
              HasSubstr("column \"name\" is of type text"));
}

TEST(RowsTest, GiveEachRowInOrder) {
  std::vector<std::string> names;
  for (const Row& row : Packages()) {
    names.push_back(*row.get<std::string>("name"));
  }
  EXPECT_EQ(names, (std::vector<std::string>{"bash", "dash"}));
}

TEST(RowsTest, BecomeTuplesAllTogetherOrNotAtAll) {
  const Rows rows = Packages();
  const auto packages =
      rows.as<absl::string_view, std::optional<int64_t>, int64_t, int64_t>();
  ASSERT_TRUE(packages.ok()) << packages.status();
  int64_t sum = 0;
  for (const auto& [name, size, one, other] : *packages) {
    sum += size.value_or(0) + one + other;
  }
  EXPECT_EQ(sum, 7010);
  EXPECT_EQ((rows.as<std::string, int64_t, int64_t, int64_t>().status().code()),
            absl::StatusCode::kFailedPrecondition);
}

TEST(RowsTest, GiveTheOnlyRowOnlyWhereThereIsOne) {
  EXPECT_TRUE(absl::IsFailedPrecondition(Packages().only_row().status()));
  const absl::StatusOr<Rows> one =
      ParseColumn("name: 'int8'", "int64s { values: 5 }", 1);
  EXPECT_EQ(*one->only_row()->get<int64_t>(0), 5);
}

TEST(RowsTest, MayHaveRowsWithoutColumns) {
  const absl::StatusOr<Rows> rows = ParseRows("row_count: 3");
  ASSERT_TRUE(rows.ok()) << rows.status();
  EXPECT_EQ(rows->size(), 3u);
  EXPECT_TRUE((*rows)[2].as<std::tuple<>>().ok());
}

}  // namespace
}  // namespace sluice::client
