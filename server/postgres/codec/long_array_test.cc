// Tests that the parts of a long array are, joined, what the decoder makes of
// the whole.

#include "server/postgres/codec/long_array.h"

#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "google/protobuf/util/message_differencer.h"
#include "gtest/gtest.h"
#include "server/base/error.h"
#include "server/postgres/codec/big_endian.h"
#include "server/postgres/codec/builtin_types.h"
#include "server/postgres/codec/row_decoder.h"

namespace sluice::postgres {
namespace {

using google::protobuf::util::MessageDifferencer;
using Element = std::optional<std::string>;

constexpr uint32_t kInt4Oid = 23;
constexpr uint32_t kTextOid = 25;
constexpr uint32_t kNumericOid = 1700;
constexpr int64_t kPlenty = int64_t{1} << 40;

std::string Int4(int32_t number) {
  std::string bytes;
  AppendBigEndian(number, bytes);
  return bytes;
}

struct Shape {
  std::vector<int32_t> lengths;
  int32_t lower_bound = 1;
};

std::string MakeArray(uint32_t oid, const std::vector<Element>& elements,
                      const Shape& shape) {
  std::string bytes =
      Int4(static_cast<int32_t>(shape.lengths.size())) + Int4(1);
  AppendBigEndian(oid, bytes);
  for (const int32_t length : shape.lengths) {
    bytes += Int4(length) + Int4(shape.lower_bound);
  }
  for (const Element& element : elements) {
    bytes +=
        Int4(element.has_value() ? static_cast<int32_t>(element->size()) : -1);
    bytes += element.value_or("");
  }
  return bytes;
}

std::string MakeArray(uint32_t oid, const std::vector<Element>& elements) {
  Shape shape;
  shape.lengths = {static_cast<int32_t>(elements.size())};
  return MakeArray(oid, elements, shape);
}

struct Parts {
  absl::Status status;
  std::string joined;
  int count = 0;
};

Parts Decode(const TypeEntry& type, const std::string& value,
             int64_t max_expansion_bytes = kPlenty) {
  LongArray array(type, value, max_expansion_bytes);
  Parts parts;
  for (;;) {
    absl::StatusOr<std::string> part = array.NextPart();
    parts.status = part.status();
    if (!part.ok() || part->empty()) return parts;
    parts.joined += *part;
    ++parts.count;
  }
}

void ExpectAsWhole(const TypeRef& type, const std::string& value) {
  ASSERT_TRUE(LongArray::Takes(*type));
  const Parts parts = Decode(*type, value);
  ASSERT_TRUE(parts.status.ok()) << parts.status;
  v1::Column joined;
  ASSERT_TRUE(joined.ParseFromString(parts.joined));
  google::protobuf::RepeatedPtrField<v1::Column> columns;
  RowDecoder decoder({type}, &columns, kPlenty);
  ASSERT_TRUE(decoder.AddCell(0, value).ok());
  EXPECT_TRUE(MessageDifferencer::Equals(joined, columns[0]));
}

TEST(LongArrayTest, GivesPartsThatAreTheWhole) {
  for (const int count : {0, 1, 7, 8, 9, 32'767, 32'768, 32'769, 100'003}) {
    SCOPED_TRACE(count);
    std::vector<Element> numbers;
    std::vector<Element> words;
    for (int i = 0; i < count; ++i) {
      numbers.push_back(Int4(i));
      words.push_back(i % 11 == 3 ? Element() : absl::StrCat("word ", i));
    }
    ExpectAsWhole(FindBuiltinType("int4[]"), MakeArray(kInt4Oid, numbers));
    ExpectAsWhole(FindBuiltinType("text[]"), MakeArray(kTextOid, words));
  }
}

TEST(LongArrayTest, KeepsNullsWhereverTheyAre) {
  constexpr int kCount = 100'000;
  for (const int only : {0, 40'000, kCount - 1}) {
    std::vector<Element> elements(kCount, Int4(1));
    elements[only] = std::nullopt;
    ExpectAsWhole(FindBuiltinType("int4[]"), MakeArray(kInt4Oid, elements));
  }
  ExpectAsWhole(FindBuiltinType("int4[]"),
                MakeArray(kInt4Oid, std::vector<Element>(kCount)));
}

TEST(LongArrayTest, KeepsTheShape) {
  const std::vector<Element> elements(60'000, Int4(5));
  for (const Shape& shape :
       {Shape{{60'000}, 0}, Shape{{300, 200}}, Shape{{300, 2, 100}, -7}}) {
    ExpectAsWhole(FindBuiltinType("int4[]"),
                  MakeArray(kInt4Oid, elements, shape));
  }
  ExpectAsWhole(FindBuiltinType("int4[]"), MakeArray(kInt4Oid, {}, Shape{}));
  ExpectAsWhole(FindBuiltinType("int4[]"), MakeArray(kInt4Oid, {}, {{0}, 3}));
}

TEST(LongArrayTest, MakesPartsOfSomeElementsOrBytes) {
  const std::vector<Element> empty(100'000, "");
  EXPECT_EQ(
      Decode(*FindBuiltinType("text[]"), MakeArray(kTextOid, empty)).count, 4);
  const std::vector<Element> long_ones(32, std::string(100'000, 'l'));
  EXPECT_EQ(
      Decode(*FindBuiltinType("text[]"), MakeArray(kTextOid, long_ones)).count,
      4);
  ExpectAsWhole(FindBuiltinType("text[]"), MakeArray(kTextOid, long_ones));
}

TEST(LongArrayTest, RefusesArraysThatAreMalformedWhereverTheyAreCut) {
  const std::string value =
      MakeArray(kTextOid, {"one", std::nullopt, "three"}, Shape{{3}});
  for (size_t size = 0; size <= value.size() + 2; ++size) {
    if (size == value.size()) continue;
    std::string cut = value;
    cut.resize(size, '\0');
    EXPECT_EQ(ReasonOf(Decode(*FindBuiltinType("text[]"), cut).status),
              v1::ERROR_REASON_PROTOCOL_VIOLATION)
        << size;
  }
  EXPECT_EQ(ReasonOf(Decode(*FindBuiltinType("int4[]"), value).status),
            v1::ERROR_REASON_PROTOCOL_VIOLATION);
  EXPECT_EQ(
      ReasonOf(Decode(*FindBuiltinType("text[]"), MakeArray(kTextOid, {"\xFF"}))
                   .status),
      v1::ERROR_REASON_RESULT_OUT_OF_RANGE);
}

// Ten bytes each, and 128,001 digits.
TEST(LongArrayTest, BoundsTheDigitsOfAllElements) {
  std::string number;
  for (const int16_t word : {1, 32'000, 0, 0, 1}) AppendBigEndian(word, number);
  const std::string value =
      MakeArray(kNumericOid, std::vector<Element>(10, number));
  const TypeEntry& type = *FindBuiltinType("numeric[]");
  EXPECT_TRUE(Decode(type, value, 1'280'000).status.ok());
  EXPECT_EQ(ReasonOf(Decode(type, value, 1'200'000).status),
            v1::ERROR_REASON_BYTE_LIMIT);
}

TEST(LongArrayTest, LeavesNestedElementsToOthers) {
  EXPECT_TRUE(LongArray::Takes(*FindBuiltinType("jsonb[]")));
  EXPECT_FALSE(LongArray::Takes(*FindBuiltinType("int4range[]")));
  EXPECT_FALSE(LongArray::Takes(*FindBuiltinType("text")));
}

}  // namespace
}  // namespace sluice::postgres
