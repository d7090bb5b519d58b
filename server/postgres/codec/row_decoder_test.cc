// Tests of decoding rows into columns, arrays aside.

#include "server/postgres/codec/row_decoder.h"

#include <cmath>
#include <limits>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "google/protobuf/arena.h"
#include "gtest/gtest.h"
#include "server/base/error.h"
#include "server/postgres/codec/builtin_types.h"
#include "server/postgres/codec/epoch.h"
#include "server/postgres/codec/test_rows.h"

namespace sluice::postgres {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr Cell kNull = std::nullopt;

// A decoder of columns of built-in types, given by name.
class Decoding {
 public:
  Decoding(
      std::initializer_list<absl::string_view> types,
      int64_t max_expansion_bytes = RowDecoder::kDefaultMaxExpansionBytes) {
    std::vector<TypeRef> refs;
    for (absl::string_view type : types) refs.push_back(FindBuiltinType(type));
    result_ = google::protobuf::Arena::CreateMessage<v1::ResultSet>(&arena_);
    decoder_ = std::make_unique<RowDecoder>(refs, result_->mutable_columns(),
                                            max_expansion_bytes);
  }

  absl::Status Add(std::initializer_list<Cell> cells) {
    return decoder_->AddRow(MakeRowBody(cells));
  }
  absl::Status AddBody(absl::string_view body) {
    return decoder_->AddRow(body);
  }
  const v1::Column& column(int index = 0) const {
    return result_->columns(index);
  }
  const RowDecoder& decoder() const { return *decoder_; }
  RowDecoder& decoder() { return *decoder_; }
  std::string Serialized() const { return result_->SerializeAsString(); }

