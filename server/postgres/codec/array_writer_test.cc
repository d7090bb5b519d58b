// Tests of decoding binary arrays into one flat column.

#include "server/postgres/codec/array_writer.h"

#include <string>

#include "absl/strings/escaping.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/base/error.h"
#include "server/postgres/codec/builtin_types.h"
#include "server/postgres/codec/type_catalog.h"

namespace sluice::postgres {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// As array_send of PostgreSQL 15 writes them.
constexpr char kSeven[] =
    "00000001"
    "00000000"
    "00000017"
    "00000001"
    "00000001"
    "0000000400000007";
constexpr char kEmpty[] =
    "00000000"
    "00000000"
    "00000017";
// [0:1][2:3]={{1,NULL},{3,4}}
constexpr char kTwoDimensions[] =
    "00000002"
    "00000001"
    "00000017"
    "00000002"
    "00000000"
    "00000002"
    "00000002"
    "0000000400000001"
    "ffffffff"
    "0000000400000003"
    "0000000400000004";

class ArrayWriterTest : public ::testing::Test {
 protected:
  absl::Status Append(absl::string_view hex) {
    return writer_.Append(absl::HexStringToBytes(hex));
  }

  v1::ArrayColumn column_;
  Expansion expansion_{1000};
  ArrayWriter writer_{*FindBuiltinType("int4"), &column_, &expansion_};
};

TEST_F(ArrayWriterTest, ImpliesTheShapeOfPlainArrays) {
  ASSERT_TRUE(Append(kSeven).ok());
  ASSERT_TRUE(Append(kEmpty).ok());
  writer_.AppendEmpty();
  ASSERT_TRUE(Append(kSeven).ok());
  EXPECT_THAT(column_.offsets(), ElementsAre(0, 1, 1, 1, 2));
  EXPECT_THAT(column_.elements().int64s().values(), ElementsAre(7, 7));
  EXPECT_THAT(column_.elements().nulls(), IsEmpty());
  EXPECT_THAT(column_.dimensions(), IsEmpty());
  EXPECT_THAT(column_.lengths(), IsEmpty());
  EXPECT_THAT(column_.lower_bounds(), IsEmpty());
}

TEST_F(ArrayWriterTest, WritesAllShapesOnceOneIsNotPlain) {
  ASSERT_TRUE(Append(kSeven).ok());
  ASSERT_TRUE(Append(kEmpty).ok());
  ASSERT_TRUE(Append(kTwoDimensions).ok());
  writer_.AppendEmpty();
  ASSERT_TRUE(Append(kSeven).ok());
  EXPECT_THAT(column_.offsets(), ElementsAre(0, 1, 1, 5, 5, 6));
  EXPECT_THAT(column_.elements().int64s().values(),
              ElementsAre(7, 1, 0, 3, 4, 7));
  EXPECT_EQ(column_.elements().nulls(), "\x04");
  EXPECT_THAT(column_.dimensions(), ElementsAre(1, 0, 2, 0, 1));
  EXPECT_THAT(column_.lengths(), ElementsAre(1, 2, 2, 1));
  EXPECT_THAT(column_.lower_bounds(), ElementsAre(1, 0, 2, 1));
}

TEST_F(ArrayWriterTest, WritesTheShapeOfOneDimensionWithAnotherLowerBound) {
  ASSERT_TRUE(Append("00000001"
                     "00000000"
                     "00000017"
                     "00000001"
                     "fffffffb"
                     "0000000400000007")
                  .ok());
  EXPECT_THAT(column_.dimensions(), ElementsAre(1));
  EXPECT_THAT(column_.lengths(), ElementsAre(1));
  EXPECT_THAT(column_.lower_bounds(), ElementsAre(-5));
}

TEST_F(ArrayWriterTest, TakesADimensionWithoutElementsForAnEmptyArray) {
  ASSERT_TRUE(Append("00000001"
                     "00000000"
                     "00000017"
                     "00000000"
                     "00000005")
                  .ok());
  EXPECT_THAT(column_.offsets(), ElementsAre(0, 0));
  EXPECT_THAT(column_.dimensions(), IsEmpty());
}

TEST_F(ArrayWriterTest, RefusesEveryTruncationAndExtension) {
  const std::string whole = absl::HexStringToBytes(kTwoDimensions);
  for (size_t size = 0; size <= whole.size() + 4; ++size) {
    if (size == whole.size()) continue;
    std::string cut = whole;
    cut.resize(size, '\xff');
    absl::Status status = writer_.Append(cut);
    EXPECT_EQ(status.code(), absl::StatusCode::kInternal) << size;
    EXPECT_EQ(ReasonOf(status), v1::ERROR_REASON_PROTOCOL_VIOLATION) << size;
  }
}

TEST_F(ArrayWriterTest, RefusesHeadersThatMakeNoSense) {
  for (const char* hex : {
           // Seven dimensions, and less than none.
           "00000007"
           "00000000"
           "00000017",
           "ffffffff"
           "00000000"
           "00000017",
           // Flags and type of the elements.
           "00000000"
           "00000002"
           "00000017",
           "00000000"
           "00000000"
           "00000014",
           // Lengths: negative, beyond the bytes, and a product beyond int64.
           "00000001"
           "00000000"
           "00000017"
           "ffffffff"
           "00000001",
           "00000001"
           "00000000"
           "00000017"
           "7fffffff"
           "00000001",
           "00000003"
           "00000000"
           "00000017"
           "7fffffff"
           "00000001"
           "7fffffff"
           "00000001"
           "7fffffff"
           "00000001",
           // An element's length.
           "00000001"
           "00000000"
           "00000017"
           "00000001"
           "00000001"
           "fffffffe",
           "00000001"
           "00000000"
           "00000017"
           "00000001"
           "00000001"
           "7fffffff",
       }) {
    EXPECT_EQ(ReasonOf(Append(hex)), v1::ERROR_REASON_PROTOCOL_VIOLATION)
        << hex;
  }
}

TEST_F(ArrayWriterTest, TakesSixDimensionsButNotSeven) {
  const std::string length_one = "0000000100000001";
  std::string dimensions;
  for (int i = 0; i < 6; ++i) dimensions += length_one;
  const std::string element = "0000000400000007";
  EXPECT_TRUE(Append("000000060000000000000017" + dimensions + element).ok());
  EXPECT_FALSE(
      Append("000000070000000000000017" + dimensions + length_one + element)
          .ok());
}

TEST_F(ArrayWriterTest, HandsOnWhatAnElementIsRefusedFor) {
  EXPECT_EQ(ReasonOf(Append("00000001"
                            "00000000"
                            "00000017"
                            "00000001"
                            "00000001"
                            "00000002"
                            "0007")),
            v1::ERROR_REASON_PROTOCOL_VIOLATION);
}

TEST(ArrayWriterOfOthersTest, DecodesElementsOfADomainByItsBase) {
  TypeCatalog catalog;
  TypeRow domain;
  domain.oid = 50001;
  domain.kind = v1::TYPE_KIND_DOMAIN;
  domain.base_oid = 23;
  catalog.Learn({domain});
  v1::ArrayColumn column;
  Expansion expansion(1000);
  ArrayWriter writer(*catalog.FindByOid(50001), &column, &expansion);
  ASSERT_TRUE(writer
                  .Append(absl::HexStringToBytes("00000001"
                                                 "00000000"
                                                 "0000c351"
                                                 "00000001"
                                                 "00000001"
                                                 "0000000400000007"))
                  .ok());
  EXPECT_THAT(column.elements().int64s().values(), ElementsAre(7));
}

TEST(ArrayWriterOfOthersTest, DecodesElementsThatDifferFromTheirText) {
  v1::ArrayColumn column;
  Expansion expansion(1000);
  ArrayWriter writer(*FindBuiltinType("jsonb"), &column, &expansion);
  ASSERT_TRUE(
      writer
          .Append(absl::HexStringToBytes(
              "000000010000000000000eda000000010000000100000009017b2261223a2031"
              "7d"))
          .ok());
  EXPECT_THAT(column.elements().jsons().values(), ElementsAre("{\"a\": 1}"));
}

}  // namespace
}  // namespace sluice::postgres
