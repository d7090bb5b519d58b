#include "server/identity/base64url.h"

#include <string>

#include "gtest/gtest.h"

namespace sluice::identity {
namespace {

TEST(Base64UrlTest, DecodesWhatItEncodes) {
  std::string bytes;
  for (int i = 0; i < 300; ++i) {
    std::string decoded;
    ASSERT_TRUE(DecodeBase64Url(EncodeBase64Url(bytes), &decoded));
    EXPECT_EQ(decoded, bytes);
    bytes += static_cast<char>(i * 7);
  }
}

TEST(Base64UrlTest, TakesOneSpellingOnly) {
  std::string bytes;
  ASSERT_TRUE(DecodeBase64Url("_-8", &bytes));
  EXPECT_EQ(bytes, "\xff\xef");
  for (const char* text : {"/+8", "_-8=", "_-9", "_-8 ", " _-8", "_-8\n", "_",
                           "_-8A_", "=", "_-8.", "_\t-8"}) {
    EXPECT_FALSE(DecodeBase64Url(text, &bytes)) << text;
  }
  EXPECT_FALSE(DecodeBase64Url(std::string("_-8\0", 4), &bytes));
}

TEST(Base64UrlTest, CountsBytes) {
  EXPECT_TRUE(IsBase64Url("_-8", 2));
  EXPECT_FALSE(IsBase64Url("_-8", 3));
  EXPECT_FALSE(IsBase64Url("_-9", 2));
  EXPECT_TRUE(IsBase64Url("", 0));
}

}  // namespace
}  // namespace sluice::identity