 private:
  google::protobuf::Arena arena_;
  v1::ResultSet* result_;
  std::unique_ptr<RowDecoder> decoder_;
};

// The column that one value of a type becomes.
absl::StatusOr<v1::Column> DecodeOne(absl::string_view type, Cell cell) {
  Decoding decoding({type});
  if (absl::Status status = decoding.Add({std::move(cell)}); !status.ok()) {
    return status;
  }
  return decoding.column();
}

v1::Column MustDecode(absl::string_view type, Cell cell) {
  absl::StatusOr<v1::Column> column = DecodeOne(type, std::move(cell));
  EXPECT_TRUE(column.ok()) << type << ": " << column.status();
  return column.ok() ? *column : v1::Column();
}

TEST(RowDecoderTest, DecodesIntegersOfEveryWidthWithTheirSign) {
  EXPECT_THAT(MustDecode("int2", Hex("8000")).int64s().values(),
              ElementsAre(-32768));
  EXPECT_THAT(MustDecode("int4", Hex("fffffffe")).int64s().values(),
              ElementsAre(-2));
  EXPECT_THAT(MustDecode("int8", Hex("8000000000000000")).int64s().values(),
              ElementsAre(std::numeric_limits<int64_t>::min()));
  EXPECT_THAT(MustDecode("oid", Hex("ffffffff")).int64s().values(),
              ElementsAre(4294967295));
}

TEST(RowDecoderTest, DecodesBooleansAndFloats) {
  EXPECT_THAT(MustDecode("bool", Hex("01")).bools().values(),
              ElementsAre(true));
  EXPECT_THAT(MustDecode("bool", Hex("00")).bools().values(),
              ElementsAre(false));
  EXPECT_THAT(MustDecode("float4", Hex("3dcccccd")).doubles().values(),
              ElementsAre(static_cast<double>(0.1f)));
  EXPECT_THAT(MustDecode("float8", Hex("bff8000000000000")).doubles().values(),
              ElementsAre(-1.5));
  EXPECT_TRUE(std::isnan(
      MustDecode("float8", Hex("7ff8000000000000")).doubles().values(0)));
}

TEST(RowDecoderTest, DecodesNumericsToText) {
  EXPECT_THAT(MustDecode("numeric", Hex("0002000040000002000c1388"))
                  .numerics()
                  .values(),
              ElementsAre("-12.50"));
}

TEST(RowDecoderTest, DecodesTextsAndBytes) {
  for (absl::string_view type : {"text", "varchar", "bpchar", "name"}) {
    EXPECT_THAT(MustDecode(type, "caf\xC3\xA9").texts().values(),
                ElementsAre("caf\xC3\xA9"));
  }
  EXPECT_THAT(MustDecode("bytea", Hex("00ff5c")).blobs().values(),
              ElementsAre(absl::HexStringToBytes("00ff5c")));
  EXPECT_THAT(MustDecode("json", "{}").jsons().values(), ElementsAre("{}"));
  EXPECT_THAT(MustDecode("jsonb", Hex("017b7d")).jsons().values(),
              ElementsAre("{}"));
  EXPECT_THAT(MustDecode("money", "$1.00").others().values(),
              ElementsAre("$1.00"));
  EXPECT_THAT(
      MustDecode("uuid", Hex("00112233445566778899aabbccddeeff"))
          .uuids()
          .values(),
      ElementsAre(absl::HexStringToBytes("00112233445566778899aabbccddeeff")));
}

TEST(RowDecoderTest, WritesTheOneByteCharAsTextThatIsAlwaysUtf8) {
  EXPECT_THAT(MustDecode("\"char\"", "r").texts().values(), ElementsAre("r"));
  EXPECT_THAT(MustDecode("\"char\"", Hex("00")).texts().values(),
              ElementsAre(""));
  EXPECT_THAT(MustDecode("\"char\"", Hex("e9")).texts().values(),
              ElementsAre("\\351"));
  EXPECT_THAT(MustDecode("\"char\"", Hex("80")).texts().values(),
              ElementsAre("\\200"));
}

TEST(RowDecoderTest, CountsTimesFromTheUnixEpoch) {
  EXPECT_THAT(
      MustDecode("timestamptz", Hex("0002b583416e1d20")).timestamps().values(),
      ElementsAre(1709210096500000));
  EXPECT_THAT(MustDecode("date", Hex("00002279")).dates().values(),
              ElementsAre(19782));
  EXPECT_THAT(MustDecode("time", Hex("000000141dd76000")).times().values(),
              ElementsAre(kMicrosPerDay));
  const v1::Column intervals =
      MustDecode("interval", Hex("00000000002dc6c0fffffffe00000001"));
  ASSERT_EQ(intervals.intervals().values_size(), 1);
  EXPECT_EQ(intervals.intervals().values(0).microseconds(), 3000000);
  EXPECT_EQ(intervals.intervals().values(0).days(), -2);
  EXPECT_EQ(intervals.intervals().values(0).months(), 1);
}

TEST(RowDecoderTest, KeepsTheInfinitiesAtTheEndsOfTheIntegers) {
  EXPECT_THAT(
      MustDecode("timestamp", Hex("7fffffffffffffff")).timestamps().values(),
      ElementsAre(std::numeric_limits<int64_t>::max()));
  EXPECT_THAT(
      MustDecode("timestamp", Hex("8000000000000000")).timestamps().values(),
      ElementsAre(std::numeric_limits<int64_t>::min()));
  EXPECT_THAT(MustDecode("date", Hex("7fffffff")).dates().values(),
              ElementsAre(std::numeric_limits<int32_t>::max()));
  EXPECT_THAT(MustDecode("date", Hex("80000000")).dates().values(),
              ElementsAre(std::numeric_limits<int32_t>::min()));
}

std::string TimestampBytes(int64_t micros_since_2000) {
  std::string bytes;
  AppendBigEndian(micros_since_2000, bytes);
  return bytes;
}

TEST(RowDecoderTest, RefusesOnlyTimestampsBeyondTheLastThatFits) {
  const int64_t last =
      std::numeric_limits<int64_t>::max() - 1 - kEpochShiftMicros;
  EXPECT_THAT(
      MustDecode("timestamp", TimestampBytes(last)).timestamps().values(),
      ElementsAre(std::numeric_limits<int64_t>::max() - 1));
  absl::Status status =
      DecodeOne("timestamp", TimestampBytes(last + 1)).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kOutOfRange);
  EXPECT_EQ(ReasonOf(status), v1::ERROR_REASON_RESULT_OUT_OF_RANGE);
  EXPECT_THAT(std::string(status.message()), HasSubstr("result column 1: "));
  EXPECT_THAT(MustDecode("timestamp", TimestampBytes(kFirstTimestampMicros))
                  .timestamps()
                  .values(),
              ElementsAre(-210866803200000000));
}

