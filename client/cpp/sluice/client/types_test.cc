#include "sluice/client/types.h"

#include <gtest/gtest.h>

namespace sluice::client {
namespace {

TEST(UuidTest, IsReadAndWritten) {
  const absl::StatusOr<Uuid> uuid =
      Uuid::Parse("00112233-4455-6677-8899-AABBCCDDEEFF");
  ASSERT_TRUE(uuid.ok()) << uuid.status();
  EXPECT_EQ(uuid->octets[1], 0x11);
  EXPECT_EQ(uuid->ToString(), "00112233-4455-6677-8899-aabbccddeeff");
}

TEST(UuidTest, IsRefusedWhereItIsNone) {
  for (const char* text : {"", "00112233-4455-6677-8899-aabbccddeef",
                           "00112233-4455-6677-8899-aabbccddeefg",
                           "001122334-455-6677-8899-aabbccddeeff",
                           "00112233-4455-6677-8899-aabbccddeeff "}) {
    EXPECT_TRUE(absl::IsInvalidArgument(Uuid::Parse(text).status())) << text;
  }
}

}  // namespace
}  // namespace sluice::client
