// Tests that what parameters say is what results say.

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <random>
#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "server/postgres/codec/builtin_types.h"
#include "server/postgres/codec/epoch.h"
#include "server/postgres/codec/parameter_encoder.h"
#include "server/postgres/codec/row_decoder.h"
#include "sluice/v1/types.pb.h"

namespace sluice::postgres {
namespace {

constexpr size_t kMaxBytes = 1'000;

// What a parameter's binary form decodes to as a result of the same type.
v1::Column RoundTrip(absl::string_view type, const v1::Value& value) {
  std::string body("\0\1", 2);
  absl::StatusOr<WireFormat> format =
      EncodeParameter(value, *FindBuiltinType(type), 1, kMaxBytes, body);
  EXPECT_TRUE(format.ok()) << format.status();
  EXPECT_EQ(*format, WireFormat::kBinary);
  v1::ResultSet result;
  const TypeRef types[] = {FindBuiltinType(type)};
  RowDecoder decoder(types, result.mutable_columns());
  EXPECT_TRUE(decoder.AddRow(body).ok());
  return result.columns(0);
}

TEST(RoundTripTest, BinaryFormsComeBackAsTheSameResults) {
  constexpr uint64_t kSeed = 20240229;
  SCOPED_TRACE(absl::StrCat("seed ", kSeed));
  std::mt19937_64 random(kSeed);
  for (int round = 0; round < 2000; ++round) {
    v1::Value value;
    const int64_t integer = static_cast<int64_t>(random());
    value.set_int64_value(integer);
    ASSERT_EQ(RoundTrip("int8", value).int64s().values(0), integer);
    value.set_int64_value(static_cast<int32_t>(integer));
    ASSERT_EQ(RoundTrip("int4", value).int64s().values(0),
              static_cast<int32_t>(integer));
    const double number = std::bit_cast<double>(integer);
    if (!std::isnan(number)) {
      value.set_double_value(number);
      ASSERT_EQ(RoundTrip("float8", value).doubles().values(0), number);
    }
    const float narrow = std::bit_cast<float>(static_cast<uint32_t>(integer));
    if (!std::isnan(narrow)) {
      value.set_double_value(static_cast<double>(narrow));
      ASSERT_EQ(RoundTrip("float4", value).doubles().values(0),
                static_cast<double>(narrow));
    }
    const int64_t micros =
        std::max(integer, kFirstTimestampMicros + kEpochShiftMicros);
    value.set_timestamp_value(micros);
    ASSERT_EQ(RoundTrip("timestamptz", value).timestamps().values(0), micros);
    const int32_t days =
        std::clamp(static_cast<int32_t>(integer), kFirstDay + kEpochShiftDays,
                   kEndDay + kEpochShiftDays - 1);
    value.set_date_value(days);
    ASSERT_EQ(RoundTrip("date", value).dates().values(0), days);
    value.mutable_interval_value()->set_months(static_cast<int32_t>(random()));
    value.mutable_interval_value()->set_days(static_cast<int32_t>(random()));
    value.mutable_interval_value()->set_microseconds(integer);
    ASSERT_EQ(
        RoundTrip("interval", value).intervals().values(0).SerializeAsString(),
        value.interval_value().SerializeAsString());
  }
}

}  // namespace
}  // namespace sluice::postgres
