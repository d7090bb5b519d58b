#include "server/base/utf8.h"

#include <string>

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

TEST(Utf8Test, AcceptsEveryLengthOfSequenceAtEveryOffset) {
  for (const char* text : {"", "a", "\xC2\x80", "\xDF\xBF", "\xE0\xA0\x80",
                           "\xED\x9F\xBF", "\xEE\x80\x80", "\xEF\xBF\xBF",
                           "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF"}) {
    for (size_t before = 0; before < 18; ++before) {
      const std::string padded = std::string(before, 'x') + text;
      EXPECT_TRUE(IsUtf8(padded)) << before;
      EXPECT_TRUE(IsUtf8(padded + "yyyyyyyyy")) << before;
    }
  }
}

TEST(Utf8Test, RefusesOverlongSurrogateTooHighAndLoneBytesAtEveryOffset) {
  for (const char* text :
       {"\x80", "\xBF", "\xC0\xAF", "\xC1\xBF", "\xE0\x9F\xBF", "\xED\xA0\x80",
        "\xED\xBF\xBF", "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80",
        "\xF5\x80\x80\x80", "\xFF", "\xC3\x28", "\xE2\x82\x28",
        "\xF0\x9F\x98\x28"}) {
    for (size_t before = 0; before < 18; ++before) {
      const std::string padded = std::string(before, 'x') + text;
      EXPECT_FALSE(IsUtf8(padded)) << before;
      EXPECT_FALSE(IsUtf8(padded + "yyyyyyyyy")) << before;
    }
  }
}

TEST(Utf8Test, RefusesSequencesCutShortByTheEnd) {
  for (const char* text :
       {"\xC3", "\xE2\x82", "\xE2", "\xF0\x9F\x98", "\xF0\x9F", "\xF0"}) {
    EXPECT_FALSE(IsUtf8(text));
  }
}

}  // namespace
}  // namespace sluice
