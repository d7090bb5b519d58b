#include "sluice/client/statement.h"

#include <gmock/gmock.h>
#include <google/protobuf/util/message_differencer.h>
#include <gtest/gtest.h>

#include <limits>
#include <string_view>

#include "sluice/client/test_result.h"

namespace sluice::client {
namespace {

using ::testing::HasSubstr;

MATCHER_P(IsValue, text, "") {
  const auto expected = ParseText<v1::Value>(text);
  *result_listener << arg.ShortDebugString();
  return google::protobuf::util::MessageDifferencer::Equals(arg, expected);
}

// The value that a parameter becomes.
template <typename T>
v1::Value Encoded(const T& parameter) {
  const Statement statement("SELECT $1", parameter);
  EXPECT_TRUE(statement.status().ok()) << statement.status();
  return statement.parameters().at(0);
}

template <typename T>
absl::Status ErrorOf(const T& parameter) {
  return Statement("SELECT $1", parameter).status();
}

TEST(StatementTest, TakesScalars) {
  EXPECT_THAT(Encoded(true), IsValue("bool_value: true"));
  EXPECT_THAT(Encoded(int8_t{-5}), IsValue("int64_value: -5"));
  EXPECT_THAT(Encoded(4294967295u), IsValue("int64_value: 4294967295"));
  EXPECT_THAT(Encoded(0.1), IsValue("double_value: 0.1"));
  EXPECT_THAT(Encoded(0.5f), IsValue("double_value: 0.5"));
  EXPECT_THAT(Encoded(Bytes{"\xff"}), IsValue("bytes_value: '\\377'"));
  EXPECT_THAT(Encoded(Numeric{"1.50"}), IsValue("numeric_value: '1.50'"));
  EXPECT_THAT(Encoded(Json{"{}"}), IsValue("json_value: '{}'"));
  EXPECT_THAT(Encoded(Interval{.months = 1, .days = 2, .microseconds = 3}),
              IsValue("interval_value { months: 1 days: 2 microseconds: 3 }"));
  EXPECT_THAT(Encoded(*Uuid::Parse("30313233-3435-3637-3839-616263646566")),
              IsValue("uuid_value: '0123456789abcdef'"));
  EXPECT_THAT(Encoded(ParseText<v1::Value>("text_value: 'a' type: 'b'")),
              IsValue("text_value: 'a' type: 'b'"));
}

TEST(StatementTest, TakesTextOfEveryKind) {
  const char* const pointer = "it";
  for (const v1::Value& value :
       {Encoded("it"), Encoded(pointer), Encoded(std::string("it")),
        Encoded(absl::string_view("it")), Encoded(std::string_view("it"))}) {
    EXPECT_THAT(value, IsValue("text_value: 'it'"));
  }
  EXPECT_TRUE(
      absl::IsInvalidArgument(ErrorOf(static_cast<const char*>(nullptr))));
}

TEST(StatementTest, SendsIntegersBeyondInt64AsNumerics) {
  EXPECT_THAT(Encoded(std::numeric_limits<uint64_t>::max()),
              IsValue("numeric_value: '18446744073709551615'"));
}

TEST(StatementTest, TakesNulls) {
  EXPECT_THAT(Encoded(std::nullopt), IsValue("null_value: NULL_VALUE"));
  EXPECT_THAT(Encoded(std::optional<int>()), IsValue("null_value: NULL_VALUE"));
  EXPECT_THAT(Encoded(std::optional<int>(3)), IsValue("int64_value: 3"));
}

TEST(StatementTest, TakesTimes) {
  const absl::Time time = absl::FromUnixNanos(-1500);
  EXPECT_THAT(Encoded(time), IsValue("timestamp_value: -2"));
  EXPECT_THAT(Encoded(absl::InfiniteFuture()),
              IsValue("timestamp_value: 9223372036854775807"));
  EXPECT_THAT(Encoded(absl::InfinitePast()),
              IsValue("timestamp_value: -9223372036854775808"));
  EXPECT_THAT(Encoded(absl::CivilDay(1970, 3, 1)), IsValue("date_value: 59"));
  EXPECT_THAT(Encoded((absl::CivilDay::max)()),
              IsValue("date_value: 2147483647"));
  EXPECT_THAT(Encoded((absl::CivilDay::min)()),
              IsValue("date_value: -2147483648"));
  EXPECT_THAT(Encoded(TimeOfDay{absl::Hours(24)}),
              IsValue("time_value: 86400000000"));
  EXPECT_THAT(Encoded(absl::Seconds(2) + absl::Nanoseconds(1)),
              IsValue("interval_value { microseconds: 2000000 }"));
}

TEST(StatementTest, RefusesTimesThatPostgresDoesNotHold) {
  const absl::Status errors[] = {
      ErrorOf(absl::FromUnixMicros(std::numeric_limits<int64_t>::max()) +
              absl::Seconds(1)),
      ErrorOf(absl::CivilDay(5'900'000, 1, 1)),
      ErrorOf(absl::CivilDay(1'000'000'000'000, 1, 1)),
      ErrorOf(TimeOfDay{absl::Hours(25)}),
      ErrorOf(absl::InfiniteDuration()),
  };
  for (const absl::Status& error : errors) {
    EXPECT_EQ(error.code(), absl::StatusCode::kInvalidArgument) << error;
  }
}

TEST(StatementTest, TakesArrays) {
  EXPECT_THAT(Encoded(std::vector<std::optional<int>>{1, std::nullopt}),
              IsValue("array_value { elements { int64_value: 1 }"
                      "              elements { null_value: NULL_VALUE } }"));
  EXPECT_THAT(Encoded(std::vector<bool>{true}),
              IsValue("array_value { elements { bool_value: true } }"));
  EXPECT_THAT(Encoded(std::vector<int>()), IsValue("array_value { }"));
  EXPECT_THAT(Encoded(Array<int>{.elements = {1},
                                 .dimensions = {{.length = 1, .lower_bound = 0},
                                                {.length = 1}}}),
              IsValue("array_value { elements { int64_value: 1 }"
                      "              lengths: [1, 1] lower_bounds: [0, 1] }"));
}

TEST(StatementTest, TakesComposites) {
  EXPECT_THAT(Encoded(std::tuple(1, "a")),
              IsValue("composite_value { fields { int64_value: 1 }"
                      "                  fields { text_value: 'a' } }"));
}

TEST(StatementTest, TakesRanges) {
  EXPECT_THAT(Encoded(Range<int>{.lower = 1, .upper = 5}),
              IsValue("range_value { lower { int64_value: 1 }"
                      "              upper { int64_value: 5 }"
                      "              lower_inclusive: true }"));
  EXPECT_THAT(Encoded(Range<int>{.empty = true, .lower = 1}),
              IsValue("range_value { empty: true }"));
  EXPECT_THAT(Encoded(Range<int>()), IsValue("range_value { }"));
  EXPECT_THAT(Encoded(Multirange<int>{{{.lower = 1}}}),
              IsValue("multirange_value { ranges { lower { int64_value: 1 }"
                      "                            lower_inclusive: true } }"));
}

TEST(StatementTest, SaysTheTypeOfATypedParameter) {
  EXPECT_THAT(Encoded(Typed("app.mood", "ok")),
              IsValue("text_value: 'ok' type: 'app.mood'"));
  EXPECT_THAT(Encoded(Typed("int4", std::nullopt)),
              IsValue("null_value: NULL_VALUE type: 'int4'"));
}

TEST(StatementTest, NamesTheFirstParameterThatIsNone) {
  Statement statement("SELECT $1, $2", 1,
                      std::vector<TimeOfDay>{{absl::Hours(-1)}});
  statement.AddParameter(absl::InfiniteDuration());
  EXPECT_EQ(statement.parameters().size(), 3u);
  EXPECT_THAT(statement.status().message(), HasSubstr("parameter $2: "));
}

enum class Mood { kSad, kFine };

}  // namespace

template <>
struct ValueTraits<Mood> {
  static absl::Status Encode(Mood value, v1::Value& out) {
    return client::Encode(value == Mood::kSad ? "sad" : "fine", out);
  }
  static absl::StatusOr<Mood> Decode(const Cell& cell) {
    const absl::StatusOr<absl::string_view> text = cell.AsText();
    if (!text.ok()) return text.status();
    return *text == "sad" ? Mood::kSad : Mood::kFine;
  }
};

namespace {

TEST(StatementTest, TakesTypesOfOnesOwn) {
  EXPECT_THAT(Encoded(std::vector<Mood>{Mood::kFine}),
              IsValue("array_value { elements { text_value: 'fine' } }"));
  EXPECT_EQ(*ReadOne<Mood>("texts { values: 'sad' }"), Mood::kSad);
}

}  // namespace
}  // namespace sluice::client
