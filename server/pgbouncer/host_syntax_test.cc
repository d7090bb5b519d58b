// Hosts, in the one form that each of them has.

#include "server/pgbouncer/host_syntax.h"

#include <gtest/gtest.h>

#include <string>

namespace sluice::pgbouncer {
namespace {

struct GoodHost {
  std::string host;
  HostKind kind;
};

TEST(HostSyntaxTest, KnowsNamesAndAddresses) {
  const GoodHost hosts[] = {
      {"pg-1", HostKind::kName},
      {"pg-1.db.internal", HostKind::kName},
      {"1pg.internal", HostKind::kName},
      {"0xpg", HostKind::kName},
      {"pg_1.db_internal", HostKind::kName},
      {"10.0.0.pg", HostKind::kName},
      {std::string(63, 'a') + ".internal", HostKind::kName},
      {"10.0.0.5", HostKind::kIpv4},
      {"0.0.0.0", HostKind::kIpv4},
      {"255.255.255.255", HostKind::kIpv4},
      {"::1", HostKind::kIpv6},
      {"fd00::5", HostKind::kIpv6},
      {"2001:db8:0:1:2:3:4:5", HostKind::kIpv6},
  };
  for (const GoodHost& good : hosts) {
    EXPECT_EQ(FindHostKind(good.host), good.kind) << good.host;
  }
}

TEST(HostSyntaxTest, TakesNothingThatReachesAUnixSocket) {
  for (const char* host : {"", "/var/run/postgresql", "/tmp", "@abstract",
                           "./socket", "..", ".", "a/b"}) {
    EXPECT_EQ(FindHostKind(host), absl::nullopt) << host;
  }
}

TEST(HostSyntaxTest, TakesNothingThatPgBouncerWouldReadAsMore) {
  for (const std::string host :
       {"a port=5433", "a,b", "a;b", "a'b", "a\"b", "a\\b", "a=b", "a%b", "a#b",
        "a\nb", "a\tb", "a\rb", "a b", " a", "a ", "$a", "*", "a*", "[::1]"}) {
    EXPECT_EQ(FindHostKind(host), absl::nullopt) << host;
  }
  EXPECT_EQ(FindHostKind(std::string("a\0b", 3)), absl::nullopt);
  EXPECT_EQ(FindHostKind(std::string("10.0.0.5\0", 9)), absl::nullopt);
  EXPECT_EQ(FindHostKind("a\x80"), absl::nullopt);
  EXPECT_EQ(FindHostKind("b\xc3\xbc"
                         "cher"),
            absl::nullopt);
}

TEST(HostSyntaxTest, TakesNoSecondFormOfAName) {
  for (const std::string& host :
       {std::string("PG-1"), std::string("pg-1.DB.internal"),
        std::string("pg-1.db.internal."), std::string(".db.internal"),
        std::string("pg..internal"), std::string("-pg"), std::string("pg-"),
        std::string(64, 'a'),
        std::string(63, 'a') + "." + std::string(63, 'a') + "." +
            std::string(63, 'a') + "." + std::string(63, 'a')}) {
    EXPECT_EQ(FindHostKind(host), absl::nullopt) << host;
  }
}

TEST(HostSyntaxTest, TakesNoSecondFormOfAnAddress) {
  for (const char* host : {"0x7f.1",
                           "0x7f000001",
                           "2130706433",
                           "127.1",
                           "127.0.1",
                           "017700000001",
                           "127.0.0.01",
                           "127.0.0.0x1",
                           "0127.0.0.1",
                           "1.2.3.4.5",
                           "256.0.0.1",
                           "127.0.0.1.",
                           "pg.0x",
                           "pg.1",
                           "::ffff:127.0.0.1",
                           "::ffff:7f00:1",
                           "::127.0.0.1",
                           "64:ff9b::127.0.0.1",
                           "FD00::5",
                           "fd00:0::5",
                           "0:0:0:0:0:0:0:1",
                           "fe80::1%eth0",
                           ":",
                           ":::",
                           "::1::",
                           "1:2:3:4:5:6:7:8:9"}) {
    EXPECT_EQ(FindHostKind(host), absl::nullopt) << host;
  }
}

}  // namespace
}  // namespace sluice::pgbouncer
