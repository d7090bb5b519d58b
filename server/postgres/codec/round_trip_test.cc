// Tests that what parameters say is what results say.

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "server/postgres/codec/big_endian.h"
#include "server/postgres/codec/builtin_types.h"
#include "server/postgres/codec/parameter_encoder.h"
#include "server/postgres/codec/row_decoder.h"
#include "server/postgres/codec/test_random_values.h"
#include "server/postgres/codec/test_slot_values.h"
#include "server/postgres/codec/test_types.h"
#include "sluice/v1/types.pb.h"

namespace sluice::postgres {
namespace {

constexpr size_t kMaxBytes = 100'000'000;
constexpr uint64_t kSeed = 20240229;

// Every built-in type with a binary form of values, and an enum.
std::vector<TypeRef> Scalars() {
  std::vector<TypeRef> types = {MakeEnumType(60'000, "mood")};
  for (absl::string_view name :
       {"bool",     "int2",    "int4",      "int8",        "oid",    "float4",
        "float8",   "numeric", "text",      "varchar",     "bpchar", "name",
        "\"char\"", "bytea",   "timestamp", "timestamptz", "date",   "time",
        "interval", "uuid",    "json",      "jsonb"}) {
    types.push_back(FindBuiltinType(name));
  }
  return types;
}

// Types of types, to a depth.
class RandomTypes {
 public:
  explicit RandomTypes(RandomValues& random) : random_(random) {}

  TypeRef Make(int depth) {
    if (depth == 0) return scalars_[random_.Below(scalars_.size())];
    switch (random_.Below(5)) {
      case 0: {
        // An array of arrays would be one of more dimensions.
        TypeRef element = Make(depth - 1);
        return BaseOf(*element).kind == v1::TYPE_KIND_ARRAY
                   ? element
                   : MakeArrayType(next_oid_++, element);
      }
      case 1:
        return MakeRangeType(next_oid_++, Make(depth - 1));
      case 2: {
        const TypeRef range = MakeRangeType(next_oid_++, Make(depth - 1));
        return MakeMultirangeType(next_oid_++, range);
      }
      case 3:
        return MakeDomainType(next_oid_++, "domain", Make(depth - 1));
      default:
        return MakeComposite(depth);
    }
  }

 private:
  TypeRef MakeComposite(int depth) {
    std::vector<FieldEntry> fields;
    for (size_t i = random_.Below(5); i > 0; --i) {
      const auto inner =
          static_cast<int>(random_.Below(static_cast<size_t>(depth)));
      fields.push_back({absl::StrCat("f", i), Make(inner), -1});
    }
    return MakeCompositeType(next_oid_++, "composite", std::move(fields));
  }

  RandomValues& random_;
  const std::vector<TypeRef> scalars_ = Scalars();
  uint32_t next_oid_ = 60'001;
};

// What values come back as when PostgreSQL sends what it was sent. They must
// have a binary form.
std::vector<v1::Value> ThereAndBack(const TypeRef& type,
                                    const std::vector<v1::Value>& values) {
  v1::ResultSet result;
  const TypeRef types[] = {type};
  RowDecoder decoder(types, result.mutable_columns(),
                     /*max_expansion_bytes=*/int64_t{kMaxBytes});
  std::vector<v1::Value> back;
  for (const v1::Value& value : values) {
    std::string body("\0\1", 2);
    absl::StatusOr<WireFormat> format =
        EncodeParameter(value, *type, 1, kMaxBytes, body);
    EXPECT_TRUE(format.ok()) << format.status();
    EXPECT_EQ(*format, WireFormat::kBinary) << type->name;
    const absl::Status status = decoder.AddRow(body);
    EXPECT_TRUE(status.ok()) << status;
    if (!status.ok()) return back;
  }
  for (int row = 0; row < static_cast<int>(values.size()); ++row) {
    back.push_back(SlotValue(result.columns(0), row));
  }
  return back;
}

void ExpectRoundTrip(const TypeRef& type, RandomValues& random,
                     size_t row_count) {
  std::vector<v1::Value> values;
  while (values.size() < row_count) values.push_back(random.Make(*type));
  const std::vector<v1::Value> back = ThereAndBack(type, values);
  ASSERT_EQ(back.size(), values.size());
  for (size_t i = 0; i < values.size(); ++i) {
    // Serialized, zeros keep their sign and NaN is equal to itself.
    ASSERT_EQ(back[i].SerializeAsString(), values[i].SerializeAsString())
        << type->name << "\nsent " << values[i].ShortDebugString() << "\ngot "
        << back[i].ShortDebugString();
  }
}

TEST(RoundTripTest, ScalarsComeBackAsTheyWere) {
  SCOPED_TRACE(absl::StrCat("seed ", kSeed));
  RandomValues random(kSeed);
  for (const TypeRef& type : Scalars()) ExpectRoundTrip(type, random, 2'000);
}

TEST(RoundTripTest, ContainersOfScalarsComeBackAsTheyWere) {
  SCOPED_TRACE(absl::StrCat("seed ", kSeed));
  RandomValues random(kSeed);
  for (const TypeRef& type : Scalars()) {
    const TypeRef range = MakeRangeType(70'002, type);
    for (const TypeRef& container :
         {MakeArrayType(70'001, type), range, MakeMultirangeType(70'003, range),
          MakeCompositeType(70'004, "pair",
                            {{"one", type, -1}, {"other", type, -1}}),
          MakeDomainType(70'005, "domain", type)}) {
      ExpectRoundTrip(container, random, 300);
    }
  }
}

TEST(RoundTripTest, NestedTypesComeBackAsTheyWere) {
  SCOPED_TRACE(absl::StrCat("seed ", kSeed));
  RandomValues random(kSeed);
  RandomTypes types(random);
  for (int round = 0; round < 500; ++round) {
    const TypeRef type = types.Make(1 + round % 4);
    ExpectRoundTrip(type, random, 20);
    if (HasFatalFailure()) return;
  }
}

}  // namespace
}  // namespace sluice::postgres
