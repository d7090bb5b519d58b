// Tests the form of consistency tokens.

#include "server/routing/consistency_token.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <random>
#include <string>
#include <tuple>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "server/base/error.h"

namespace sluice::routing {
namespace {

constexpr uint64_t kSystem = 7'423'498'712'345'678'901;

void ExpectRefused(const std::string& bytes) {
  const absl::StatusOr<ConsistencyToken> token = ParseToken(bytes);
  ASSERT_FALSE(token.ok()) << absl::BytesToHexString(bytes);
  EXPECT_EQ(token.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(ReasonOf(token.status()), v1::ERROR_REASON_INVALID_REQUEST);
  EXPECT_EQ(ErrorMetadataOf(token.status(), "field"),
            "options.consistency.at_least");
}

TEST(ConsistencyTokenTest, IsReadAsItWasWritten) {
  const std::vector<ConsistencyToken> tokens = {
      {kSystem, 1, 0x3000148},
      {1, 1, 1},
      {std::numeric_limits<uint64_t>::max(),
       std::numeric_limits<uint32_t>::max(),
       std::numeric_limits<uint64_t>::max()},
  };
  for (const ConsistencyToken& token : tokens) {
    const std::string bytes = EncodeToken(token);
    EXPECT_LE(bytes.size(), 64u);
    ASSERT_TRUE(ParseToken(bytes).ok());
    EXPECT_EQ(*ParseToken(bytes), token);
  }
}

// Those that clients keep outlive a change of the server.
TEST(ConsistencyTokenTest, StaysTheSameBetweenVersionsOfTheServer) {
  EXPECT_EQ(absl::BytesToHexString(EncodeToken(
                {0x0102030405060708, 0x0a0b0c0d, 0x1112131415161718})),
            "01"
            "0102030405060708"
            "0a0b0c0d"
            "1112131415161718");
}

TEST(ConsistencyTokenTest, OfAnotherLengthIsRefused) {
  const std::string bytes = EncodeToken({kSystem, 3, 0x3000148});
  for (size_t i = 0; i < bytes.size(); ++i) {
    ExpectRefused(bytes.substr(0, i));
    ExpectRefused(bytes.substr(i + 1));
  }
  ExpectRefused(absl::StrCat(bytes, std::string(1, '\0')));
  ExpectRefused(absl::StrCat(bytes, bytes));
}

TEST(ConsistencyTokenTest, OfAnotherVersionIsRefused) {
  std::string bytes = EncodeToken({kSystem, 3, 0x3000148});
  for (int version = 0; version < 256; ++version) {
    bytes[0] = static_cast<char>(version);
    if (version == 1) continue;
    ExpectRefused(bytes);
  }
}

TEST(ConsistencyTokenTest, WithAFieldThatIsZeroIsRefused) {
  ExpectRefused(EncodeToken({0, 3, 0x3000148}));
  ExpectRefused(EncodeToken({kSystem, 0, 0x3000148}));
  ExpectRefused(EncodeToken({kSystem, 3, 0}));
}

TEST(ConsistencyTokenTest, WhateverIsTakenHasNoOtherForm) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE(absl::StrCat("seed ", seed));
  std::mt19937 random(seed);
  int taken_count = 0;
  for (int i = 0; i < 100'000; ++i) {
    std::string bytes(19 + random() % 4, '\0');
    for (char& byte : bytes) byte = static_cast<char>(random() % 3);
    const absl::StatusOr<ConsistencyToken> token = ParseToken(bytes);
    if (!token.ok()) continue;
    ++taken_count;
    EXPECT_EQ(EncodeToken(*token), bytes);
  }
  EXPECT_GT(taken_count, 1000);
}

TEST(ConsistencyTokenTest, OfOneClusterAreInOrderByteByByte) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE(absl::StrCat("seed ", seed));
  std::mt19937_64 random(seed);
  std::vector<ConsistencyToken> tokens;
  for (int i = 0; i < 1000; ++i) {
    const uint64_t lsn = random() >> (random() % 64);
    tokens.push_back({kSystem, static_cast<uint32_t>(1 + random() % 300),
                      std::max<uint64_t>(lsn, 1)});
  }
  for (size_t i = 1; i < tokens.size(); ++i) {
    const ConsistencyToken& a = tokens[i - 1];
    const ConsistencyToken& b = tokens[i];
    EXPECT_EQ(EncodeToken(a) < EncodeToken(b),
              std::tie(a.timeline, a.lsn) < std::tie(b.timeline, b.lsn));
  }
}

}  // namespace
}  // namespace sluice::routing
