#include "server/execution/long_row.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "google/protobuf/util/message_differencer.h"
#include "gtest/gtest.h"
#include "server/base/error.h"
#include "server/execution/test_stream.h"
#include "server/postgres/codec/row_decoder.h"

namespace sluice::execution {
namespace {

using google::protobuf::util::MessageDifferencer;
using Progress = LongRow::Progress;

constexpr size_t kKib = 1024;
constexpr int64_t kMib = 1024 * 1024;
constexpr int64_t kPlenty = 1024 * kMib;
constexpr int64_t kExpansion = 16 * kMib;
constexpr uint32_t kInt4Oid = 23;
constexpr uint32_t kTextOid = 25;

struct Taken {
  Progress progress = Progress::kNeedsPiece;
  absl::Status status;
  int64_t limit = 0;
  std::vector<v1::ValueFragment> fragments;
  v1::RowBatch batch;
  // Joined.
  v1::ResultSet result;
  std::string fault;
};

class LongRowTest : public ::testing::Test {
 protected:
  // Takes a row in pieces of `step` bytes.
  Taken Take(const std::vector<absl::string_view>& type_names,
             const std::string& body, size_t step = 64 * kKib,
             int64_t max_value_bytes = kPlenty) {
    Taken taken;
    RunOn(loop_,
          [&] { TakeOnLoop(type_names, body, step, max_value_bytes, taken); });
    return taken;
  }

  // The whole row at once, by the decoder.
  static v1::ResultSet Decode(const std::vector<absl::string_view>& type_names,
                              const std::string& body) {
    v1::ResultSet result;
    postgres::RowDecoder decoder(Types(type_names), result.mutable_columns(),
                                 kExpansion);
    const absl::Status added = decoder.AddRow(body);
    EXPECT_TRUE(added.ok()) << added;
    result.set_row_count(1);
    return result;
  }

  void ExpectAsWhole(const std::vector<absl::string_view>& type_names,
                     const std::vector<Cell>& cells, size_t step = 64 * kKib) {
    const std::string body = MakeRow(cells);
    const Taken taken = Take(type_names, body, step);
    ASSERT_EQ(taken.progress, Progress::kComplete) << taken.status;
    EXPECT_EQ(taken.fault, "");
    v1::ResultSet result = taken.result;
    result.clear_metadata();
    EXPECT_TRUE(MessageDifferencer::Equals(result, Decode(type_names, body)))
        << "in pieces of " << step;
  }

  void ExpectFailure(const std::vector<absl::string_view>& type_names,
                     const std::string& body, size_t step,
                     v1::ErrorReason reason) {
    const Taken taken = Take(type_names, body, step);
    EXPECT_EQ(taken.progress, Progress::kFailed) << step;
    EXPECT_EQ(ReasonOf(taken.status), reason) << taken.status;
  }

 private:
  void TakeOnLoop(const std::vector<absl::string_view>& type_names,
                  const std::string& body, size_t step, int64_t max_value_bytes,
                  Taken& taken) {
    const std::vector<postgres::TypeRef> types = Types(type_names);
    TestWriter writer;
    StreamOutput output(loop_, writer, absl::Hours(1));
    postgres::RowDecoder decoder(types, taken.batch.mutable_columns(),
                                 kExpansion);
    LongRow row(types, body.size(), max_value_bytes, decoder, output);
    for (size_t at = 0;
         at < body.size() && taken.progress == Progress::kNeedsPiece;
         at += step) {
      taken.progress = row.Add(absl::string_view(body).substr(at, step));
      writer.CompleteAll();
    }
    taken.status = row.status();
    taken.limit = row.limit();
    taken.batch.set_row_count(decoder.row_count());
    Join(types.size(), writer, taken);
  }

  static void Join(size_t column_count, const TestWriter& writer,
                   Taken& taken) {
    testing::RowJoiner joiner;
    v1::QueryStreamResponse part;
    for (size_t i = 0; i < column_count; ++i) {
      part.mutable_header()->add_metadata();
    }
    joiner.Add(part);
    for (const v1::QueryStreamResponse& sent : writer.parts()) {
      taken.fragments.push_back(sent.batch().fragment());
      joiner.Add(sent);
    }
    if (taken.progress == Progress::kComplete) {
      *part.mutable_batch() = taken.batch;
      joiner.Add(part);
    }
    taken.result = joiner.result();
    taken.fault = joiner.fault();
  }

