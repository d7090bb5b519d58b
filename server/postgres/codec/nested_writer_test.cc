// Tests of decoding composites, ranges, multiranges and what they are nested
// in. The bytes are as PostgreSQL 15 writes them.

#include "server/postgres/codec/nested_writer.h"

#include <memory>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/base/error.h"
#include "server/postgres/codec/column_writer.h"
#include "server/postgres/codec/type_catalog.h"

namespace sluice::postgres {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr uint32_t kPair = 50001;
constexpr uint32_t kPairs = 50002;
constexpr uint32_t kPairDomain = 50003;
constexpr uint32_t kInts = 50004;
constexpr uint32_t kIntsArray = 50005;
constexpr uint32_t kItem = 50006;
constexpr uint32_t kInt4Range = 3904;
constexpr uint32_t kInt4Multirange = 4451;

// (7,"a b") of (int4, text).
constexpr char kSevenPair[] =
    "00000002"
    "000000170000000400000007"
    "0000001900000003612062";
// [1,5), empty and (,5].
constexpr char kOneToFive[] =
    "020000000400000001"
    "0000000400000005";
constexpr char kEmptyRange[] = "01";
constexpr char kToFive[] = "0c0000000400000005";

class NestedWriterTest : public ::testing::Test {
 protected:
  NestedWriterTest() {
    TypeRow pair = Row(kPair, v1::TYPE_KIND_COMPOSITE);
    pair.fields = {{"number", 23, -1}, {"word", 25, -1}};
    TypeRow pairs = Row(kPairs, v1::TYPE_KIND_ARRAY);
    pairs.element_oid = kPair;
    TypeRow pair_domain = Row(kPairDomain, v1::TYPE_KIND_DOMAIN);
    pair_domain.base_oid = kPair;
    TypeRow ints = Row(kInts, v1::TYPE_KIND_DOMAIN);
    ints.base_oid = 1007;
    TypeRow ints_array = Row(kIntsArray, v1::TYPE_KIND_ARRAY);
    ints_array.element_oid = kInts;
    TypeRow item = Row(kItem, v1::TYPE_KIND_COMPOSITE);
    item.fields = {{"pairs", kPairs, -1},
                   {"range", kInt4Range, -1},
                   {"ranges", kInt4Multirange, -1},
                   {"pair", kPairDomain, -1}};
    catalog_.Learn({pair, pairs, pair_domain, ints, ints_array, item});
  }

  static TypeRow Row(uint32_t oid, v1::TypeKind kind) {
    TypeRow row;
    row.oid = oid;
    row.kind = kind;
    return row;
  }

  // Begins a column of the type.
  void Open(uint32_t oid) {
    column_.Clear();
    writer_ = std::make_unique<ColumnWriter>(*catalog_.FindByOid(oid), &column_,
                                             &expansion_);
  }
  absl::Status Append(absl::string_view hex) {
    return writer_->Append(absl::HexStringToBytes(hex));
  }
  v1::ErrorReason ReasonFor(uint32_t oid, absl::string_view hex) {
    Open(oid);
    return ReasonOf(Append(hex));
  }

