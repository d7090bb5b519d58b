#include "client/cli/address_list.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<std::string> Split(absl::string_view text) {
  return SplitAddresses(text).value();
}

TEST(AddressListTest, SplitsAtCommas) {
  EXPECT_THAT(Split("a:1"), ElementsAre("a:1"));
  EXPECT_THAT(Split("a:1,b:2, [::1]:3 "), ElementsAre("a:1", "b:2", "[::1]:3"));
  EXPECT_THAT(Split("dns:///a:1,b:2"), ElementsAre("dns:///a:1", "b:2"));
}

TEST(AddressListTest, TakesListsOfGrpcApart) {
  EXPECT_THAT(Split("ipv4:10.0.0.1:1,10.0.0.2:2"),
              ElementsAre("ipv4:10.0.0.1:1", "ipv4:10.0.0.2:2"));
  EXPECT_THAT(Split("ipv6:[::1]:1,ipv6:[::2]:2"),
              ElementsAre("ipv6:[::1]:1", "ipv6:[::2]:2"));
}

TEST(AddressListTest, RefusesWhatCanOnlyBeAMistake) {
  for (const char* text : {"", ",", "a:1,", ",a:1", "a:1, ,b:1"}) {
    EXPECT_THAT(std::string(SplitAddresses(text).status().message()),
                HasSubstr("empty"))
        << text;
  }
  EXPECT_THAT(std::string(SplitAddresses("a:1,b:1,a:1").status().message()),
              HasSubstr("a:1 is given twice"));
}

TEST(AddressListTest, SqlGoesToTheFirstOne) {
  EXPECT_EQ(OneTarget("a:1"), "a:1");
  EXPECT_EQ(OneTarget("a:1,b:2"), "a:1");
  EXPECT_EQ(OneTarget("ipv4:10.0.0.1:1,10.0.0.2:2"),
            "ipv4:10.0.0.1:1,10.0.0.2:2");
}

}  // namespace
}  // namespace sluice::cli
