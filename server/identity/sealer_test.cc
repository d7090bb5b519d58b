#include "server/identity/sealer.h"

#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice::identity {
namespace {

const char kFirst[] = "01234567890123456789012345678901";
const char kSecond[] = "abcdefghijabcdefghijabcdefghijab";

Sealer MakeSealer(const std::vector<std::string>& keys) {
  absl::StatusOr<Sealer> sealer = Sealer::Make(keys);
  EXPECT_TRUE(sealer.ok()) << sealer.status();
  return *std::move(sealer);
}

TEST(SealerTest, OpensWhatItSealed) {
  const Sealer sealer = Sealer::MakeRandom();
  for (const std::string& plaintext :
       {std::string(), std::string("x"), std::string("a\0b", 3),
        std::string(1000, '\xff')}) {
    absl::StatusOr<std::string> opened = sealer.Open(sealer.Seal(plaintext));
    ASSERT_TRUE(opened.ok()) << opened.status();
    EXPECT_EQ(*opened, plaintext);
  }
}

TEST(SealerTest, TextIsPrintableAndHidesThePlaintext) {
  const std::string text = Sealer::MakeRandom().Seal("hidden things");
  for (char c : text) {
    EXPECT_TRUE(absl::ascii_isalnum(c) || c == '-' || c == '_') << text;
  }
  EXPECT_EQ(text.find(absl::WebSafeBase64Escape("hidden things")), text.npos);
}

TEST(SealerTest, NeverMakesTheSameTextTwice) {
  const Sealer sealer = MakeSealer({kFirst});
  EXPECT_NE(sealer.Seal("x"), sealer.Seal("x"));
}

TEST(SealerTest, FirstKeySealsAndAllOpen) {
  const Sealer before = MakeSealer({kFirst});
  const Sealer during = MakeSealer({kSecond, kFirst});
  const Sealer after = MakeSealer({kSecond});
  EXPECT_TRUE(during.Open(before.Seal("x")).ok());
  EXPECT_TRUE(after.Open(during.Seal("x")).ok());
  EXPECT_FALSE(before.Open(during.Seal("x")).ok());
  EXPECT_FALSE(after.Open(before.Seal("x")).ok());
  EXPECT_FALSE(Sealer::MakeRandom().Open(before.Seal("x")).ok());
}

TEST(SealerTest, AnyOtherTextIsRefusedAlike) {
  const Sealer sealer = MakeSealer({kFirst});
  const absl::Status refusal = sealer.Open("").status();
  EXPECT_EQ(refusal.code(), absl::StatusCode::kInvalidArgument);
  const std::string text = sealer.Seal("some plaintext");
  for (size_t i = 0; i < text.size(); ++i) {
    for (int value = 0; value < 256; ++value) {
      std::string changed = text;
      changed[i] = static_cast<char>(value);
      if (changed == text) continue;
      ASSERT_EQ(sealer.Open(changed).status(), refusal) << i << " " << value;
    }
    ASSERT_EQ(sealer.Open(text.substr(0, i)).status(), refusal) << i;
    ASSERT_EQ(sealer.Open(text.substr(i + 1)).status(), refusal) << i;
  }
  EXPECT_EQ(sealer.Open(absl::StrCat(text, "=")).status(), refusal);
  EXPECT_EQ(sealer.Open(absl::StrCat(text, "\n")).status(), refusal);
  EXPECT_EQ(sealer.Open(absl::StrCat(text, text)).status(), refusal);
  EXPECT_EQ(sealer.Open(std::string(1 << 20, 'A')).status(), refusal);
}

TEST(SealerTest, OneTextHasOneSpelling) {
  const Sealer sealer = MakeSealer({kFirst});
  // Of so many bytes that the last character has bits to spare.
  const std::string text = sealer.Seal("x");
  std::string bytes;
  ASSERT_TRUE(absl::WebSafeBase64Unescape(text, &bytes));
  ASSERT_NE(bytes.size() % 3, 0u);
  int spellings = 0;
  for (int value = 0; value < 256; ++value) {
    std::string changed = text;
    changed.back() = static_cast<char>(value);
    if (sealer.Open(changed).ok()) ++spellings;
  }
  EXPECT_EQ(spellings, 1);
}

TEST(SealerTest, KeysMustBeOfTheirLengthAndDiffer) {
  EXPECT_FALSE(Sealer::Make({}).ok());
  EXPECT_FALSE(Sealer::Make({"short"}).ok());
  EXPECT_FALSE(Sealer::Make({absl::StrCat(kFirst, "x")}).ok());
  EXPECT_FALSE(Sealer::Make({kFirst, kFirst}).ok());
}

}  // namespace
}  // namespace sluice::identity