  TypeCatalog catalog_;
  v1::Column column_;
  Expansion expansion_{1000};
  std::unique_ptr<ColumnWriter> writer_;
};

// `hex` with its length in front.
std::string Sized(absl::string_view hex) {
  return absl::StrCat(absl::Hex(hex.size() / 2, absl::kZeroPad8), hex);
}

std::string FieldOf(uint32_t oid, absl::string_view hex) {
  return absl::StrCat(absl::Hex(oid, absl::kZeroPad8), Sized(hex));
}

// A value of kItem that has each of its parts.
std::string ItemHex() {
  const std::string pairs =
      absl::StrCat("00000001", "00000001", "0000c351", "00000002", "00000001",
                   Sized(kSevenPair), "ffffffff");
  const std::string ranges =
      absl::StrCat("00000002", Sized(kToFive), Sized(kOneToFive));
  return absl::StrCat(
      "00000004", FieldOf(kPairs, pairs), FieldOf(kInt4Range, kOneToFive),
      FieldOf(kInt4Multirange, ranges), FieldOf(kPairDomain, kSevenPair));
}

TEST_F(NestedWriterTest, GivesEachFieldOfACompositeAColumn) {
  Open(kPair);
  ASSERT_TRUE(Append(kSevenPair).ok());
  writer_->AppendNull();
  ASSERT_TRUE(Append("0000000200000017ffffffff0000001900000000").ok());
  EXPECT_EQ(column_.nulls(), "\x02");
  const v1::CompositeColumn& composites = column_.composites();
  ASSERT_EQ(composites.fields_size(), 2);
  EXPECT_THAT(composites.fields(0).int64s().values(), ElementsAre(7, 0, 0));
  EXPECT_EQ(composites.fields(0).nulls(), "\x06");
  EXPECT_THAT(composites.fields(1).texts().values(),
              ElementsAre("a b", "", ""));
  EXPECT_EQ(composites.fields(1).nulls(), "\x02");
}

TEST_F(NestedWriterTest, TellsRangesByBoundsAndFlags) {
  Open(kInt4Range);
  for (const char* hex : {kOneToFive, kEmptyRange, kToFive, "18"}) {
    ASSERT_TRUE(Append(hex).ok()) << hex;
  }
  writer_->AppendNull();
  EXPECT_EQ(column_.nulls(), "\x10");
  const v1::RangeColumn& ranges = column_.ranges();
  EXPECT_EQ(ranges.flags(), std::string("\x02\x01\x04\x00\x00", 5));
  EXPECT_THAT(ranges.lowers().int64s().values(), ElementsAre(1, 0, 0, 0, 0));
  EXPECT_EQ(ranges.lowers().nulls(), "\x1e");
  EXPECT_THAT(ranges.uppers().int64s().values(), ElementsAre(5, 0, 5, 0, 0));
  EXPECT_EQ(ranges.uppers().nulls(), "\x1a");
}

TEST_F(NestedWriterTest, FlattensMultiranges) {
  Open(kInt4Multirange);
  ASSERT_TRUE(
      Append(absl::StrCat("00000002", Sized(kToFive), Sized(kOneToFive))).ok());
  ASSERT_TRUE(Append("00000000").ok());
  writer_->AppendNull();
  ASSERT_TRUE(Append(absl::StrCat("00000001", Sized(kOneToFive))).ok());
  EXPECT_EQ(column_.nulls(), "\x04");
  EXPECT_THAT(column_.multiranges().offsets(), ElementsAre(0, 2, 2, 2, 3));
  EXPECT_THAT(column_.multiranges().ranges().lowers().int64s().values(),
              ElementsAre(0, 1, 1));
}

TEST_F(NestedWriterTest, NestsArraysOfDomainsOverArrays) {
  Open(kIntsArray);
  const std::string ints =
      "00000001000000000000001700000001000000010000000400000007";
  ASSERT_TRUE(
      Append(absl::StrCat("00000001", "00000001", "0000c354", "00000002",
                          "00000001", Sized(ints), "ffffffff"))
          .ok());
  const v1::Column& elements = column_.arrays().elements();
  EXPECT_EQ(elements.nulls(), "\x02");
  EXPECT_THAT(elements.arrays().offsets(), ElementsAre(0, 1, 1));
  EXPECT_THAT(elements.arrays().elements().int64s().values(), ElementsAre(7));
}

TEST_F(NestedWriterTest, NestsEveryKindInACompositeAndRefills) {
  Open(kItem);
  ASSERT_TRUE(Append(ItemHex()).ok());
  writer_->AppendNull();
  const std::string first = column_.SerializeAsString();
  const v1::CompositeColumn& items = column_.composites();
  EXPECT_THAT(items.fields(0).arrays().offsets(), ElementsAre(0, 2, 2));
  EXPECT_THAT(items.fields(0)
                  .arrays()
                  .elements()
                  .composites()
                  .fields(0)
                  .int64s()
                  .values(),
              ElementsAre(7, 0));
  EXPECT_EQ(items.fields(1).ranges().flags(), std::string("\x02\x00", 2));
  EXPECT_THAT(items.fields(2).multiranges().offsets(), ElementsAre(0, 2, 2));
  EXPECT_THAT(items.fields(3).composites().fields(1).texts().values(),
              ElementsAre("a b", ""));
  writer_->Clear();
  ASSERT_TRUE(Append(ItemHex()).ok());
  writer_->AppendNull();
  EXPECT_EQ(column_.SerializeAsString(), first);
}

TEST_F(NestedWriterTest, RefusesEveryTruncationAndExtension) {
  for (const auto& [oid, hex] : std::vector<std::pair<uint32_t, std::string>>{
           {kItem, ItemHex()},
           {kPair, kSevenPair},
           {kInt4Range, kOneToFive},
           {kInt4Multirange, absl::StrCat("00000001", Sized(kToFive))}}) {
    const std::string binary = absl::HexStringToBytes(hex);
    for (size_t size = 0; size <= binary.size() + 1; ++size) {
      if (size == binary.size()) continue;
      std::string cut = binary;
      cut.resize(size, '\0');
      EXPECT_EQ(ReasonFor(oid, absl::BytesToHexString(cut)),
                v1::ERROR_REASON_PROTOCOL_VIOLATION)
          << oid << " of " << size;
    }
  }
}

TEST_F(NestedWriterTest, RefusesFieldsOfAnotherTypeOrNumber) {
  for (const char* hex :
       {"00000001000000170000000400000007", "ffffffff",
        "000000020000001700000004000000070000001a0000000400000007",
        "00000003000000170000000400000007000000190000000000000017ffffffff"}) {
    EXPECT_EQ(ReasonFor(kPair, hex), v1::ERROR_REASON_PROTOCOL_VIOLATION)
        << hex;
  }
}

TEST_F(NestedWriterTest, RefusesFlagsThatContradictThemselves) {
  for (const char* hex :
       // Empty with a bound or inclusive, infinite and inclusive, unknown.
       {"03", "09", "0a0000000400000005", "140000000400000005", "38", "58",
        "98"}) {
    EXPECT_EQ(ReasonFor(kInt4Range, hex), v1::ERROR_REASON_PROTOCOL_VIOLATION)
        << hex;
  }
  EXPECT_EQ(ReasonFor(kInt4Range, "10ffffffff"),
            v1::ERROR_REASON_PROTOCOL_VIOLATION);
}

TEST_F(NestedWriterTest, RefusesMultirangesOfImpossibleCounts) {
  for (const char* hex : {"ffffffff", "7fffffff00000000", "80000000"}) {
    EXPECT_EQ(ReasonFor(kInt4Multirange, hex),
              v1::ERROR_REASON_PROTOCOL_VIOLATION)
        << hex;
  }
}

// Four bytes say that a composite of any size is NULL.
TEST_F(NestedWriterTest, BoundsWhatNullsGrowTo) {
  constexpr uint32_t kWide = 50010;
  constexpr uint32_t kWides = 50011;
  TypeRow wide = Row(kWide, v1::TYPE_KIND_COMPOSITE);
  wide.fields.resize(204, {"i", 23, -1});
  TypeRow wides = Row(kWides, v1::TYPE_KIND_ARRAY);
  wides.element_oid = kWide;
  catalog_.Learn({wide, wides});
  std::string array = "00000001000000010000c35a0000000600000001";
  for (int i = 0; i < 6; ++i) absl::StrAppend(&array, "ffffffff");
  Open(kWides);
  absl::Status status = Append(array);
  EXPECT_EQ(ReasonOf(status), v1::ERROR_REASON_BYTE_LIMIT);
  EXPECT_EQ(expansion_.bytes(), 6 * 200);
}

TEST_F(NestedWriterTest, SurvivesAnyChangeOfItsBytes) {
  constexpr uint64_t kSeed = 20240302;
  SCOPED_TRACE(absl::StrCat("seed ", kSeed));
  std::mt19937_64 random(kSeed);
  const std::string binary = absl::HexStringToBytes(ItemHex());
  Open(kItem);
  int refused = 0;
  for (int round = 0; round < 20'000; ++round) {
    std::string changed = binary;
    for (uint64_t i = 0; i <= random() % 3; ++i) {
      changed[random() % changed.size()] = static_cast<char>(random());
    }
    absl::Status status = writer_->Append(changed);
    writer_->Clear();
    if (status.ok()) continue;
    ++refused;
    ASSERT_THAT(
        (std::vector<v1::ErrorReason>{v1::ERROR_REASON_PROTOCOL_VIOLATION,
                                      v1::ERROR_REASON_RESULT_OUT_OF_RANGE}),
        ::testing::Contains(ReasonOf(status)))
        << status;
  }
  EXPECT_GT(refused, 10'000);
}

}  // namespace
}  // namespace sluice::postgres
