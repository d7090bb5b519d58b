#include "server/base/utf8.h"

#include "gtest/gtest.h"

namespace sluice {
namespace {

TEST(Utf8Test, CutsBetweenCharactersOnly) {
  EXPECT_EQ(TruncateUtf8("abc", 3), "abc");
  EXPECT_EQ(TruncateUtf8("abc", 2), "ab");
  EXPECT_EQ(TruncateUtf8("a\u00e9z", 2), "a");
  EXPECT_EQ(TruncateUtf8("a\u00e9z", 3), "a\u00e9");
  EXPECT_EQ(TruncateUtf8("\U0001F600", 3), "");
  EXPECT_EQ(TruncateUtf8("\U0001F600", 4), "\U0001F600");
}

}  // namespace
}  // namespace sluice
