// Tests the limits of a unary result, to the row and the byte.

#include "server/execution/result_set_sink.h"

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "gtest/gtest.h"
#include "server/base/error.h"
#include "server/postgres/codec/builtin_types.h"
#include "server/postgres/wire.h"

namespace sluice::execution {
namespace {

using postgres::ColumnDescription;
using postgres::FindBuiltinType;
using Next = postgres::RowSink::Next;
using Cell = std::optional<std::string>;

constexpr int64_t kPlenty = 1000;

ColumnDescription MakeColumn(const std::string& name, absl::string_view type) {
  ColumnDescription column;
  column.name = name;
  column.type = FindBuiltinType(type);
  return column;
}

std::vector<ColumnDescription> TextColumns(size_t count) {
  return std::vector<ColumnDescription>(count, MakeColumn("t", "text"));
}

// The body of a DataRow.
std::string MakeRow(const std::vector<Cell>& cells) {
  std::string body;
  postgres::MessageWriter writer(body);
  writer.Int16(static_cast<int16_t>(cells.size()));
  for (const Cell& cell : cells) {
    writer.Int32(cell.has_value() ? static_cast<int32_t>(cell->size()) : -1);
    body.append(cell.value_or(""));
  }
  return body;
}

ResultLimits Limits(int64_t max_rows, int64_t max_bytes,
                    v1::LimitAction on_limit = v1::LIMIT_ACTION_ERROR) {
  ResultLimits limits;
  limits.max_rows = max_rows;
  limits.max_bytes = max_bytes;
  limits.on_limit = on_limit;
  return limits;
}

class NoSource final : public postgres::RowSource {
 public:
  void Resume() override {}
};

void Begin(ResultSetSink& sink, const std::vector<ColumnDescription>& columns) {
  NoSource source;
  sink.Begin(columns, source);
}

// Gives a row as a connection does: one beyond the budget is only counted.
Next Give(ResultSetSink& sink, const std::vector<Cell>& cells) {
  const std::string body = MakeRow(cells);
  return body.size() > sink.RowBudget() ? sink.AddLongRow(body.size())
                                        : sink.AddRow(body);
}

void ExpectLimitError(const ResultSetSink& sink, v1::ErrorReason reason,
                      absl::string_view limit) {
  EXPECT_EQ(sink.status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(ReasonOf(sink.status()), reason);
  EXPECT_EQ(ErrorMetadataOf(sink.status(), "limit"), limit);
  EXPECT_EQ(ErrorMetadataOf(sink.status(), "executed"), "no");
  EXPECT_FALSE(sink.truncated());
}

TEST(ResultSetSinkTest, DescribesTheColumnsAndFillsThem) {
  v1::ResultSet result;
  ResultSetSink sink(Limits(kPlenty, kPlenty), &result);
  ColumnDescription name = MakeColumn("name", "text");
  name.table_oid = 17;
  name.column_number = 4;
  Begin(sink, {MakeColumn("id", "int4"), name});

  EXPECT_EQ(Give(sink, {std::string("\0\0\0\x07", 4), "seven"}),
            Next::kContinue);

  ASSERT_EQ(result.metadata_size(), 2);
  EXPECT_EQ(result.metadata(0).name(), "id");
  EXPECT_EQ(result.metadata(0).type().name(), "integer");
  EXPECT_EQ(result.metadata(1).table_oid(), 17U);
  EXPECT_EQ(result.metadata(1).column_number(), 4U);
  EXPECT_EQ(result.row_count(), 1U);
  ASSERT_EQ(result.columns_size(), 2);
  EXPECT_EQ(result.columns(0).int64s().values(0), 7);
  EXPECT_EQ(result.columns(1).texts().values(0), "seven");
}

TEST(ResultSetSinkTest, TakesAsManyRowsAsTheLimitAndNotOneMore) {
  v1::ResultSet result;
  ResultSetSink sink(Limits(2, kPlenty), &result);
  Begin(sink, TextColumns(1));

  EXPECT_EQ(Give(sink, {"a"}), Next::kContinue);
  EXPECT_EQ(Give(sink, {"b"}), Next::kContinue);
  EXPECT_TRUE(sink.status().ok());
  EXPECT_EQ(result.row_count(), 2U);

  EXPECT_EQ(Give(sink, {"c"}), Next::kFail);
  ExpectLimitError(sink, v1::ERROR_REASON_ROW_LIMIT, "2");
}

TEST(ResultSetSinkTest, TakesAsManyBytesAsTheLimitAndNotOneMore) {
  v1::ResultSet at;
  ResultSetSink at_sink(Limits(kPlenty, 10), &at);
  Begin(at_sink, TextColumns(2));
  EXPECT_EQ(Give(at_sink, {"abcd", "ef"}), Next::kContinue);
  EXPECT_EQ(Give(at_sink, {"ghi", "j"}), Next::kContinue);
  EXPECT_EQ(at.row_count(), 2U);
  EXPECT_TRUE(at_sink.status().ok());

  v1::ResultSet over;
  ResultSetSink over_sink(Limits(kPlenty, 10), &over);
  Begin(over_sink, TextColumns(2));
  EXPECT_EQ(Give(over_sink, {"abcd", "ef"}), Next::kContinue);
  EXPECT_EQ(Give(over_sink, {"ghi", "jk"}), Next::kFail);
  ExpectLimitError(over_sink, v1::ERROR_REASON_BYTE_LIMIT, "10");
}

TEST(ResultSetSinkTest, ARowOfNullsAfterTheLastByteIsOverTheLimit) {
  v1::ResultSet result;
  ResultSetSink sink(Limits(kPlenty, 3), &result);
  Begin(sink, TextColumns(1));
  EXPECT_EQ(Give(sink, {"abc"}), Next::kContinue);
  EXPECT_EQ(Give(sink, {std::nullopt}), Next::kFail);
  ExpectLimitError(sink, v1::ERROR_REASON_BYTE_LIMIT, "3");
}

TEST(ResultSetSinkTest, NullsCountAByteForEachSlot) {
  v1::ResultSet result;
  ResultSetSink sink(Limits(kPlenty, 6), &result);
  Begin(sink, TextColumns(3));
  const std::vector<Cell> nulls(3, std::nullopt);
  EXPECT_EQ(Give(sink, nulls), Next::kContinue);
  EXPECT_EQ(Give(sink, nulls), Next::kContinue);
  EXPECT_EQ(result.row_count(), 2U);
  EXPECT_EQ(Give(sink, nulls), Next::kFail);
  ExpectLimitError(sink, v1::ERROR_REASON_BYTE_LIMIT, "6");
}

TEST(ResultSetSinkTest, RowsWithoutColumnsAreBoundedByTheirNumberAlone) {
  v1::ResultSet result;
  ResultSetSink sink(Limits(3, 1), &result);
  Begin(sink, {});
  for (int i = 0; i < 3; ++i) EXPECT_EQ(Give(sink, {}), Next::kContinue);
  EXPECT_EQ(result.row_count(), 3U);
  EXPECT_EQ(Give(sink, {}), Next::kFail);
  ExpectLimitError(sink, v1::ERROR_REASON_ROW_LIMIT, "3");
}

TEST(ResultSetSinkTest, AnErrorLeavesNothingOfTheResult) {
  v1::ResultSet result;
  ResultSetSink sink(Limits(1, kPlenty), &result);
  Begin(sink, TextColumns(1));
  EXPECT_EQ(Give(sink, {"a"}), Next::kContinue);
  EXPECT_EQ(Give(sink, {"b"}), Next::kFail);
  EXPECT_EQ(result.ByteSizeLong(), 0U);
}

TEST(ResultSetSinkTest, TruncationByRowsKeepsWhatFitsAndIsNoError) {
  v1::ResultSet result;
  ResultSetSink sink(Limits(2, kPlenty, v1::LIMIT_ACTION_TRUNCATE), &result);
  Begin(sink, TextColumns(1));
  EXPECT_EQ(Give(sink, {"a"}), Next::kContinue);
  EXPECT_EQ(Give(sink, {"b"}), Next::kContinue);
  EXPECT_FALSE(sink.truncated());

  EXPECT_EQ(Give(sink, {"c"}), Next::kStop);

  EXPECT_TRUE(sink.truncated());
  EXPECT_TRUE(sink.status().ok());
  EXPECT_EQ(result.row_count(), 2U);
  EXPECT_EQ(result.columns(0).texts().values_size(), 2);
}

TEST(ResultSetSinkTest, TruncationByBytesKeepsWholeRows) {
  v1::ResultSet result;
  ResultSetSink sink(Limits(kPlenty, 5, v1::LIMIT_ACTION_TRUNCATE), &result);
  Begin(sink, TextColumns(1));
  EXPECT_EQ(Give(sink, {"abc"}), Next::kContinue);
  EXPECT_EQ(Give(sink, {"def"}), Next::kStop);
  EXPECT_TRUE(sink.truncated());
  EXPECT_TRUE(sink.status().ok());
  EXPECT_EQ(result.row_count(), 1U);
  EXPECT_EQ(result.columns(0).texts().values(0), "abc");
}

TEST(ResultSetSinkTest, TheBudgetIsWhatIsLeftAndTheFrameOfARow) {
  v1::ResultSet result;
  ResultSetSink sink(Limits(kPlenty, 10), &result);
  Begin(sink, TextColumns(2));
  EXPECT_EQ(sink.RowBudget(), MakeRow({"0123456789", ""}).size());
  EXPECT_EQ(Give(sink, {"abc", "d"}), Next::kContinue);
  EXPECT_EQ(sink.RowBudget(), MakeRow({"012345", ""}).size());
}

TEST(ResultSetSinkTest, ASkippedRowIsOverTheRowLimitWhereThatIsReached) {
  v1::ResultSet result;
  ResultSetSink sink(Limits(1, 10), &result);
  Begin(sink, TextColumns(1));
  EXPECT_EQ(Give(sink, {"a"}), Next::kContinue);
  EXPECT_EQ(sink.AddLongRow(100), Next::kFail);
  ExpectLimitError(sink, v1::ERROR_REASON_ROW_LIMIT, "1");
}

TEST(ResultSetSinkTest, ASkippedRowIsOverTheByteLimitOtherwise) {
  v1::ResultSet result;
  ResultSetSink sink(Limits(2, 10), &result);
  Begin(sink, TextColumns(1));
  EXPECT_EQ(Give(sink, {"a"}), Next::kContinue);
  EXPECT_EQ(sink.AddLongRow(100), Next::kFail);
  ExpectLimitError(sink, v1::ERROR_REASON_BYTE_LIMIT, "10");
}

TEST(ResultSetSinkTest, ASecondBeginReplacesTheColumns) {
  v1::ResultSet result;
  ResultSetSink sink(Limits(kPlenty, kPlenty), &result);
  Begin(sink, TextColumns(1));
  Begin(sink, {MakeColumn("a", "text"), MakeColumn("b", "text")});

  EXPECT_EQ(Give(sink, {"x", std::nullopt}), Next::kContinue);

  ASSERT_EQ(result.metadata_size(), 2);
  EXPECT_EQ(result.metadata(1).name(), "b");
  EXPECT_EQ(result.columns_size(), 2);
  EXPECT_EQ(result.row_count(), 1U);
}

TEST(ResultSetSinkTest, ASecondBeginDropsTheRowsOfTheFirst) {
  v1::ResultSet result;
  ResultSetSink sink(Limits(1, kPlenty), &result);
  Begin(sink, TextColumns(1));
  EXPECT_EQ(Give(sink, {"a"}), Next::kContinue);
  Begin(sink, TextColumns(1));
  EXPECT_EQ(Give(sink, {"b"}), Next::kContinue);
  EXPECT_EQ(result.row_count(), 1U);
  EXPECT_EQ(result.columns(0).texts().values(0), "b");
}

TEST(ResultSetSinkTest, AMalformedRowFailsTheResult) {
  v1::ResultSet result;
  ResultSetSink sink(Limits(kPlenty, kPlenty), &result);
  Begin(sink, TextColumns(2));
  EXPECT_EQ(sink.AddRow(MakeRow({"only one"})), Next::kStale);
  EXPECT_EQ(ReasonOf(sink.status()), v1::ERROR_REASON_PROTOCOL_VIOLATION);
  EXPECT_EQ(result.ByteSizeLong(), 0U);
}

}  // namespace
}  // namespace sluice::execution
