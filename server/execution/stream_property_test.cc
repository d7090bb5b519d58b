// Random rows, in random pieces, to a caller of random speed: what the stream
// gives is what the decoder makes of the whole rows.

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "google/protobuf/util/message_differencer.h"
#include "gtest/gtest.h"
#include "server/execution/stream_sink.h"
#include "server/execution/test_stream.h"
#include "server/postgres/codec/row_decoder.h"
#include "tests/support/scale.h"

namespace sluice::execution {
namespace {

using google::protobuf::util::MessageDifferencer;
using testing::Scaled;
using Next = postgres::RowSink::Next;

constexpr uint32_t kInt4Oid = 23;
constexpr uint32_t kTextOid = 25;
constexpr int64_t kPlenty = int64_t{1} << 40;

// Lengths around those where something changes.
constexpr size_t kLengths[] = {0,       1,       63,      64,      65,
                               1000,    20'000,  131'071, 131'072, 131'073,
                               200'000, 262'144, 262'145, 700'000};

class RandomRows {
 public:
  explicit RandomRows(uint32_t seed) : random_(seed) {
    static const std::vector<absl::string_view> kTypes = {
        "int4", "text",   "bytea",  "json", "jsonb", "numeric",
        "bool", "int4[]", "text[]", "uuid", "xml"};
    const size_t count = Below(6);
    for (size_t i = 0; i < count; ++i) {
      types_.push_back(kTypes[Below(kTypes.size())]);
    }
  }

  size_t Below(size_t bound) { return random_() % bound; }
  const std::vector<absl::string_view>& types() const { return types_; }

  std::string MakeBody() {
    std::vector<Cell> cells;
    // Most rows are short.
    const bool may_be_long = Below(5) == 0;
    for (const absl::string_view type : types_) {
      cells.push_back(Below(8) == 0 ? Cell() : MakeValue(type, may_be_long));
    }
    return MakeRow(cells);
  }

 private:
  size_t Length(bool may_be_long) {
    return may_be_long ? kLengths[Below(std::size(kLengths))] : Below(300);
  }

  // Of characters of one to four bytes, and about so many bytes.
  std::string MakeText(size_t bytes) {
    static const char* const kCharacters[] = {"a", "\xC3\xA9", "\xE2\x82\xAC",
                                              "\xF0\x9F\x98\x80"};
    std::string text;
    while (text.size() + 4 <= bytes) text += kCharacters[Below(4)];
    text.resize(bytes, 'z');
    return text;
  }

  std::string MakeElements(absl::string_view type, size_t bytes) {
    std::vector<Cell> elements;
    for (size_t left = bytes / 16; left > 0; --left) {
      if (Below(9) == 0) {
        elements.push_back(std::nullopt);
      } else if (type == "int4[]") {
        elements.push_back(Int4(static_cast<int32_t>(random_())));
      } else {
        elements.push_back(MakeText(Below(20)));
      }
    }
    return MakeArray(type == "int4[]" ? kInt4Oid : kTextOid, elements);
  }

  std::string MakeValue(absl::string_view type, bool may_be_long) {
    if (type == "int4") return Int4(static_cast<int32_t>(random_()));
    if (type == "bool") return std::string(1, Below(2) == 0 ? '\0' : '\1');
    if (type == "uuid") return MakeText(16);
    const size_t bytes = Length(may_be_long);
    if (type == "bytea") return std::string(bytes, '\xFE');
    if (type == "jsonb") return "\x01" + MakeText(bytes);
    if (type == "numeric") {
      const size_t digits = 1 + bytes % 30'000;
      return MakeNumeric(static_cast<int16_t>(digits - 1),
                         std::vector<int16_t>(digits, 1234));
    }
    if (type == "int4[]" || type == "text[]") return MakeElements(type, bytes);
    return MakeText(bytes);
  }

  std::mt19937 random_;
  std::vector<absl::string_view> types_;
};

class NoSource final : public postgres::RowSource {
 public:
  void Resume() override { paused = false; }
  bool paused = false;
};

// One stream, with decisions of `random`.
class Stream {
 public:
  Stream(EventLoop& loop, RandomRows& random)
      : random_(random),
        sink_(Limits(), loop, writer_, absl::Hours(1), cancellation_) {
    std::vector<postgres::ColumnDescription> columns;
    for (const postgres::TypeRef& type : Types(random.types())) {
      columns.emplace_back().type = type;
    }
    sink_.Begin(columns, source_);
  }

  void Give(const std::string& body) {
    if (body.size() <= sink_.RowBudget()) return Obey(sink_.AddRow(body));
    Obey(sink_.AddLongRow(body.size()));
    for (size_t at = 0; at < body.size();) {
      const size_t step = 1 + random_.Below(256 * 1024);
      Obey(sink_.AddPiece(absl::string_view(body).substr(at, step)));
      at += step;
    }
  }

  testing::RowJoiner Finish() {
    sink_.End();
    bool ended = false;
    Spawn(Note(sink_.Finish({}), &ended));
    writer_.CompleteAll();
    EXPECT_TRUE(ended);
    return writer_.Join();
  }

 private:
  static ResultLimits Limits() {
    ResultLimits limits;
    limits.max_rows = limits.max_bytes = limits.max_value_bytes = kPlenty;
    return limits;
  }

  void Obey(Next next) {
    ASSERT_TRUE(next == Next::kContinue || next == Next::kPause)
        << sink_.status();
    source_.paused = next == Next::kPause;
    if (writer_.busy() && random_.Below(3) == 0) writer_.Complete();
    while (source_.paused) {
      ASSERT_TRUE(writer_.busy()) << "nobody will go on";
      writer_.Complete();
    }
  }

  RandomRows& random_;
  TestWriter writer_;
  Cancellation cancellation_;
  NoSource source_;
  StreamSink sink_;
};

void Compare(EventLoop& loop, uint32_t seed) {
  RandomRows random(seed);
  Stream stream(loop, random);
  v1::ResultSet expected;
  postgres::RowDecoder decoder(Types(random.types()),
                               expected.mutable_columns(), kPlenty);
  const size_t count = random.Below(400);
  for (size_t i = 0; i < count; ++i) {
    const std::string body = random.MakeBody();
    const absl::Status added = decoder.AddRow(body);
    ASSERT_TRUE(added.ok()) << added;
    stream.Give(body);
  }
  expected.set_row_count(static_cast<uint32_t>(count));
  const testing::RowJoiner joiner = stream.Finish();
  EXPECT_EQ(joiner.fault(), "");
  EXPECT_TRUE(joiner.complete());
  v1::ResultSet result = joiner.result();
  result.clear_metadata();
  // No rows came, so no columns either.
  if (count == 0) return;
  EXPECT_TRUE(MessageDifferencer::Equals(result, expected));
}

TEST(StreamPropertyTest, GivesWhatTheDecoderMakesOfTheWholeRows) {
  std::random_device device;
  EventLoop loop("stream-test");
  for (int i = 0; i < Scaled(10, 500); ++i) {
    const uint32_t seed = device();
    SCOPED_TRACE(absl::StrCat("seed ", seed));
    RunOn(loop, [&] { Compare(loop, seed); });
    if (::testing::Test::HasFailure()) return;
  }
}

}  // namespace
}  // namespace sluice::execution