TEST(RowDecoderTest, RefusesATimeBeyondTheDay) {
  for (const char* hex : {"000000141dd76001", "ffffffffffffffff"}) {
    EXPECT_EQ(ReasonOf(DecodeOne("time", Hex(hex)).status()),
              v1::ERROR_REASON_PROTOCOL_VIOLATION)
        << hex;
  }
}

TEST(RowDecoderTest, ShiftsAnyTimestampByTheDifferenceOfTheEpochs) {
  constexpr uint64_t kSeed = 20240229;
  SCOPED_TRACE(absl::StrCat("seed ", kSeed));
  std::mt19937_64 random(kSeed);
  std::uniform_int_distribution<int64_t> micros_of(
      kFirstTimestampMicros, kTimestampInfinity - kEpochShiftMicros - 1);
  Decoding decoding({"timestamptz"});
  std::vector<int64_t> expected;
  for (int i = 0; i < 5000; ++i) {
    const int64_t micros = micros_of(random);
    expected.push_back(micros + 946684800000000);
    ASSERT_TRUE(decoding.Add({TimestampBytes(micros)}).ok());
  }
  EXPECT_THAT(decoding.column().timestamps().values(),
              ::testing::ElementsAreArray(expected));
}

TEST(RowDecoderTest, RefusesTextThatIsNotUtf8InWholeMessagesOfStrings) {
  for (absl::string_view type : {"text", "json", "xml"}) {
    absl::Status status = DecodeOne(type, "caf\xE9").status();
    EXPECT_EQ(ReasonOf(status), v1::ERROR_REASON_RESULT_OUT_OF_RANGE) << type;
  }
  EXPECT_EQ(ReasonOf(DecodeOne("jsonb", "\x01\xE9").status()),
            v1::ERROR_REASON_RESULT_OUT_OF_RANGE);
}

TEST(RowDecoderTest, RefusesValuesOfAnotherLengthThanTheirType) {
  for (absl::string_view type :
       {"bool", "int2", "int4", "int8", "oid", "float4", "float8", "timestamp",
        "timestamptz", "date", "time", "interval", "uuid", "numeric",
        "\"char\"", "int4[]"}) {
    for (size_t size : {0u, 3u, 5u, 7u, 9u, 15u, 17u}) {
      absl::Status status = DecodeOne(type, std::string(size, '\x01')).status();
      EXPECT_EQ(status.code(), absl::StatusCode::kInternal)
          << type << " of " << size;
      EXPECT_EQ(ReasonOf(status), v1::ERROR_REASON_PROTOCOL_VIOLATION);
    }
  }
  EXPECT_FALSE(DecodeOne("jsonb", "").ok());
  EXPECT_FALSE(DecodeOne("jsonb", Hex("027b7d")).ok());
}

TEST(RowDecoderTest, RefusesBooleansAndDatesThatAreNone) {
  for (const auto& [type, hex] :
       std::vector<std::pair<const char*, const char*>>{
           {"bool", "02"}, {"bool", "ff"}, {"date", "7ffffffe"}}) {
    EXPECT_EQ(ReasonOf(DecodeOne(type, Hex(hex)).status()),
              v1::ERROR_REASON_PROTOCOL_VIOLATION)
        << type << " " << hex;
  }
}

