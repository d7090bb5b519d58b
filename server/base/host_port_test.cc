#include "server/base/host_port.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice {
namespace {

using testing::HasSubstr;

TEST(HostTest, NamesAreLowerCaseWithoutTheFinalDot) {
  EXPECT_EQ(CanonicalHost("DB1.Example."), "db1.example");
  EXPECT_EQ(CanonicalHost("localhost"), "localhost");
  EXPECT_EQ(CanonicalHost("_a-b.0a.x1"), "_a-b.0a.x1");
  EXPECT_EQ(CanonicalHost("1.0xg"), "1.0xg");
  const std::string label(63, 'a');
  const std::string longest =
      absl::StrCat(label, ".", label, ".", label, ".", label.substr(0, 61));
  EXPECT_EQ(longest.size(), 253);
  EXPECT_EQ(CanonicalHost(longest + "."), longest);
}

TEST(HostTest, AddressesHaveOneForm) {
  EXPECT_EQ(CanonicalHost("10.0.0.1"), "10.0.0.1");
  EXPECT_EQ(CanonicalHost("FD00:0:0::00A"), "fd00::a");
}

TEST(HostTest, NothingElseIsAHost) {
  const std::string label(63, 'a');
  for (const std::string& text :
       {std::string(),
        std::string("."),
        std::string("a..b"),
        std::string(".a"),
        std::string("a b"),
        std::string("a/b"),
        std::string("a,b"),
        std::string("@a"),
        std::string("-a"),
        std::string("a-.b"),
        std::string("a:b"),
        std::string("[::1]"),
        std::string("fe80::1%eth0"),
        std::string("::ffff:10.0.0.1"),
        std::string("::FFFF:A00:1"),
        std::string("::10.0.0.1"),
        std::string("10.0.0"),
        std::string("10.0.0.256"),
        std::string("5432"),
        std::string("a.5"),
        std::string("0x7f000001"),
        std::string("a.0X"),
        std::string("1.2.3.4.5"),
        std::string("a\0b", 3),
        std::string("10.0.0.1\0x", 10),
        std::string("a\n"),
        std::string("\xc3\xa4.example"),
        label + "a",
        absl::StrCat(label, ".", label, ".", label, ".", label)}) {
    EXPECT_EQ(CanonicalHost(text), std::nullopt) << text;
  }
}

TEST(HostPortTest, ReadsHostAndPort) {
  const auto read = [](absl::string_view text) {
    return ParseHostPort(text, 5432).value();
  };
  EXPECT_EQ(read("10.0.0.1:6000"), (HostPort{"10.0.0.1", 6000}));
  EXPECT_EQ(read("DB1.example.:1"), (HostPort{"db1.example", 1}));
  EXPECT_EQ(read("db1"), (HostPort{"db1", 5432}));
  EXPECT_EQ(read("[FD00::1]:65535"), (HostPort{"fd00::1", 65535}));
  EXPECT_EQ(read("[::1]"), (HostPort{"::1", 5432}));
}

TEST(HostPortTest, RefusesWhatIsNeither) {
  for (const char* text : {"",
                           ":",
                           ":5432",
                           "a:",
                           "a:0",
                           "a:65536",
                           "a:-1",
                           "a:+1",
                           "a: 1",
                           "a:1x",
                           "a:99999999999",
                           "a b:1",
                           "[a]:1",
                           "[10.0.0.1]:1",
                           "[::1",
                           "[::ffff:10.0.0.1]:1",
                           "[::1]1",
                           "[::1]:",
                           "[]:1",
                           "a:1:2",
                           "a:1 ",
                           " a:1"}) {
    EXPECT_EQ(ParseHostPort(text, 5432).status().code(),
              absl::StatusCode::kInvalidArgument)
        << text;
  }
  EXPECT_FALSE(ParseHostPort("a", 0).ok());
}

TEST(HostPortTest, RefusesIpv6WithoutBrackets) {
  for (const char* text : {"::1", "fd00::1:5432"}) {
    EXPECT_THAT(ParseHostPort(text, 5432).status().message(),
                HasSubstr("without brackets"))
        << text;
  }
}

TEST(HostPortTest, FaultsTellAShortPrintableText) {
  const std::string garbage = std::string("\n\x01") + std::string(9'000, 'x');
  const absl::Status status = ParseHostPort(garbage, 1).status();
  EXPECT_LT(status.message().size(), 200);
  EXPECT_THAT(status.message(), HasSubstr("\"\\n\\x01xxx"));
}

}  // namespace
}  // namespace sluice
