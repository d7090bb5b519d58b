// Limits: exactly at one all is well, one beyond it is refused, for reads and
// for writes.

#include <string>

#include "absl/strings/str_cat.h"
#include "tests/integration/bad_input.h"
#include "tests/support/sanitizer.h"

namespace sluice::testing {
namespace {

// The defaults of config.proto.
constexpr int64_t kMaxStatementBytes = 1 << 20;
constexpr int64_t kMaxParameterBytes = 3 << 20;
constexpr int64_t kMaxResultBytes = 3 << 20;

std::string Padded(std::string sql, int64_t bytes) {
  sql.resize(static_cast<size_t>(bytes), ' ');
  return sql;
}

template <typename Request>
Request WithLimits(Request request, int64_t max_rows, int64_t max_bytes,
                   v1::LimitAction action = v1::LIMIT_ACTION_UNSPECIFIED) {
  request.mutable_options()->set_max_rows(max_rows);
  request.mutable_options()->set_max_bytes(max_bytes);
  request.mutable_options()->set_on_limit(action);
  return request;
}

constexpr char kInsert[] =
    "INSERT INTO item SELECT i, repeat('n', 96) FROM generate_series(1, $1) i "
    "RETURNING id, note";
constexpr int64_t kInsertedRowBytes = 100;
constexpr char kRead[] =
    "SELECT i, repeat('n', 96) FROM generate_series(1, $1) i";

TEST_F(BadInputTest, BoundsTheStatement) {
  ExpectBothPass(Padded("SELECT 1", kMaxStatementBytes));
  ExpectBothFail(Padded("SELECT 1", kMaxStatementBytes + 1), {},
                 Code::INVALID_ARGUMENT, v1::ERROR_REASON_STATEMENT_TOO_LARGE);
}

// gRPC refuses it unread, so the error has no reason.
TEST_F(BadInputTest, BoundsTheRequest) {
  EXPECT_EQ(Call(MakeQuery(Padded("SELECT 1", 64 << 20))).error_code(),
            Code::RESOURCE_EXHAUSTED);
}

TEST_F(BadInputTest, BoundsAllParametersTogether) {
  const std::string half(kMaxParameterBytes / 2, 'p');
  constexpr char kSql[] = "SELECT length($1) + length($2)";
  ExpectBothPass(kSql, {Text(half), Text(half)});
  ExpectBothFail(kSql, {Text(half), Text(half + "p")}, Code::RESOURCE_EXHAUSTED,
                 v1::ERROR_REASON_PARAMETERS_TOO_LARGE);
  ExpectBothFail(kSql, {Text(half + half + "p"), Text("")},
                 Code::RESOURCE_EXHAUSTED,
                 v1::ERROR_REASON_PARAMETERS_TOO_LARGE);
}

TEST_F(BadInputTest, BoundsRowsAsTheCallerAsks) {
  EXPECT_THAT(Call(WithLimits(MakeQuery(kRead, {Int(10)}), 10, 0)), IsOk());
  EXPECT_THAT(Call(WithLimits(MakeExecute(kRead, {Int(10)}), 10, 0)), IsOk());
  const CallError error =
      ExpectFailure(WithLimits(MakeQuery(kRead, {Int(11)}), 10, 0),
                    Code::RESOURCE_EXHAUSTED, v1::ERROR_REASON_ROW_LIMIT);
  EXPECT_EQ(error.Metadata("limit"), "10");
  ExpectFailure(WithLimits(MakeExecute(kRead, {Int(11)}), 10, 0),
                Code::RESOURCE_EXHAUSTED, v1::ERROR_REASON_ROW_LIMIT);
}

TEST_F(BadInputTest, BoundsRowsByTheServersLimitWhateverTheCallerAsks) {
  constexpr char kNarrow[] = "SELECT FROM generate_series(1, $1)";
  for (const int64_t asked : {int64_t{0}, int64_t{kMaxRows + 1}, INT64_MAX}) {
    EXPECT_THAT(Call(WithLimits(MakeQuery(kNarrow, {Int(kMaxRows)}), asked, 0)),
                IsOk());
    const CallError error = ExpectFailure(
        WithLimits(MakeQuery(kNarrow, {Int(kMaxRows + 1)}), asked, 0),
        Code::RESOURCE_EXHAUSTED, v1::ERROR_REASON_ROW_LIMIT);
    EXPECT_EQ(error.Metadata("limit"), absl::StrCat(kMaxRows));
  }
}

TEST_F(BadInputTest, BoundsBytesAsTheCallerAsks) {
  constexpr int64_t kBytes = 10 * kInsertedRowBytes;
  EXPECT_THAT(Call(WithLimits(MakeQuery(kRead, {Int(10)}), 0, kBytes)), IsOk());
  EXPECT_THAT(Call(WithLimits(MakeExecute(kRead, {Int(10)}), 0, kBytes)),
              IsOk());
  const CallError error =
      ExpectFailure(WithLimits(MakeQuery(kRead, {Int(10)}), 0, kBytes - 1),
                    Code::RESOURCE_EXHAUSTED, v1::ERROR_REASON_BYTE_LIMIT);
  EXPECT_EQ(error.Metadata("limit"), absl::StrCat(kBytes - 1));
  ExpectFailure(WithLimits(MakeExecute(kRead, {Int(10)}), 0, kBytes - 1),
                Code::RESOURCE_EXHAUSTED, v1::ERROR_REASON_BYTE_LIMIT);
}

TEST_F(BadInputTest, BoundsBytesByTheServersLimitWhateverTheCallerAsks) {
  constexpr char kOneValue[] = "SELECT repeat('r', $1)";
  for (const int64_t asked : {int64_t{0}, int64_t{100} << 20}) {
    EXPECT_THAT(Call(WithLimits(MakeQuery(kOneValue, {Int(kMaxResultBytes)}), 0,
                                asked)),
                IsOk());
    ExpectFailure(
        WithLimits(MakeQuery(kOneValue, {Int(kMaxResultBytes + 1)}), 0, asked),
        Code::RESOURCE_EXHAUSTED, v1::ERROR_REASON_BYTE_LIMIT);
  }
}

// It has no bytes, and takes room in the reply all the same.
TEST_F(BadInputTest, CountsAByteForEachNull) {
  constexpr char kNulls[] = "SELECT NULL, NULL FROM generate_series(1, 100)";
  EXPECT_THAT(Call(WithLimits(MakeQuery(kNulls), 0, 200)), IsOk());
  ExpectFailure(WithLimits(MakeQuery(kNulls), 0, 199), Code::RESOURCE_EXHAUSTED,
                v1::ERROR_REASON_BYTE_LIMIT);
}

// A few bytes of PostgreSQL's are 131,001 digits each.
TEST_F(BadInputTest, BoundsTheDigitsOfNumerics) {
  constexpr char kDigits[] =
      "SELECT 1e131000::numeric FROM generate_series(1, $1)";
  EXPECT_THAT(Call(MakeQuery(kDigits, {Int(10)})), IsOk());
  ExpectFailure(MakeQuery(kDigits, {Int(40)}), Code::RESOURCE_EXHAUSTED,
                v1::ERROR_REASON_BYTE_LIMIT);
}

TEST_F(BadInputTest, TruncatesAReadWhereTheCallerAsksForThat) {
  const QueryOutcome rows = client_.Query(WithLimits(
      MakeQuery(kRead, {Int(1000)}), 10, 0, v1::LIMIT_ACTION_TRUNCATE));
  EXPECT_THAT(rows.status, IsOk());
  EXPECT_EQ(rows.response.result_set().row_count(), 10u);
  EXPECT_TRUE(rows.response.summary().truncated());

  const QueryOutcome bytes = client_.Query(
      WithLimits(MakeQuery(kRead, {Int(1000)}), 0, 10 * kInsertedRowBytes - 1,
                 v1::LIMIT_ACTION_TRUNCATE));
  EXPECT_THAT(bytes.status, IsOk());
  EXPECT_EQ(bytes.response.result_set().row_count(), 9u);
  EXPECT_TRUE(bytes.response.summary().truncated());

  const QueryOutcome exact = client_.Query(WithLimits(
      MakeQuery(kRead, {Int(10)}), 10, 0, v1::LIMIT_ACTION_TRUNCATE));
  EXPECT_THAT(exact.status, IsOk());
  EXPECT_EQ(exact.response.result_set().row_count(), 10u);
  EXPECT_FALSE(exact.response.summary().truncated());
}

TEST_F(BadInputTest, RollsBackAWriteWhoseRowsPassALimit) {
  ExpectFailure(WithLimits(MakeExecute(kInsert, {Int(11)}), 10, 0),
                Code::RESOURCE_EXHAUSTED, v1::ERROR_REASON_ROW_LIMIT);
  EXPECT_EQ(ItemCount(), "0");
  ExpectFailure(WithLimits(MakeExecute(kInsert, {Int(10)}), 0,
                           10 * kInsertedRowBytes - 1),
                Code::RESOURCE_EXHAUSTED, v1::ERROR_REASON_BYTE_LIMIT);
  EXPECT_EQ(ItemCount(), "0");
  EXPECT_THAT(Call(WithLimits(MakeExecute(kInsert, {Int(10)}), 10,
                              10 * kInsertedRowBytes)),
              IsOk());
  EXPECT_EQ(ItemCount(), "10");
}

TEST_F(BadInputTest, WritesAllRowsWhereTheResultIsTruncated) {
  const ExecuteOutcome outcome = client_.Execute(WithLimits(
      MakeExecute(kInsert, {Int(300)}), 10, 0, v1::LIMIT_ACTION_TRUNCATE));
  EXPECT_THAT(outcome.status, IsOk());
  EXPECT_EQ(outcome.response.result_set().row_count(), 10u);
  EXPECT_TRUE(outcome.response.summary().truncated());
  EXPECT_EQ(outcome.response.summary().rows_affected(), 300);
  EXPECT_EQ(outcome.response.summary().command_tag(), "INSERT 0 300");
  EXPECT_EQ(ItemCount(), "300");
}

// A value of 200 MiB is read past, not kept.
TEST_F(BadInputTest, KeepsItsMemoryWhateverTheSizeOfAResult) {
  if (kAddressSanitizer) GTEST_SKIP() << "freed memory is kept";
  ASSERT_THAT(Call(MakeQuery("SELECT repeat('r', $1)", {Int(kMaxResultBytes)})),
              IsOk());
  const int64_t before = stack().gateway().PeakMemoryKib();
  ExpectFailure(MakeQuery("SELECT repeat('r', 200 << 20)"),
                Code::RESOURCE_EXHAUSTED, v1::ERROR_REASON_BYTE_LIMIT);
  ExpectFailure(MakeQuery("SELECT repeat('r', 100000) "
                          "FROM generate_series(1, 2000)"),
                Code::RESOURCE_EXHAUSTED, v1::ERROR_REASON_BYTE_LIMIT);
  EXPECT_LT(stack().gateway().PeakMemoryKib() - before, 32 * 1024);
}

}  // namespace
}  // namespace sluice::testing
