// Hosts and ports: what is allowed, and what only looks so.

#include "server/pgbouncer_sync/allow_list.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace sluice::pgbouncer_sync {
namespace {

using ::testing::HasSubstr;

AllowList MakeList(const std::vector<std::string>& hosts) {
  AllowList list;
  for (const std::string& host : hosts) {
    EXPECT_TRUE(list.AddHost(host).ok()) << host;
  }
  EXPECT_TRUE(list.AddPort("5432").ok());
  return list;
}

bool Allows(const AllowList& list, const std::string& host,
            uint16_t port = 5432) {
  const absl::Status status = list.Check(host, port);
  EXPECT_TRUE(status.ok() || absl::IsPermissionDenied(status)) << status;
  return status.ok();
}

TEST(AllowListTest, AllowsNothingByItself) {
  EXPECT_FALSE(Allows(AllowList(), "pg-1"));
  EXPECT_FALSE(Allows(MakeList({}), "127.0.0.1"));
}

TEST(AllowListTest, ComparesNamesWhole) {
  const AllowList list = MakeList({"pg-1.db.internal"});
  EXPECT_TRUE(Allows(list, "pg-1.db.internal"));
  for (const char* other :
       {"pg-2.db.internal", "db.internal", "a.pg-1.db.internal",
        "pg-1.db.internal.evil.com", "pg-1.db.internal.", "PG-1.db.internal",
        "pg-1.db.interna", "10.0.0.5", ""}) {
    EXPECT_FALSE(Allows(list, other)) << other;
  }
}

TEST(AllowListTest, ADomainHoldsWhatIsBelowIt) {
  const AllowList list = MakeList({".db.internal"});
  EXPECT_TRUE(Allows(list, "pg-1.db.internal"));
  EXPECT_TRUE(Allows(list, "a.b.db.internal"));
  for (const char* other :
       {"db.internal", ".db.internal", "evil-db.internal", "evildb.internal",
        "db.internal.evil.com", "pg.db.internal.evil.com", "x.db.internal.",
        "x.DB.internal", "x@db.internal", "/x.db.internal", "a b.db.internal",
        "a,evil.db.internal"}) {
    EXPECT_FALSE(Allows(list, other)) << other;
  }
}

TEST(AllowListTest, ANetworkHoldsItsAddresses) {
  const AllowList list =
      MakeList({"10.1.0.0/23", "192.0.2.7/32", "fd00:1::/33"});
  for (const char* host : {"10.1.0.0", "10.1.0.5", "10.1.1.255", "192.0.2.7",
                           "fd00:1::5", "fd00:1:7fff::"}) {
    EXPECT_TRUE(Allows(list, host)) << host;
  }
  for (const char* host : {"10.1.2.0", "10.0.255.255", "192.0.2.6",
                           "fd00:1:8000::", "fd00:2::", "::ffff:10.1.0.5",
                           "::ffff:a01:5", "167837701", "0xa010005", "10.1.5",
                           "10.1.0.05", "010.1.0.5", "10.1.0.5.db.internal"}) {
    EXPECT_FALSE(Allows(list, host)) << host;
  }
  EXPECT_TRUE(Allows(MakeList({"0.0.0.0/0"}), "127.0.0.1"));
  EXPECT_FALSE(Allows(MakeList({"0.0.0.0/0"}), "::1"));
  EXPECT_FALSE(Allows(MakeList({"::/0"}), "127.0.0.1"));
}

TEST(AllowListTest, ComparesPorts) {
  const AllowList list = MakeList({"pg-1"});
  EXPECT_TRUE(Allows(list, "pg-1", 5432));
  EXPECT_FALSE(Allows(list, "pg-1", 5433));
  EXPECT_THAT(std::string(list.Check("pg-1", 5433).message()),
              HasSubstr("port 5433"));
  EXPECT_THAT(std::string(list.Check("pg-2", 5432).message()),
              HasSubstr("host pg-2"));
}

TEST(AllowListTest, RefusesWhatIsNoRule) {
  for (const char* host :
       {"", ".", "..", "*.db.internal", ".db.internal.", ".10.0.0.5", "PG-1",
        "/tmp", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/-1", "10.0.0.0/08",
        "10.0.0.5/24", "10.0.0/8", "pg-1/24", "fd00::/129", "fd00::1/64",
        "10.0.0.0/8/8", "10.0.0.0/8 "}) {
    AllowList list;
    EXPECT_TRUE(absl::IsInvalidArgument(list.AddHost(host))) << host;
  }
  for (const char* port : {"", "0", "65536", "05432", "5432-5440", "any"}) {
    AllowList list;
    EXPECT_TRUE(absl::IsInvalidArgument(list.AddPort(port))) << port;
  }
}

}  // namespace
}  // namespace sluice::pgbouncer_sync
