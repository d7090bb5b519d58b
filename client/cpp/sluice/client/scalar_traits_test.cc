#include "sluice/client/scalar_traits.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "sluice/client/test_result.h"

namespace sluice::client {
namespace {

using ::testing::HasSubstr;

TEST(ScalarTraitsTest, ReadsScalars) {
  EXPECT_EQ(*ReadOne<bool>("bools { values: true }"), true);
  EXPECT_EQ(*ReadOne<double>("doubles { values: 0.1 }"), 0.1);
  EXPECT_TRUE(std::isnan(*ReadOne<double>("doubles { values: nan }")));
  EXPECT_EQ(*ReadOne<std::string>("texts { values: 'a\\0b' }"),
            std::string("a\0b", 3));
  EXPECT_EQ(ReadOne<Bytes>("blobs { values: '\\377' }")->data, "\xff");
  EXPECT_EQ(ReadOne<Numeric>("numerics { values: '1.50' }")->text, "1.50");
  EXPECT_EQ(ReadOne<Json>("jsons { values: '{}' }")->text, "{}");
  EXPECT_EQ(ReadOne<Uuid>("uuids { values: '0123456789abcdef' }")->ToString(),
            "30313233-3435-3637-3839-616263646566");
  EXPECT_EQ(*ReadOne<Interval>(
                "intervals { values { months: -1 days: 2 microseconds: 3 } }"),
            (Interval{.months = -1, .days = 2, .microseconds = 3}));
  EXPECT_EQ(*ReadOne<TimeOfDay>("times { values: 86400000000 }"),
            TimeOfDay{absl::Hours(24)});
}

TEST(ScalarTraitsTest, ReadsAsTextWhateverTravelsAsText) {
  for (const char* member : {"texts", "numerics", "jsons", "others"}) {
    const std::string column = absl::StrCat(member, " { values: 'it' }");
    EXPECT_EQ(*ReadOne<std::string>(column), "it");
    EXPECT_TRUE(ReadOne<absl::string_view>(column).ok());
  }
  EXPECT_FALSE(ReadOne<std::string>("blobs { values: 'it' }").ok());
}

TEST(ScalarTraitsTest, RefusesIntegersThatDoNotFit) {
  const auto column = [](int64_t value) {
    return absl::StrCat("int64s { values: ", value, " }");
  };
  EXPECT_EQ(*ReadOne<int32_t>(column(2147483647)), 2147483647);
  EXPECT_EQ(ReadOne<int32_t>(column(2147483648)).status().code(),
            absl::StatusCode::kOutOfRange);
  EXPECT_EQ(*ReadOne<uint32_t>(column(4294967295)), 4294967295u);
  EXPECT_TRUE(absl::IsOutOfRange(ReadOne<uint64_t>(column(-1)).status()));
  EXPECT_TRUE(absl::IsOutOfRange(ReadOne<int16_t>(column(-32769)).status()));
  EXPECT_THAT(ReadOne<int32_t>(column(2147483648)).status().message(),
              HasSubstr("column \"c\" 2147483648 does not fit"));
}

TEST(ScalarTraitsTest, RefusesDoublesThatAFloatChanges) {
  EXPECT_EQ(*ReadOne<float>("doubles { values: 0.5 }"), 0.5f);
  EXPECT_TRUE(std::isnan(*ReadOne<float>("doubles { values: nan }")));
  EXPECT_TRUE(std::isinf(*ReadOne<float>("doubles { values: -inf }")));
  for (const char* column :
       {"doubles { values: 0.1 }", "doubles { values: 1e300 }"}) {
    EXPECT_TRUE(absl::IsOutOfRange(ReadOne<float>(column).status())) << column;
  }
}

TEST(ScalarTraitsTest, ReadsTimesAndTheirInfinities) {
  const auto time = [](int64_t value) {
    return *ReadOne<absl::Time>(
        absl::StrCat("timestamps { values: ", value, " }"));
  };
  EXPECT_EQ(time(-1), absl::UnixEpoch() - absl::Microseconds(1));
  EXPECT_EQ(time(std::numeric_limits<int64_t>::max()), absl::InfiniteFuture());
  EXPECT_EQ(time(std::numeric_limits<int64_t>::min()), absl::InfinitePast());
  const auto day = [](int32_t value) {
    return *ReadOne<absl::CivilDay>(
        absl::StrCat("dates { values: ", value, " }"));
  };
  EXPECT_EQ(day(59), absl::CivilDay(1970, 3, 1));
  EXPECT_EQ(day(std::numeric_limits<int32_t>::max()), absl::CivilDay::max());
  EXPECT_EQ(day(std::numeric_limits<int32_t>::min()), absl::CivilDay::min());
}

TEST(ScalarTraitsTest, ReadsAnIntervalOfFixedLengthAsDuration) {
  EXPECT_EQ(
      *ReadOne<absl::Duration>("intervals { values { microseconds: 7 } }"),
      absl::Microseconds(7));
  EXPECT_TRUE(absl::IsOutOfRange(
      ReadOne<absl::Duration>("intervals { values { days: 1 } }").status()));
}

TEST(ScalarTraitsTest, NamesTheTypeThatIsNotTheOneAskedFor) {
  const absl::Status error =
      ReadOne<bool>("int64s { values: 1 }", "name: 'integer'").status();
  EXPECT_EQ(error.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(error.message(),
            "column \"c\" is of type integer, and read as a boolean");
}

}  // namespace
}  // namespace sluice::client