TEST(RowDecoderTest, MarksNullsAndLeavesDefaultsInEveryKindOfColumn) {
  for (absl::string_view type :
       {"bool", "int2", "int8", "oid", "float4", "numeric", "text", "bytea",
        "timestamptz", "date", "time", "interval", "uuid", "jsonb", "int4[]",
        "money"}) {
    Decoding decoding({type});
    ASSERT_TRUE(decoding.Add({kNull}).ok());
    ASSERT_TRUE(decoding.Add({kNull}).ok());
    EXPECT_EQ(decoding.column().nulls(), "\x03") << type;
    EXPECT_NE(decoding.column().values_case(), v1::Column::VALUES_NOT_SET);
  }
  Decoding decoding({"int4", "text", "interval"});
  ASSERT_TRUE(decoding.Add({kNull, kNull, kNull}).ok());
  EXPECT_THAT(decoding.column(0).int64s().values(), ElementsAre(0));
  EXPECT_THAT(decoding.column(1).texts().values(), ElementsAre(""));
  EXPECT_EQ(decoding.column(2).intervals().values_size(), 1);
}

TEST(RowDecoderTest, LeavesTheBitmapEmptyWithoutNulls) {
  Decoding decoding({"int4"});
  for (int i = 0; i < 20; ++i) {
    ASSERT_TRUE(decoding.Add({Hex("00000001")}).ok());
  }
  EXPECT_THAT(decoding.column().nulls(), IsEmpty());
}

TEST(RowDecoderTest, BitmapCoversEveryRowFromTheFirstNullOn) {
  for (size_t null_row = 0; null_row < 20; ++null_row) {
    Decoding decoding({"int4"});
    for (size_t row = 0; row < 20; ++row) {
      ASSERT_TRUE(
          decoding.Add({row == null_row ? kNull : Hex("00000001")}).ok());
      if (row < null_row) continue;
      const std::string& nulls = decoding.column().nulls();
      ASSERT_EQ(nulls.size(), row / 8 + 1) << null_row;
      for (size_t bit = 0; bit < nulls.size() * 8; ++bit) {
        ASSERT_EQ((nulls[bit / 8] >> (bit % 8)) & 1, bit == null_row ? 1 : 0);
      }
    }
  }
}

TEST(RowDecoderTest, HasColumnsOfTheRightMemberWithoutRows) {
  Decoding decoding({"int4", "text[]", "money"});
  EXPECT_EQ(decoding.column(0).values_case(), v1::Column::kInt64S);
  EXPECT_EQ(decoding.column(1).values_case(), v1::Column::kArrays);
  EXPECT_EQ(decoding.column(1).arrays().elements().values_case(),
            v1::Column::kTexts);
  EXPECT_EQ(decoding.column(2).values_case(), v1::Column::kOthers);
  EXPECT_EQ(decoding.decoder().row_count(), 0u);
}

TEST(RowDecoderTest, TakesRowsWithoutColumns) {
  Decoding decoding({});
  EXPECT_TRUE(decoding.AddBody(absl::string_view("\0\0", 2)).ok());
  EXPECT_EQ(decoding.decoder().row_count(), 1u);
}

TEST(RowDecoderTest, RefusesEveryTruncationAndExtensionOfARow) {
  const std::string body =
      MakeRowBody({Hex("00000001"), "text", kNull, Hex("3dcccccd")});
  for (size_t size = 0; size <= body.size() + 1; ++size) {
    Decoding decoding({"int4", "text", "int4", "float4"});
    std::string cut = body;
    cut.resize(size, '\0');
    absl::Status status = decoding.AddBody(cut);
    if (size == body.size()) {
      EXPECT_TRUE(status.ok()) << status;
      EXPECT_EQ(decoding.decoder().row_count(), 1u);
    } else {
      EXPECT_EQ(ReasonOf(status), v1::ERROR_REASON_PROTOCOL_VIOLATION) << size;
      EXPECT_EQ(decoding.decoder().row_count(), 0u);
    }
  }
}

