#include "server/identity/spiffe_id.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace sluice::identity {
namespace {

TEST(SpiffeIdTest, ParsesTrustDomainAndPath) {
  absl::StatusOr<SpiffeId> id =
      SpiffeId::Parse("spiffe://sluice.example/app/Demo_1.a-b");
  ASSERT_TRUE(id.ok()) << id.status();
  EXPECT_EQ(id->trust_domain(), "sluice.example");
  EXPECT_EQ(id->path(), "/app/Demo_1.a-b");
  EXPECT_EQ(id->text(), "spiffe://sluice.example/app/Demo_1.a-b");
}

TEST(SpiffeIdTest, AcceptsOddButValidSpellings) {
  for (const char* text :
       {"spiffe://a/b", "spiffe://1.2.3.4/b", "spiffe://a_b-c/...",
        "spiffe://a/-/_/.a", "spiffe://a/..a/a.."}) {
    EXPECT_TRUE(SpiffeId::Parse(text).ok()) << text;
  }
}

TEST(SpiffeIdTest, RefusesEverySpellingButTheCanonicalOne) {
  for (const char* text : {"",
                           "spiffe",
                           "spiffe:",
                           "spiffe:/a/b",
                           "spiffe:a/b",
                           "//a/b",
                           "a/b",
                           "https://a/b",
                           "SPIFFE://a/b",
                           "Spiffe://a/b",
                           " spiffe://a/b",
                           "spiffe://a/b ",
                           "spiffe://a/b\n",
                           "spiffe://",
                           "spiffe:///b",
                           "spiffe://a",
                           "spiffe://a/",
                           "spiffe://a//b",
                           "spiffe://a/b/",
                           "spiffe://a/b//c",
                           "spiffe://a/.",
                           "spiffe://a/..",
                           "spiffe://a/../b",
                           "spiffe://a/b/./c",
                           "spiffe://a/b/..",
                           "spiffe://A/b",
                           "spiffe://a.Example/b",
                           "spiffe://u@a/b",
                           "spiffe://u:p@a/b",
                           "spiffe://a:1/b",
                           "spiffe://a:/b",
                           "spiffe://[::1]/b",
                           "spiffe://a/b?c",
                           "spiffe://a/b?",
                           "spiffe://a?b",
                           "spiffe://a/b#c",
                           "spiffe://a/b#",
                           "spiffe://a/%62",
                           "spiffe://a/b%2fc",
                           "spiffe://%61/b",
                           "spiffe://a/b:c",
                           "spiffe://a/b;c",
                           "spiffe://a/b,c",
                           "spiffe://a/b c",
                           "spiffe://a/b\\c",
                           "spiffe://a/b*",
                           "spiffe://a/\xc3\xa9",
                           "spiffe://\xc3\xa9/b",
                           "spiffe://a/b\x7f"}) {
    EXPECT_EQ(SpiffeId::Parse(text).status().code(),
              absl::StatusCode::kInvalidArgument)
        << text;
  }
}

TEST(SpiffeIdTest, RefusesANulThatWouldHideTheRest) {
  EXPECT_FALSE(SpiffeId::Parse(absl::string_view("spiffe://a/b\0c", 14)).ok());
  EXPECT_FALSE(SpiffeId::Parse(absl::string_view("spiffe://a\0/b", 13)).ok());
}

TEST(SpiffeIdTest, RefusesOneByteOverEachLimit) {
  const std::string front = "spiffe://a/";
  const std::string longest(SpiffeId::kMaxBytes - front.size(), 'b');
  EXPECT_TRUE(SpiffeId::Parse(front + longest).ok());
  EXPECT_FALSE(SpiffeId::Parse(front + longest + "b").ok());
  const std::string domain(255, 'a');
  EXPECT_TRUE(SpiffeId::Parse(absl::StrCat("spiffe://", domain, "/b")).ok());
  EXPECT_FALSE(SpiffeId::Parse(absl::StrCat("spiffe://a", domain, "/b")).ok());
}

TEST(SpiffeIdTest, FaultsNeverRepeatTheText) {
  absl::Status status = SpiffeId::Parse("spiffe://a/secret?").status();
  EXPECT_EQ(status.message().find("secret"), absl::string_view::npos);
}

}  // namespace
}  // namespace sluice::identity
