#include "server/identity/digest.h"

#include "absl/strings/escaping.h"
#include "gtest/gtest.h"

namespace sluice::identity {
namespace {

// The examples of FIPS 180-4.
TEST(DigestTest, IsSha256) {
  EXPECT_EQ(absl::BytesToHexString(Sha256("abc")),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(absl::BytesToHexString(Sha256("")),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST(DigestTest, CountsEveryByte) {
  EXPECT_NE(Sha256(absl::string_view("a\0", 2)), Sha256("a"));
}

}  // namespace
}  // namespace sluice::identity
