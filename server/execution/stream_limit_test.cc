// Tests the limits of a streamed result, to the row and the byte.

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "server/base/error.h"
#include "server/execution/test_stream.h"
#include "server/execution/test_stream_sink.h"

namespace sluice::execution {
namespace {

using StreamLimitTest = StreamSinkTest;

struct LimitCase {
  const char* name;
  ResultLimits limits;
  // The values of the rows; the last is beyond the limit.
  std::vector<size_t> row_bytes;
  v1::ErrorReason reason;
  int64_t limit;
};

std::vector<LimitCase> LimitCases() {
  auto with = [](int64_t ResultLimits::*member, int64_t value) {
    ResultLimits limits = NoLimits();
    limits.*member = value;
    return limits;
  };
  constexpr size_t kLong = 200 * kKib;
  const ResultLimits two_rows = with(&ResultLimits::max_rows, 2);
  return {
      {"rows", two_rows, {1, 1, 1}, v1::ERROR_REASON_ROW_LIMIT, 2},
      {"long rows",
       two_rows,
       {kLong, kLong, kLong},
       v1::ERROR_REASON_ROW_LIMIT,
       2},
      {"no rows",
       with(&ResultLimits::max_rows, 0),
       {1},
       v1::ERROR_REASON_ROW_LIMIT,
       0},
      {"bytes",
       with(&ResultLimits::max_bytes, 30),
       {10, 20, 1},
       v1::ERROR_REASON_BYTE_LIMIT,
       30},
      {"bytes of long rows",
       with(&ResultLimits::max_bytes, 2 * kLong),
       {kLong, kLong, 1},
       v1::ERROR_REASON_BYTE_LIMIT,
       2 * kLong},
      {"bytes of a long row",
       with(&ResultLimits::max_bytes, 10 + kLong),
       {10, kLong + 1},
       v1::ERROR_REASON_BYTE_LIMIT,
       10 + kLong},
      {"value",
       with(&ResultLimits::max_value_bytes, 100),
       {100, 100, 101},
       v1::ERROR_REASON_VALUE_LIMIT,
       100},
      {"long value",
       with(&ResultLimits::max_value_bytes, kLong),
       {kLong, kLong, kLong + 1},
       v1::ERROR_REASON_VALUE_LIMIT,
       kLong},
  };
}

// Gives all rows but the last, which are within the limit.
void GiveRowsWithin(const LimitCase& test_case, Rig& rig) {
  for (size_t i = 0; i + 1 < test_case.row_bytes.size(); ++i) {
    const Next next = rig.Give({std::string(test_case.row_bytes[i], 'r')});
    EXPECT_TRUE(next == Next::kContinue || next == Next::kPause);
    if (next == Next::kPause) rig.writer().CompleteAll();
  }
}

TEST_F(StreamLimitTest, FailsAtTheFirstRowBeyondALimit) {
  OnLoop([this] {
    for (const LimitCase& test_case : LimitCases()) {
      SCOPED_TRACE(test_case.name);
      Rig rig(loop_, {"text"}, test_case.limits);
      GiveRowsWithin(test_case, rig);
      EXPECT_TRUE(rig.sink().status().ok());
      EXPECT_EQ(rig.Give({std::string(test_case.row_bytes.back(), 'r')}),
                Next::kFail);
      const absl::Status& status = rig.sink().status();
      EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
      EXPECT_EQ(ReasonOf(status), test_case.reason) << status;
      EXPECT_EQ(ErrorMetadataOf(status, "limit"),
                absl::StrCat(test_case.limit));
      EXPECT_FALSE(rig.sink().truncated());
    }
  });
}

TEST_F(StreamLimitTest, EndsBeforeTheFirstRowBeyondALimitWhereAskedTo) {
  OnLoop([this] {
    for (LimitCase& test_case : LimitCases()) {
      SCOPED_TRACE(test_case.name);
      test_case.limits.on_limit = v1::LIMIT_ACTION_TRUNCATE;
      Rig rig(loop_, {"text"}, test_case.limits);
      GiveRowsWithin(test_case, rig);
      EXPECT_FALSE(rig.sink().truncated());
      EXPECT_EQ(rig.Give({std::string(test_case.row_bytes.back(), 'r')}),
                Next::kStop);
      EXPECT_TRUE(rig.sink().truncated());
      EXPECT_TRUE(rig.sink().status().ok());
      const auto within = static_cast<int64_t>(test_case.row_bytes.size()) - 1;
      EXPECT_EQ(rig.sink().row_count(), within);
      rig.Finish();
      EXPECT_EQ(rig.Result().row_count(), within);
    }
  });
}

// Its first value is on its way by then, and belongs to no row.
TEST_F(StreamLimitTest, EndsBeforeARowWhoseSecondLongValueIsBeyondTheLimit) {
  OnLoop([this] {
    ResultLimits limits = NoLimits();
    limits.max_value_bytes = 300 * kKib;
    limits.on_limit = v1::LIMIT_ACTION_TRUNCATE;
    Rig rig(loop_, {"text", "text"}, limits);
    rig.Give({"first", "row"});
    EXPECT_EQ(rig.Give({std::string(200 * kKib, 'l'),
                        std::string(300 * kKib + 1, 'm')}),
              Next::kStop);
    rig.Finish();
    const testing::RowJoiner joiner = rig.writer().Join();
    EXPECT_EQ(joiner.fault(), "");
    EXPECT_EQ(joiner.result().row_count(), 1u);
    EXPECT_TRUE(joiner.HasLooseFragments());
  });
}

TEST_F(StreamLimitTest, LooksAtEachValueOfARowForTheLimit) {
  OnLoop([this] {
    ResultLimits limits = NoLimits();
    limits.max_value_bytes = 10;
    Rig rig(loop_, {"text", "text", "text"}, limits);
    const std::string ten(10, 'x');
    EXPECT_EQ(rig.Give({ten, std::nullopt, ten}), Next::kContinue);
    EXPECT_EQ(rig.Give({ten, ten, ten}), Next::kContinue);
    EXPECT_EQ(rig.Give({ten, ten, ten + "x"}), Next::kFail);
  });
}

}  // namespace
}  // namespace sluice::execution
