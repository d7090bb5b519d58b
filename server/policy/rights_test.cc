// Tests sets of rights.

#include "server/policy/rights.h"

#include "gtest/gtest.h"

namespace sluice::policy {
namespace {

TEST(RightsTest, HoldWhatWasAddedAndNothingElse) {
  for (const Right added : kAllRights) {
    Rights rights;
    EXPECT_TRUE(rights.empty());
    rights.Add(added);
    EXPECT_FALSE(rights.empty());
    for (const Right right : kAllRights) {
      EXPECT_EQ(rights.Has(right), right == added) << RightName(right);
    }
  }
}

TEST(RightsTest, HaveAllOfASetOnlyWithEachOfIt) {
  constexpr Rights kBoth = {Right::kRead, Right::kWrite};
  EXPECT_TRUE(kBoth.HasAll(kBoth));
  EXPECT_TRUE(kBoth.HasAll({Right::kWrite}));
  EXPECT_TRUE(kBoth.HasAll({}));
  EXPECT_FALSE(kBoth.HasAll({Right::kWrite, Right::kDdl}));
  EXPECT_TRUE(Rights::All().HasAll(kBoth));
  EXPECT_FALSE(Rights().HasAll(kBoth));
}

TEST(RightsTest, AreCutAndSubtracted) {
  constexpr Rights kBoth = {Right::kRead, Right::kWrite};
  EXPECT_EQ(kBoth.And({Right::kWrite, Right::kDdl}), Rights({Right::kWrite}));
  EXPECT_EQ(kBoth.Without({Right::kWrite, Right::kDdl}),
            Rights({Right::kRead}));
}

TEST(RightsTest, AreNamedInOneOrder) {
  EXPECT_EQ(RightNames({Right::kListen, Right::kRead, Right::kDdl}),
            "read, ddl, listen");
  EXPECT_EQ(RightNames(Rights::All()), "read, write, ddl, copy, listen");
  EXPECT_EQ(RightNames({}), "");
}

}  // namespace
}  // namespace sluice::policy