  EventLoop loop_{"stream-test"};
};

TEST_F(LongRowTest, KeepsWhatFitsAndSendsTheRestInFragments) {
  const std::string text(300 * kKib, 'x');
  const Taken taken =
      Take({"int4", "text", "text", "text"},
           MakeRow({Int4(7), text, std::nullopt, "short"}), 10 * kKib);
  ASSERT_EQ(taken.progress, Progress::kComplete) << taken.status;
  ASSERT_EQ(taken.fragments.size(), 3u);
  for (const v1::ValueFragment& fragment : taken.fragments) {
    EXPECT_EQ(fragment.column(), 1u);
  }
  EXPECT_EQ(taken.fragments[0].data().size(), 128 * kKib);
  EXPECT_EQ(taken.fragments[1].data().size(), 128 * kKib);
  EXPECT_EQ(taken.fragments[2].data().size(), 44 * kKib);
  EXPECT_EQ(taken.batch.row_count(), 1u);
  EXPECT_EQ(taken.batch.columns(0).int64s().values(0), 7);
  EXPECT_EQ(taken.batch.columns(1).nulls(), "");
  EXPECT_EQ(taken.batch.columns(1).texts().values(0), "");
  EXPECT_EQ(taken.batch.columns(2).nulls(), "\x01");
  EXPECT_EQ(taken.batch.columns(3).texts().values(0), "short");
  EXPECT_EQ(taken.result.columns(1).texts().values(0), text);
}

TEST_F(LongRowTest, MayCutATextWithinACharacter) {
  std::string text = "x";
  for (size_t i = 0; i < 100'000; ++i) text += "\xE2\x82\xAC";
  for (const size_t step : {size_t{1}, size_t{7}, 4 * kKib, 500 * kKib}) {
    ExpectAsWhole({"text", "text"}, {text, "\xC3\xA9"}, step);
  }
}

TEST_F(LongRowTest, SendsEveryKindOfLongValue) {
  const std::string letters(200 * kKib, 'j');
  std::vector<Cell> numbers;
  std::vector<Cell> words;
  for (int i = 0; i < 30'000; ++i) {
    numbers.push_back(i % 5 == 0 ? Cell() : Int4(i));
    words.push_back(i % 7 == 0 ? Cell() : Cell(absl::StrCat("word ", i)));
  }
  for (const size_t step : {size_t{1000}, size_t{65'537}}) {
    ExpectAsWhole({"text"}, {letters}, step);
    ExpectAsWhole({"bytea"}, {std::string(200 * kKib, '\xFF')}, step);
    ExpectAsWhole({"json"}, {letters}, step);
    ExpectAsWhole({"jsonb"}, {"\x01" + letters}, step);
    ExpectAsWhole({"xml"}, {letters}, step);
    ExpectAsWhole({"int4[]"}, {MakeArray(kInt4Oid, numbers)}, step);
    ExpectAsWhole({"text[]"}, {MakeArray(kTextOid, words)}, step);
  }
}

// One alone is never that long.
TEST_F(LongRowTest, SendsNumericsThatAreLongTogether) {
  const std::string number =
      MakeNumeric(32'000, std::vector<int16_t>(32'001, 1234));
  const std::vector<absl::string_view> types(5, "numeric");
  ExpectAsWhole(types, std::vector<Cell>(5, number), 1000);
  const Taken taken = Take(types, MakeRow(std::vector<Cell>(5, number)));
  EXPECT_GT(taken.fragments.size(), 2u);
}

TEST_F(LongRowTest, SendsSeveralLongValuesOneAfterTheOther) {
  const std::string first(150 * kKib, '1');
  const std::string second(300 * kKib, '2');
  const std::string third(129 * kKib, '3');
  const std::vector<absl::string_view> types = {"text", "bytea", "int4",
                                                "jsonb", "text"};
  const std::vector<Cell> cells = {first, second, std::nullopt, "\x01" + third,
                                   "end"};
  for (const size_t step : {size_t{999}, 256 * kKib}) {
    ExpectAsWhole(types, cells, step);
  }
  const Taken taken = Take(types, MakeRow(cells));
  std::vector<uint32_t> columns;
  for (const v1::ValueFragment& fragment : taken.fragments) {
    columns.push_back(fragment.column());
  }
  EXPECT_EQ(columns, (std::vector<uint32_t>{0, 0, 1, 1, 1, 3, 3}));
}

TEST_F(LongRowTest, HoldsNoMoreThanABatchOfManyMediumValues) {
  constexpr size_t kColumns = 1600;
  const std::vector<absl::string_view> types(kColumns, "text");
  const std::vector<Cell> cells(kColumns, std::string(kKib, 'm'));
  ExpectAsWhole(types, cells);
  const Taken taken = Take(types, MakeRow(cells));
  EXPECT_EQ(taken.fragments.size(), kColumns - 128);
  EXPECT_LT(taken.batch.ByteSizeLong(), 256 * kKib);

  // Of these all fit, and a fragment of each would be a waste.
  const std::vector<Cell> small(kColumns, std::string(64, 's'));
  EXPECT_EQ(Take(types, MakeRow(small)).fragments.size(), 0u);
  ExpectAsWhole(types, small);
}

TEST_F(LongRowTest, RefusesAValueThatIsLongerThanTheLimitAndNotOneAtIt) {
  for (const size_t bytes : {100 * kKib, 300 * kKib}) {
    const auto limit = static_cast<int64_t>(bytes);
    const std::string text(bytes, 'x');
    EXPECT_EQ(
        Take({"text", "text"}, MakeRow({"a", text}), kKib, limit).progress,
        Progress::kComplete);
    const Taken refused =
        Take({"text", "text"}, MakeRow({"a", text}), kKib, limit - 1);
    EXPECT_EQ(refused.progress, Progress::kTooLong);
    EXPECT_EQ(refused.limit, limit - 1);
    EXPECT_EQ(refused.fragments.size(), 0u);
  }
}

TEST_F(LongRowTest, RefusesAValueToBeDecodedThatIsLongerThanItHolds) {
  constexpr size_t kHeaderBytes = 24;
  const std::string most(16 * kMib - kHeaderBytes, 'e');
  EXPECT_EQ(Take({"text[]"}, MakeRow({MakeArray(kTextOid, {most})})).progress,
            Progress::kComplete);
  const Taken refused =
      Take({"text[]"}, MakeRow({MakeArray(kTextOid, {most + "e"})}));
  EXPECT_EQ(refused.progress, Progress::kTooLong);
  EXPECT_EQ(refused.limit, 16 * kMib);
  EXPECT_EQ(Take({"text"}, MakeRow({most + most})).progress,
            Progress::kComplete);
}

TEST_F(LongRowTest, RefusesTextsThatAreNotUtf8) {
  const std::string good(200 * kKib, 'g');
  for (const std::string& bad : {good + "\xFF" + good, good + "\xE2\x82",
                                 "\x80" + good, good + "\xED\xA0\x80" + good}) {
    for (const size_t step : {size_t{1}, size_t{333}, 256 * kKib}) {
      for (const absl::string_view type : {"text", "json", "xml"}) {
        ExpectFailure({type}, MakeRow({bad}), step,
                      v1::ERROR_REASON_RESULT_OUT_OF_RANGE);
      }
    }
    ExpectFailure({"jsonb"}, MakeRow({"\x01" + bad}), 333,
                  v1::ERROR_REASON_RESULT_OUT_OF_RANGE);
    ExpectAsWhole({"bytea"}, {bad});
  }
  ExpectFailure({"text", "text"}, MakeRow({good, "\xFF"}), 333,
                v1::ERROR_REASON_RESULT_OUT_OF_RANGE);
}

TEST_F(LongRowTest, NamesTheColumnOfATextThatIsNotUtf8) {
  const Taken taken = Take({"int4", "text"},
                           MakeRow({Int4(1), std::string(200 * kKib, '\xFF')}));
  EXPECT_NE(taken.status.message().find("column 2"), std::string::npos)
      << taken.status;
}

TEST_F(LongRowTest, RefusesValuesThatAreMalformed) {
  const std::string letters(200 * kKib, 'j');
  ExpectFailure({"jsonb"}, MakeRow({"\x02" + letters}), kKib,
                v1::ERROR_REASON_PROTOCOL_VIOLATION);
  const std::string array =
      MakeArray(kInt4Oid, std::vector<Cell>(30'000, Int4(1)));
  ExpectFailure({"int4[]"}, MakeRow({array.substr(0, array.size() - 1)}), kKib,
                v1::ERROR_REASON_PROTOCOL_VIOLATION);
  ExpectFailure({"int4"}, MakeRow({"12345"}), kKib,
                v1::ERROR_REASON_PROTOCOL_VIOLATION);
}

TEST_F(LongRowTest, RefusesRowsThatAreMalformedWhereverTheyAreCut) {
  const std::vector<absl::string_view> types = {"text", "text", "int4"};
  const std::string body = MakeRow({"first", std::nullopt, Int4(3)});
  for (size_t size = 1; size <= body.size() + 2; ++size) {
    if (size == body.size()) continue;
    std::string cut = body;
    cut.resize(size, '\0');
    for (const size_t step : {size_t{1}, size_t{3}, size_t{100}}) {
      ExpectFailure(types, cut, step, v1::ERROR_REASON_PROTOCOL_VIOLATION);
    }
  }
  ExpectFailure({"text"}, body, 100, v1::ERROR_REASON_PROTOCOL_VIOLATION);
}

}  // namespace
}  // namespace sluice::execution
