// Values of any length in streams: refused beyond the limit, whole below it,
// and never held.

#include <optional>
#include <string>
#include <vector>

#include "tests/integration/stream.h"

namespace sluice::testing {
namespace {

using Code = grpc::StatusCode;

constexpr int64_t kMib = 1024 * 1024;
// A mebibyte and a little, no two parts of which are alike.
constexpr int kBlockNumbers = 104'860;
constexpr char kBlock[] =
    "(SELECT string_agg(lpad(i::text, 9, '0'), ' ') "
    "FROM generate_series(1, 104860) AS i)";

const std::string& Block() {
  static const std::string& block = *new std::string([] {
    std::string text;
    for (int i = 1; i <= kBlockNumbers; ++i) {
      const std::string number = absl::StrCat(i);
      if (i > 1) text += ' ';
      text += std::string(9 - number.size(), '0') + number;
    }
    return text;
  }());
  return block;
}

std::string Blocks(int count) {
  std::string text;
  for (int i = 0; i < count; ++i) text += Block();
  return text;
}

class StreamValueTest : public StreamTest {
 protected:
  void SetUp() override {
    gateway_ = StartGateway();
    ASSERT_NE(gateway_, nullptr);
    value_client_.emplace(stack().client_options("app", gateway_->port()));
    pid_ = BackendPid(*value_client_);
  }

  void TearDown() override {
    ExpectReusable(*value_client_, pid_);
    ExpectLittleMemory(*gateway_);
  }

  StreamOutcome Fetch(const std::string& sql, int64_t max_value_bytes,
                      v1::LimitAction action = v1::LIMIT_ACTION_ERROR) {
    v1::QueryStreamRequest request = MakeQueryStream(sql);
    request.mutable_options()->set_max_value_bytes(max_value_bytes);
    request.mutable_options()->set_on_limit(action);
    StreamOutcome outcome =
        value_client_->QueryStream(request, absl::Seconds(60));
    EXPECT_EQ(outcome.fault, "");
    return outcome;
  }