TEST(RowDecoderTest, RefusesLengthsAndCountsThatAreOutOfRange) {
  for (const char* hex :
       {"0001fffffffe", "000180000000", "00017fffffff41", "00010000000241",
        "0002ffffffffffffffff", "0000", "ffff"}) {
    Decoding decoding({"text"});
    EXPECT_EQ(ReasonOf(decoding.AddBody(absl::HexStringToBytes(hex))),
              v1::ERROR_REASON_PROTOCOL_VIOLATION)
        << hex;
  }
}

TEST(RowDecoderTest, LeavesEarlierRowsAsTheyWereAfterAnError) {
  Decoding decoding({"int4", "timestamp"});
  ASSERT_TRUE(decoding.Add({Hex("00000007"), TimestampBytes(0)}).ok());
  absl::Status status =
      decoding.Add({Hex("00000008"), TimestampBytes(kTimestampInfinity - 1)});
  EXPECT_THAT(std::string(status.message()), HasSubstr("result column 2: "));
  EXPECT_EQ(decoding.decoder().row_count(), 1u);
  EXPECT_EQ(decoding.column(0).int64s().values(0), 7);
  EXPECT_EQ(decoding.column(1).timestamps().values(0), kEpochShiftMicros);
}

TEST(RowDecoderTest, BoundsWhatNumericsGrowTo) {
  // 10 bytes that say 1 with 131,068 zeros.
  const Cell huge = Hex("00017fff000000000001");
  Decoding decoding({"numeric", "numeric[]"}, 300'000);
  ASSERT_TRUE(decoding.Add({huge, kNull}).ok());
  EXPECT_EQ(decoding.decoder().expansion_bytes(), 131'069 - 10);
  const Cell array =
      Hex("00000001"
          "00000000"
          "000006a4"
          "00000002"
          "00000001"
          "0000000a"
          "00017fff000000000001"
          "0000000a"
          "00017fff000000000001");
  absl::Status status = decoding.Add({kNull, array});
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(ReasonOf(status), v1::ERROR_REASON_BYTE_LIMIT);
  EXPECT_EQ(ErrorMetadataOf(status, "limit"), "300000");
  EXPECT_THAT(std::string(status.message()), HasSubstr("result column 2: "));
}

TEST(RowDecoderTest, TakesARowCellByCellAsItTakesItWhole) {
  Decoding whole({"int4", "text", "int4[]", "date"});
  Decoding cells({"int4", "text", "int4[]", "date"});
  ASSERT_TRUE(whole.Add({kNull, "text", kNull, Hex("00002279")}).ok());
  cells.decoder().AddNull(2);
  ASSERT_TRUE(cells.decoder().AddCell(3, *Hex("00002279")).ok());
  ASSERT_TRUE(cells.decoder().AddCell(1, "text").ok());
  cells.decoder().AddNull(0);
  EXPECT_EQ(cells.decoder().row_count(), 0u);
  cells.decoder().EndRow();
  EXPECT_EQ(cells.decoder().row_count(), 1u);
  EXPECT_EQ(cells.Serialized(), whole.Serialized());
}

TEST(RowDecoderTest, NamesTheColumnOfABadCell) {
  Decoding decoding({"text", "int4"});
  absl::Status status = decoding.decoder().AddCell(1, "");
  EXPECT_EQ(ReasonOf(status), v1::ERROR_REASON_PROTOCOL_VIOLATION);
  EXPECT_THAT(std::string(status.message()), HasSubstr("result column 2: "));
}

TEST(RowDecoderTest, LeavesASlotForAValueThatTravelsElsewhere) {
  Decoding decoding({"text", "int4", "text[]"});
  for (size_t column : {0u, 1u, 2u}) decoding.decoder().AddDefault(column);
  decoding.decoder().EndRow();
  EXPECT_THAT(decoding.column(0).texts().values(), ElementsAre(""));
  EXPECT_THAT(decoding.column(1).int64s().values(), ElementsAre(0));
  EXPECT_THAT(decoding.column(2).arrays().offsets(), ElementsAre(0, 0));
  for (int i : {0, 1, 2}) EXPECT_THAT(decoding.column(i).nulls(), IsEmpty());
}

const std::vector<std::pair<const char*, const char*>>& ValueOfEachMember() {
  static const auto& values =
      *new std::vector<std::pair<const char*, const char*>>{
          {"bool", "01"},
          {"int4", "00000007"},
          {"float8", "bff8000000000000"},
          {"text", "6869"},
          {"bytea", "00ff"},
          {"numeric", "0002000040000002000c1388"},
          {"timestamp", "0002b583416e1d20"},
          {"date", "00002279"},
          {"time", "000000141dd76000"},
          {"interval", "00000000002dc6c0fffffffe00000001"},
          {"uuid", "00112233445566778899aabbccddeeff"},
          {"jsonb", "017b7d"},
          {"text[]", "00000001000000000000001900000001000000020000000178"},
          {"money", "2431"},
      };
  return values;
}

TEST(RowDecoderTest, RefillsAfterClearAsIfItWereNew) {
  constexpr uint64_t kSeed = 20240301;
  SCOPED_TRACE(absl::StrCat("seed ", kSeed));
  std::mt19937_64 random(kSeed);
  for (const auto& [type, hex] : ValueOfEachMember()) {
    Decoding reused({type});
    for (int batch = 0; batch < 50; ++batch) {
      SCOPED_TRACE(absl::StrCat(type, " batch ", batch));
      Decoding fresh({type});
      reused.decoder().Clear();
      EXPECT_EQ(reused.decoder().row_count(), 0u);
      const uint64_t rows = random() % 20;
      for (uint64_t row = 0; row < rows; ++row) {
        const Cell cell = random() % 4 == 0 ? kNull : Hex(hex);
        ASSERT_TRUE(reused.Add({cell}).ok());
        ASSERT_TRUE(fresh.Add({cell}).ok());
      }
      ASSERT_EQ(reused.Serialized(), fresh.Serialized());
    }
  }
}

TEST(RowDecoderTest, ForgetsARowThatWasBegunAndNotEnded) {
  Decoding reused({"int4", "text"});
  ASSERT_TRUE(reused.decoder().AddCell(0, *Hex("00000007")).ok());
  reused.decoder().Clear();
  Decoding fresh({"int4", "text"});
  for (Decoding* decoding : {&reused, &fresh}) {
    ASSERT_TRUE(decoding->Add({Hex("00000001"), kNull}).ok());
  }
  EXPECT_EQ(reused.Serialized(), fresh.Serialized());
}

TEST(RowDecoderTest, CountsTheExpansionOfEachBatchAnew) {
  Decoding decoding({"numeric"}, 200'000);
  for (int batch = 0; batch < 3; ++batch) {
    ASSERT_TRUE(decoding.Add({Hex("00017fff000000000001")}).ok());
    EXPECT_EQ(decoding.decoder().expansion_bytes(), 131'069 - 10);
    decoding.decoder().Clear();
    EXPECT_EQ(decoding.decoder().expansion_bytes(), 0);
  }
}

// Each batch has its long text in another slot.
TEST(RowDecoderTest, KeepsLittleOfTheMemoryOfLongTexts) {
  const std::string text(200'000, 'x');
  Decoding decoding({"text"});
  for (int batch = 0; batch < 50; ++batch) {
    for (int row = 0; row < 50; ++row) {
      ASSERT_TRUE(decoding.Add({row == batch ? text : ""}).ok());
    }
    decoding.decoder().Clear();
  }
  for (int row = 0; row < 50; ++row) ASSERT_TRUE(decoding.Add({""}).ok());
  size_t kept_bytes = 0;
  for (const std::string& slot : decoding.column().texts().values()) {
    kept_bytes += slot.capacity();
  }
  EXPECT_LT(kept_bytes, 300'000u);
  EXPECT_GT(kept_bytes, 200'000u);
}

}  // namespace
}  // namespace sluice::postgres
