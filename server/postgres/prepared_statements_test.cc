#include "server/postgres/prepared_statements.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice::postgres {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

PreparedStatement Named(std::string name) {
  PreparedStatement statement;
  statement.name = std::move(name);
  return statement;
}

TEST(PreparedStatementsTest, ForgetsTheLeastRecentlyUsedBeyondItsCapacity) {
  PreparedStatements cache(2);
  cache.Add("a", Named("1"));
  cache.Add("b", Named("2"));
  ASSERT_NE(cache.Find("a"), nullptr);
  cache.Add("c", Named("3"));
  EXPECT_EQ(cache.Find("b"), nullptr);
  EXPECT_EQ(cache.Find("a")->name, "1");
  EXPECT_EQ(cache.Find("c")->name, "3");
  EXPECT_THAT(cache.TakeClosable(), ElementsAre("2"));
  EXPECT_THAT(cache.TakeClosable(), IsEmpty());
}

TEST(PreparedStatementsTest, RemovedStatementIsClosedAndNotFound) {
  PreparedStatements cache(2);
  cache.Add("a", Named("1"));
  cache.Remove("a");
  cache.Remove("a");
  EXPECT_EQ(cache.Find("a"), nullptr);
  EXPECT_THAT(cache.TakeClosable(), ElementsAre("1"));
}

TEST(PreparedStatementsTest, NamesAreNeverUsedTwice) {
  PreparedStatements cache(1);
  EXPECT_NE(cache.NextName(), cache.NextName());
}

TEST(PreparedStatementsTest, ForgetsWhatWasAddedInDoubt) {
  PreparedStatements cache(5);
  cache.Add("a", Named("1"));
  cache.DoubtNew();
  cache.Add("b", Named("2"));
  ASSERT_NE(cache.Find("a"), nullptr);
  cache.Add("c", Named("3"));
  EXPECT_NE(cache.Find("c"), nullptr);

  cache.ForgetDoubtful();

  EXPECT_NE(cache.Find("a"), nullptr);
  EXPECT_EQ(cache.Find("b"), nullptr);
  EXPECT_EQ(cache.Find("c"), nullptr);
  EXPECT_THAT(cache.TakeClosable(), UnorderedElementsAre("2", "3"));
  cache.Add("b", Named("4"));
  cache.ForgetDoubtful();
  EXPECT_NE(cache.Find("b"), nullptr);
}

TEST(PreparedStatementsTest, KeysTellTypesFromText) {
  EXPECT_NE(PreparedStatements::MakeKey("select $1", {0}),
            PreparedStatements::MakeKey("select $1", {23}));
  EXPECT_NE(PreparedStatements::MakeKey("x", {}),
            PreparedStatements::MakeKey("x", {0}));
}

}  // namespace
}  // namespace sluice::postgres