  std::unique_ptr<GatewayProcess> gateway_;
  std::optional<GatewayClient> value_client_;
  std::string pid_;
};

TEST_F(StreamValueTest, RefusesAValueOf200MebibytesByDefault) {
  const std::string sql =
      absl::StrCat("SELECT 1, repeat(", kBlock, ", 200), 'behind'::text");
  const grpc::Status refused = Fetch(sql, 0).status;
  EXPECT_THAT(refused, FailsWith(Code::RESOURCE_EXHAUSTED,
                                 v1::ERROR_REASON_VALUE_LIMIT));
  EXPECT_EQ(CallError::Of(refused).Metadata("limit"), absl::StrCat(3 * kMib));
  EXPECT_EQ(CallError::Of(refused).Metadata("executed"), "no");
}

TEST_F(StreamValueTest, GivesAValueOf200MebibytesWholeWhereAskedTo) {
  const std::string sql = absl::StrCat("SELECT 1, repeat(", kBlock,
                                       ", 200), 'behind'::text UNION ALL "
                                       "SELECT 2, 'short', NULL");
  const StreamOutcome outcome = Fetch(sql, 256 * kMib);
  ASSERT_THAT(outcome.status, IsOk());
  ASSERT_EQ(outcome.result_set.row_count(), 2u);
  EXPECT_GE(outcome.fragment_count, 1600);
  EXPECT_EQ(outcome.result_set.columns(0).int64s().values(1), 2);
  EXPECT_TRUE(outcome.result_set.columns(1).texts().values(0) == Blocks(200));
  EXPECT_EQ(outcome.result_set.columns(1).texts().values(1), "short");
  EXPECT_EQ(outcome.result_set.columns(2).texts().values(0), "behind");
  EXPECT_EQ(outcome.result_set.columns(2).nulls(), "\x02");
}

TEST_F(StreamValueTest, EndsBeforeALongValueWhereAskedTo) {
  const std::string sql =
      absl::StrCat("SELECT i, CASE WHEN i = 3 THEN repeat(", kBlock,
                   ", 200) ELSE 'short' END FROM generate_series(1, 5) AS i");
  const StreamOutcome outcome = Fetch(sql, 0, v1::LIMIT_ACTION_TRUNCATE);
  ASSERT_THAT(outcome.status, IsOk());
  EXPECT_EQ(outcome.result_set.row_count(), 2u);
  EXPECT_TRUE(outcome.summary.truncated());
  EXPECT_EQ(outcome.summary.rows_affected(), 2);
  EXPECT_EQ(outcome.summary.command_tag(), "");
}

TEST_F(StreamValueTest, TakesAValueAtTheLimitAndNoneBeyondIt) {
  for (const int64_t limit : {int64_t{100}, 3 * kMib}) {
    EXPECT_THAT(
        Fetch(absl::StrCat("SELECT repeat('x', ", limit, ")"), limit).status,
        IsOk());
    EXPECT_THAT(
        Fetch(absl::StrCat("SELECT repeat('x', ", limit + 1, ")"), limit)
            .status,
        FailsWith(Code::RESOURCE_EXHAUSTED, v1::ERROR_REASON_VALUE_LIMIT));
  }
}

TEST_F(StreamValueTest, GivesLongValuesOfEveryTypeThatCanBeLong) {
  const int count = Scaled(20, 100);
  const std::string text = Blocks(count);
  const std::string sql_text =
      absl::StrCat("repeat(", kBlock, ", ", count, ")");
  const StreamOutcome bytes = Fetch(
      absl::StrCat("SELECT convert_to(", sql_text, ", 'UTF8')"), 256 * kMib);
  ASSERT_THAT(bytes.status, IsOk());
  EXPECT_TRUE(bytes.result_set.columns(0).blobs().values(0) == text);

  for (const char* type : {"jsonb", "json"}) {
    const StreamOutcome json =
        Fetch(absl::StrCat("SELECT ('[\"' || ", sql_text, " || '\"]')::", type),
              256 * kMib);
    ASSERT_THAT(json.status, IsOk());
    EXPECT_TRUE(json.result_set.columns(0).jsons().values(0) ==
                "[\"" + text + "\"]")
        << type;
  }
}

TEST_F(StreamValueTest, GivesALongArray) {
  const std::string sql =
      "SELECT array_agg(i) FROM generate_series(1, 1000000) AS i";
  EXPECT_THAT(Fetch(sql, 0).status, FailsWith(Code::RESOURCE_EXHAUSTED,
                                              v1::ERROR_REASON_VALUE_LIMIT));
  const StreamOutcome outcome = Fetch(sql, 16 * kMib);
  ASSERT_THAT(outcome.status, IsOk());
  const v1::ArrayColumn& arrays = outcome.result_set.columns(0).arrays();
  ASSERT_EQ(arrays.offsets_size(), 2);
  ASSERT_EQ(arrays.offsets(1), 1'000'000u);
  for (int i = 0; i < 1'000'000; ++i) {
    ASSERT_EQ(arrays.elements().int64s().values(i), i + 1);
  }
}

// It has to be held as a whole, so no request gets a longer one.
TEST_F(StreamValueTest, RefusesAnArrayBeyond16MebibytesWhateverIsAsked) {
  const grpc::Status refused =
      Fetch("SELECT array_agg(i) FROM generate_series(1, 2200000) AS i",
            256 * kMib)
          .status;
  EXPECT_THAT(refused, FailsWith(Code::RESOURCE_EXHAUSTED,
                                 v1::ERROR_REASON_VALUE_LIMIT));
  EXPECT_EQ(CallError::Of(refused).Metadata("limit"), absl::StrCat(16 * kMib));
}

TEST_F(StreamValueTest, GivesTheLongestArrayOfEmptyTexts) {
  const StreamOutcome outcome =
      Fetch("SELECT array_agg(''::text) FROM generate_series(1, 4190000) AS i",
            16 * kMib);
  ASSERT_THAT(outcome.status, IsOk());
  EXPECT_EQ(outcome.result_set.columns(0).arrays().offsets(1), 4'190'000u);
}

TEST_F(StreamValueTest, GivesRowsThatAreLongThroughManyValues) {
  std::string sql = "SELECT ";
  constexpr int kColumns = 1600;
  for (int i = 0; i < kColumns; ++i) {
    absl::StrAppend(&sql, i == 0 ? "" : ", ", "repeat(chr(97 + i), 3000)");
  }
  sql += " FROM generate_series(0, 9) AS i";
  const StreamOutcome outcome = Fetch(sql, 0);
  ASSERT_THAT(outcome.status, IsOk());
  ASSERT_EQ(outcome.result_set.row_count(), 10u);
  for (int i = 0; i < kColumns; ++i) {
    for (int row = 0; row < 10; ++row) {
      ASSERT_EQ(outcome.result_set.columns(i).texts().values(row),
                std::string(3000, static_cast<char>('a' + row)));
    }
  }
}

// A gibibyte of rows that are neither short nor long.
TEST_F(StreamValueTest, GivesRowsOfManyLengthsInOrder) {
  const int rows = Scaled(1000, 8000);
  v1::QueryStreamRequest request = MakeQueryStream(
      "SELECT i, repeat('y', (i * 7919 % 262144)::int) "
      "FROM (SELECT generate_series(1, $1::int8) AS i) AS numbers",
      {Int(rows)});
  const StreamOutcome outcome =
      value_client_->QueryStream(request, absl::Seconds(100));
  ASSERT_THAT(outcome.status, IsOk());
  EXPECT_EQ(outcome.fault, "");
  ASSERT_EQ(outcome.result_set.row_count(), rows);
  for (int64_t i = 1; i <= rows; ++i) {
    const int index = static_cast<int>(i - 1);
    ASSERT_EQ(outcome.result_set.columns(0).int64s().values(index), i);
    ASSERT_EQ(outcome.result_set.columns(1).texts().values(index).size(),
              static_cast<size_t>(i * 7919 % 262144));
  }
}

}  // namespace
}  // namespace sluice::testing
