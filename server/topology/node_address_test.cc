#include "server/topology/node_address.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/base/node_name.h"

namespace sluice::topology {
namespace {

TEST(NodeAddressTest, ReadsHostAndPortAndNamesTheNode) {
  EXPECT_EQ(*ParseNodeAddress("DB1.example.:6000"),
            (NodeAddress{"db1.example_6000", "db1.example", 6000}));
  EXPECT_EQ(*ParseNodeAddress("10.0.0.1"),
            (NodeAddress{"10.0.0.1_5432", "10.0.0.1", 5432}));
  EXPECT_EQ(*ParseNodeAddress("[FD00::0:1]:5433"),
            (NodeAddress{"fd00--1_5433", "fd00::1", 5433}));
}

TEST(NodeAddressTest, RefusesWhatIsNoAddress) {
  for (const char* text : {"", ":", "a:0", "a:b", "::1", "a b", "10.0.0.1:"}) {
    EXPECT_EQ(ParseNodeAddress(text).status().code(),
              absl::StatusCode::kInvalidArgument)
        << text;
  }
}

TEST(NodeNameTest, LongOnesEndInADigestThatNeverChanges) {
  const std::string host = "postgresql-0.postgresql.prod.svc.cluster.local";
  const std::string name = MakeNodeName(host, 5432);
  EXPECT_EQ(name, "postgresql-0.postgr-696ae8ed5b33");
  EXPECT_TRUE(IsNodeName(name));
  EXPECT_NE(name, MakeNodeName(host, 5433));
  EXPECT_NE(name, MakeNodeName(absl::StrCat(host, ".x"), 5432));
}

TEST(NodeNameTest, FitsUpTo32Bytes) {
  const std::string host(27, 'a');
  EXPECT_EQ(MakeNodeName(host, 5432), absl::StrCat(host, "_5432"));
  EXPECT_EQ(MakeNodeName(absl::StrCat(host, "a"), 5432).size(), 32);
  EXPECT_NE(MakeNodeName(absl::StrCat(host, "a"), 5432),
            absl::StrCat(host, "a_5432"));
}

TEST(NodeNameTest, HasOnlyBytesThatEntriesTake) {
  std::string every_byte;
  for (int c = 0; c < 256; ++c) every_byte.push_back(static_cast<char>(c));
  for (const std::string& host :
       {every_byte.substr(0, 20), every_byte.substr(120, 20), every_byte,
        std::string("fd00::1")}) {
    EXPECT_TRUE(IsNodeName(MakeNodeName(host, 65535))) << host;
  }
}

}  // namespace
}  // namespace sluice::topology
