#include "tests/support/row_joiner.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "google/protobuf/text_format.h"
#include "google/protobuf/util/message_differencer.h"
#include "tests/support/column_slots.h"

namespace sluice::testing {
namespace {

using google::protobuf::util::MessageDifferencer;

template <typename Message>
Message Parse(const std::string& text) {
  Message message;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &message));
  return message;
}

// Whole columns of five rows, the third of which is NULL.
const std::vector<const char*>& WholeColumns() {
  static const auto& columns = *new std::vector<const char*>{
      "nulls: '\\004' int64s { values: [1, 2, 0, 4, 5] }",
      "nulls: '\\004' texts { values: ['a', '', '', 'd', 'e'] }",
      "nulls: '\\004' intervals { values {} values { days: 2 } values {}"
      "  values { months: 1 } values {} }",
      "nulls: '\\004' arrays { elements { nulls: '\\002'"
      "  dates { values: [1, 0, 3] } } offsets: [0, 2, 2, 2, 3, 3] }",
      // Only the fourth is not one dimension from 1.
      "nulls: '\\004' arrays { elements { bools { values: [true, false, true] }"
      "  } offsets: [0, 2, 2, 2, 3, 3] dimensions: [1, 0, 0, 2, 0]"
      "  lengths: [2, 1, 1] lower_bounds: [1, 0, 1] }",
      "nulls: '\\004' composites { fields { nulls: '\\014'"
      "  doubles { values: [1, 2, 0, 0, 5] } } fields { nulls: '\\004'"
      "  blobs { values: ['a', 'b', '', 'd', 'e'] } } }",
      "nulls: '\\004' ranges { lowers { nulls: '\\014'"
      "  int64s { values: [1, 2, 0, 0, 5] } } uppers { nulls: '\\014'"
      "  int64s { values: [2, 3, 0, 0, 6] } } flags: "
      "'\\002\\006\\000\\001\\002' }",
      "nulls: '\\004' multiranges { ranges { lowers { nulls: '\\001'"
      "  int64s { values: [0, 2] } } uppers { int64s { values: [1, 3] } }"
      "  flags: '\\000\\002' } offsets: [0, 0, 2, 2, 2, 2] }",
  };
  return columns;
}

TEST(AppendSlotsTest, MakesOfTwoPartsWhatTheWholeIs) {
  for (const char* text : WholeColumns()) {
    const auto whole = Parse<v1::Column>(text);
    for (int cut = 0; cut <= 5; ++cut) {
      v1::Column joined;
      AppendSlots(whole, 0, cut, 0, joined);
      AppendSlots(whole, cut, 5, cut, joined);
      EXPECT_TRUE(MessageDifferencer::Equals(joined, whole))
          << text << " cut at " << cut << ": " << joined.ShortDebugString();
    }
  }
}

// The parts of a stream that say no shapes where they need none.
TEST(AppendSlotsTest, CatchesUpOnShapesThatWereImplied) {
  const auto plain = Parse<v1::Column>(
      "arrays { elements { int64s { values: [7, 8] } } offsets: [0, 2, 2] }");
  const auto shaped = Parse<v1::Column>(
      "arrays { elements { int64s { values: 9 } } offsets: [0, 1]"
      "  dimensions: 1 lengths: 1 lower_bounds: 0 }");
  v1::Column joined;
  AppendSlots(plain, 0, 2, 0, joined);
  AppendSlots(shaped, 0, 1, 2, joined);
  AppendSlots(plain, 0, 1, 3, joined);
  EXPECT_TRUE(MessageDifferencer::Equals(
      joined, Parse<v1::Column>(
                  "arrays { elements { int64s { values: [7, 8, 9, 7, 8] } }"
                  "  offsets: [0, 2, 2, 3, 5] dimensions: [1, 0, 1, 1]"
                  "  lengths: [2, 1, 2] lower_bounds: [1, 0, 1] }")))
      << joined.ShortDebugString();
}

RowJoiner Join(const std::vector<std::string>& parts) {
  RowJoiner joiner;
  for (const std::string& part : parts) {
    joiner.Add(Parse<v1::QueryStreamResponse>(part));
  }
  return joiner;
}

constexpr char kHeader[] = "header { metadata {} metadata {} }";
constexpr char kSummary[] = "summary { attempts: 1 }";

TEST(RowJoinerTest, PutsFragmentsIntoTheFirstRowBehindThem) {
  const v1::Column array = Parse<v1::Column>(
      "arrays { elements { int64s { values: [7, 8] } } offsets: [0, 2] }");
  v1::QueryStreamResponse rest;
  rest.mutable_batch()->mutable_fragment()->set_column(1);
  rest.mutable_batch()->mutable_fragment()->set_data(array.SerializeAsString());
  RowJoiner joiner =
      Join({kHeader,
            "batch { row_count: 1 columns { texts { values: 'first' } }"
            "  columns { arrays { elements { int64s {} } offsets: [0, 0] } } }",
            "batch { fragment { column: 0 data: 'lo' } }",
            "batch { fragment { column: 0 data: 'ng' } }"});
  joiner.Add(rest);
  EXPECT_TRUE(joiner.HasLooseFragments());
  joiner.Add(Parse<v1::QueryStreamResponse>(
      "batch { row_count: 2 columns { texts { values: ['', 'last'] } }"
      "  columns { nulls: '\\002' arrays { elements { int64s {} }"
      "    offsets: [0, 0, 0] } } }"));
  joiner.Add(Parse<v1::QueryStreamResponse>(kSummary));

  EXPECT_EQ(joiner.fault(), "");
  EXPECT_TRUE(joiner.complete());
  EXPECT_FALSE(joiner.HasLooseFragments());
  EXPECT_EQ(joiner.batch_count(), 2);
  EXPECT_EQ(joiner.fragment_count(), 3);
  const v1::ResultSet& result = joiner.result();
  EXPECT_EQ(result.row_count(), 3u);
  EXPECT_EQ(result.columns(0).ShortDebugString(),
            "texts { values: \"first\" values: \"long\" values: \"last\" }");
  EXPECT_EQ(result.columns(1).ShortDebugString(),
            "nulls: \"\\004\" arrays { elements { int64s { values: 7 values: 8 "
            "} } offsets: 0 offsets: 0 offsets: 2 offsets: 2 }");
}

TEST(RowJoinerTest, FindsBreachesOfTheContract) {
  const std::string rows =
      "batch { row_count: 1 columns { texts { values: 'x' } }"
      "  columns { texts { values: 'y' } } }";
  const std::string piece = "batch { fragment { column: 0 data: 'x' } }";
  const std::vector<std::vector<std::string>> breaches = {
      {rows},
      {kSummary},
      {kHeader, kHeader},
      {kHeader, kSummary, rows},
      {kHeader, "batch {}"},
      {kHeader, ""},
      {kHeader, "batch { row_count: 1 columns {} }"},
      {kHeader, "batch { fragment { column: 2 data: 'x' } }"},
      {kHeader, "batch { fragment { column: 1 } }"},
      {kHeader, "batch { row_count: 1 fragment { column: 1 data: 'x' } }"},
      {kHeader, piece, "batch { fragment { column: 1 data: 'x' } }", piece},
      {kHeader, piece, rows},
  };
  for (size_t i = 0; i < breaches.size(); ++i) {
    EXPECT_NE(Join(breaches[i]).fault(), "") << i;
  }
  EXPECT_EQ(Join({kHeader, rows, rows, kSummary}).fault(), "");
}

}  // namespace
}  // namespace sluice::testing
