#include "server/identity/recent_values.h"

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace sluice::identity {
namespace {

using Numbers = RecentValues<int>;

std::shared_ptr<const int> Number(int value) {
  return std::make_shared<const int>(value);
}

TEST(RecentValuesTest, FindsWhatWasAdded) {
  Numbers numbers(100);
  EXPECT_EQ(numbers.Find("one"), nullptr);
  numbers.Add("one", Number(1));
  ASSERT_NE(numbers.Find("one"), nullptr);
  EXPECT_EQ(*numbers.Find("one"), 1);
  EXPECT_EQ(numbers.Find("on"), nullptr);
}

TEST(RecentValuesTest, KeepsTheFirstOfTwoUnderOneKey) {
  Numbers numbers(100);
  numbers.Add("one", Number(1));
  numbers.Add("one", Number(2));
  EXPECT_EQ(*numbers.Find("one"), 1);
}

TEST(RecentValuesTest, HoldsAtMostSoMany) {
  for (const size_t max_values : {0, 1, 3, 16, 100}) {
    Numbers numbers(max_values);
    for (int i = 0; i < 1000; ++i) numbers.Add(absl::StrCat(i), Number(i));
    size_t count = 0;
    for (int i = 0; i < 1000; ++i) {
      count += numbers.Find(absl::StrCat(i)) != nullptr ? 1 : 0;
    }
    EXPECT_LE(count, max_values);
    // Of a limit that does not divide evenly a part is left.
    EXPECT_GE(count, max_values - max_values % 16);
  }
}

TEST(RecentValuesTest, DropsTheLeastRecentlyUsed) {
  // With one place there is one part alone.
  Numbers one(1);
  one.Add("a", Number(1));
  one.Add("b", Number(2));
  EXPECT_EQ(one.Find("a"), nullptr);
  EXPECT_NE(one.Find("b"), nullptr);
  Numbers numbers(16 * 8);
  numbers.Add("used", Number(0));
  for (int i = 0; i < 10'000; ++i) {
    numbers.Add(absl::StrCat(i), Number(i));
    ASSERT_NE(numbers.Find("used"), nullptr) << i;
  }
}

TEST(RecentValuesTest, ServesManyThreads) {
  Numbers numbers(64);
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&numbers] {
      for (int i = 0; i < 5000; ++i) {
        const std::string key = absl::StrCat(i % 97);
        const std::shared_ptr<const int> found = numbers.Find(key);
        if (found == nullptr) {
          numbers.Add(key, Number(i % 97));
        } else {
          ASSERT_EQ(*found, i % 97);
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace sluice::identity
