// Tests the parts of a streamed result: their order, their size, the limits,
// and who waits for whom.

#include "server/execution/stream_sink.h"

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "server/base/error.h"
#include "server/execution/test_stream.h"

namespace sluice::execution {
namespace {

using Next = postgres::RowSink::Next;

constexpr size_t kKib = 1024;
constexpr int64_t kPlenty = int64_t{1} << 40;

ResultLimits NoLimits() {
  ResultLimits limits;
  limits.max_rows = kPlenty;
  limits.max_bytes = kPlenty;
  limits.max_value_bytes = kPlenty;
  return limits;
}

class TestSource final : public postgres::RowSource {
 public:
  void Resume() override { ++resume_count; }
  int resume_count = 0;
};

// A sink, who feeds it and who takes its parts. Everything on the loop.
class Rig {
 public:
  Rig(EventLoop& loop, const std::vector<absl::string_view>& type_names,
      const ResultLimits& limits = NoLimits())
      : type_names_(type_names),
        sink_(limits, loop, writer_, absl::Hours(1), cancellation_) {
    Begin();
  }
  ~Rig() { writer_.CompleteAll(); }

  void Begin() {
    std::vector<postgres::ColumnDescription> columns;
    for (const postgres::TypeRef& type : Types(type_names_)) {
      postgres::ColumnDescription column;
      column.name = absl::StrCat("c", columns.size());
      column.type = type;
      columns.push_back(column);
    }
    sink_.Begin(columns, source_);
  }

  // Gives a row as a connection does, a long one in pieces, and waits for the
  // writer where the sink asks for a pause between those.
  Next Give(const std::vector<Cell>& cells, size_t step = 100 * kKib) {
    return GiveBody(MakeRow(cells), step);
  }
  Next GiveBody(const std::string& body, size_t step = 100 * kKib) {
    if (body.size() <= sink_.RowBudget()) return sink_.AddRow(body);
    Next next = sink_.AddLongRow(body.size());
    for (size_t at = 0; at < body.size(); at += step) {
      if (next == Next::kPause) writer_.CompleteAll();
      if (next == Next::kStop || next == Next::kFail) return next;
      next = sink_.AddPiece(absl::string_view(body).substr(at, step));
    }
    return next;
  }

  // The end of a statement that went well.
  void Finish() {
    sink_.End();
    v1::ExecutionSummary summary;
    summary.set_command_tag("SELECT");
    bool ended = false;
    Spawn(Note(sink_.Finish(summary), &ended));
    writer_.CompleteAll();
    EXPECT_TRUE(ended);
  }

  // What has come, after Finish.
  v1::ResultSet Result() const {
    const testing::RowJoiner joiner = writer_.Join();
    EXPECT_EQ(joiner.fault(), "");
    EXPECT_TRUE(joiner.complete());
    EXPECT_FALSE(joiner.HasLooseFragments());
    return joiner.result();
  }

  // Rows of each batch so far.
  std::vector<uint32_t> RowCounts() const {
    std::vector<uint32_t> counts;
    for (const v1::QueryStreamResponse& part : writer_.parts()) {
      if (part.batch().row_count() > 0) {
        counts.push_back(part.batch().row_count());
      }
    }
    return counts;
  }

  StreamSink& sink() { return sink_; }
  TestWriter& writer() { return writer_; }
  Cancellation& cancellation() { return cancellation_; }
  int resume_count() const { return source_.resume_count; }

 private:
  const std::vector<absl::string_view> type_names_;
  TestWriter writer_;
  Cancellation cancellation_;
  TestSource source_;
  StreamSink sink_;
};

class StreamSinkTest : public ::testing::Test {
 protected:
  void OnLoop(const std::function<void()>& work) { RunOn(loop_, work); }

  EventLoop loop_{"stream-test"};
};

TEST_F(StreamSinkTest, SendsHeaderAndSummaryOfAResultWithoutRows) {
  OnLoop([this] {
    Rig rig(loop_, {"int4", "text"});
    EXPECT_TRUE(rig.writer().parts().empty());
    EXPECT_TRUE(rig.sink().MayStartAnew());
    rig.Finish();
    ASSERT_EQ(rig.writer().parts().size(), 2u);
    const v1::ResultHeader& header = rig.writer().parts()[0].header();
    ASSERT_EQ(header.metadata_size(), 2);
    EXPECT_EQ(header.metadata(0).name(), "c0");
    EXPECT_EQ(header.metadata(1).type().name(), "text");
    EXPECT_EQ(rig.writer().parts()[1].summary().command_tag(), "SELECT");
  });
}

TEST_F(StreamSinkTest, SendsAFewRowsInOneBatch) {
  OnLoop([this] {
    Rig rig(loop_, {"int4", "text"});
    EXPECT_EQ(rig.Give({Int4(1), "one"}), Next::kContinue);
    EXPECT_EQ(rig.Give({std::nullopt, std::nullopt}), Next::kContinue);
    EXPECT_TRUE(rig.writer().parts().empty());
    rig.Finish();
    EXPECT_EQ(rig.RowCounts(), (std::vector<uint32_t>{2}));
    const v1::ResultSet result = rig.Result();
    EXPECT_EQ(result.row_count(), 2u);
    EXPECT_EQ(result.columns(0).ShortDebugString(),
              "nulls: \"\\002\" int64s { values: 1 values: 0 }");
  });
}

TEST_F(StreamSinkTest, SendsBatchesOf128KibOfValues) {
  OnLoop([this] {
    Rig rig(loop_, {"text"});
    for (int i = 0; i < 1000; ++i) {
      ASSERT_EQ(rig.Give({std::string(kKib, 'x')}), Next::kContinue);
      rig.writer().CompleteAll();
    }
    rig.Finish();
    EXPECT_EQ(rig.RowCounts(),
              (std::vector<uint32_t>{128, 128, 128, 128, 128, 128, 128, 104}));
    EXPECT_EQ(rig.Result().row_count(), 1000u);
  });
}

TEST_F(StreamSinkTest, SendsNoBatchBeyond256Kib) {
  OnLoop([this] {
    Rig rig(loop_, {"text"});
    const size_t longest = 128 * kKib - 6;
    for (int i = 0; i < 20; ++i) {
      if (rig.Give({std::string(128 * kKib - 1, 'a')}) == Next::kPause) {
        rig.writer().CompleteAll();
      }
      while (rig.Give({std::string(kKib, 'b')}) != Next::kPause) {
      }
      rig.writer().CompleteAll();
      if (rig.Give({std::string(longest, 'c')}) == Next::kPause) {
        rig.writer().CompleteAll();
      }
    }
    rig.Finish();
    for (const v1::QueryStreamResponse& part : rig.writer().parts()) {
      size_t bytes = 0;
      if (!part.has_batch()) continue;
      if (part.batch().row_count() == 0) continue;
      for (const std::string& text : part.batch().columns(0).texts().values()) {
        bytes += text.size();
      }
      EXPECT_LE(bytes, 256 * kKib);
    }
  });
}

TEST_F(StreamSinkTest, PausesWithOneBatchOnItsWayAndOneFull) {
  OnLoop([this] {
    Rig rig(loop_, {"text"});
    const std::string kilobyte(kKib, 'x');
    int given = 0;
    Next next = Next::kContinue;
    while (next == Next::kContinue && given < 10'000) {
      next = rig.Give({kilobyte});
      ++given;
    }
    // The header is on its way, the first batch behind it, the second full.
    EXPECT_EQ(next, Next::kPause);
    EXPECT_EQ(given, 256);
    EXPECT_EQ(rig.resume_count(), 0);
    rig.writer().Complete();
    EXPECT_EQ(rig.resume_count(), 0);
    rig.writer().Complete();
    EXPECT_EQ(rig.resume_count(), 1);
    EXPECT_EQ(rig.RowCounts(), (std::vector<uint32_t>{128, 128}));

    // From now on one is on its way and the next is filled.
    for (int round = 0; round < 10; ++round) {
      for (int i = 0; i < 127; ++i) {
        ASSERT_EQ(rig.Give({kilobyte}), Next::kContinue);
      }
      ASSERT_EQ(rig.Give({kilobyte}), Next::kPause);
      rig.writer().Complete();
      EXPECT_EQ(rig.resume_count(), round + 2);
    }
    rig.Finish();
    EXPECT_EQ(rig.Result().row_count(), 256u + 10 * 128);
  });
}

TEST_F(StreamSinkTest, PausesWhileTheFragmentsOfALongRowAreOnTheirWay) {
  OnLoop([this] {
    Rig rig(loop_, {"text"});
    const std::string text(1000 * kKib, 'l');
    const std::string body = MakeRow({text});
    EXPECT_EQ(rig.sink().AddLongRow(body.size()), Next::kPause);
    EXPECT_FALSE(rig.sink().MayStartAnew());
    rig.writer().Complete();
    EXPECT_EQ(rig.resume_count(), 1);
    size_t at = 0;
    while (at < body.size()) {
      const size_t before = rig.writer().parts().size();
      const Next next =
          rig.sink().AddPiece(absl::string_view(body).substr(at, 100 * kKib));
      at += 100 * kKib;
      const bool sent = rig.writer().parts().size() > before;
      EXPECT_EQ(next, sent ? Next::kPause : Next::kContinue);
      rig.writer().CompleteAll();
    }
    rig.Finish();
    EXPECT_EQ(rig.Result().columns(0).texts().values(0), text);
  });
}

TEST_F(StreamSinkTest, PutsShortRowsAroundALongOneInOrder) {
  OnLoop([this] {
    Rig rig(loop_, {"int4", "text"});
    rig.Give({Int4(1), "before"});
    rig.Give({Int4(2), std::string(500 * kKib, 'l')});
    rig.Give({Int4(3), "between"});
    rig.Give({Int4(4), std::string(200 * kKib, 'm')});
    rig.Give({Int4(5), std::nullopt});
    rig.Finish();
    const v1::ResultSet result = rig.Result();
    ASSERT_EQ(result.row_count(), 5u);
    for (int i = 0; i < 5; ++i) {
      EXPECT_EQ(result.columns(0).int64s().values(i), i + 1);
    }
    EXPECT_EQ(result.columns(1).texts().values(1).size(), 500 * kKib);
    EXPECT_EQ(result.columns(1).texts().values(2), "between");
    EXPECT_EQ(result.columns(1).texts().values(3).size(), 200 * kKib);
    EXPECT_EQ(result.columns(1).nulls(), "\x10");
  });
}

TEST_F(StreamSinkTest, CountsTheDigitsOfNumericsTowardsABatch) {
  OnLoop([this] {
    Rig rig(loop_, {"numeric"});
    // Ten bytes, 128,001 digits.
    const std::string number = MakeNumeric(32'000, {1});
    for (int i = 0; i < 10; ++i) {
      if (rig.Give({number}) == Next::kPause) rig.writer().CompleteAll();
    }
    rig.Finish();
    for (const uint32_t count : rig.RowCounts()) EXPECT_LE(count, 2u);
    EXPECT_EQ(rig.Result().row_count(), 10u);
  });
}

TEST_F(StreamSinkTest, StreamsRowsWithoutColumnsAndOfNulls) {
  OnLoop([this] {
    Rig empty(loop_, {});
    for (int i = 0; i < 200'000; ++i) {
      if (empty.Give({}) == Next::kPause) empty.writer().CompleteAll();
    }
    empty.Finish();
    EXPECT_EQ(empty.RowCounts(),
              (std::vector<uint32_t>{128 * kKib, 200'000 - 128 * kKib}));
    EXPECT_EQ(empty.Result().row_count(), 200'000u);

    Rig nulls(loop_, {"text", "int4"});
    for (int i = 0; i < 100'000; ++i) {
      if (nulls.Give({std::nullopt, std::nullopt}) == Next::kPause) {
        nulls.writer().CompleteAll();
      }
    }
    nulls.Finish();
    EXPECT_EQ(nulls.RowCounts(),
              (std::vector<uint32_t>{64 * kKib, 100'000 - 64 * kKib}));
  });
}

TEST_F(StreamSinkTest, LetsSlowRowsWaitATenthOfASecond) {
  std::unique_ptr<Rig> rig;
  OnLoop([&] {
    rig = std::make_unique<Rig>(loop_, std::vector<absl::string_view>{"text"});
    rig->Give({"early"});
  });
  const absl::Time given_at = absl::Now();
  ASSERT_TRUE(AwaitOn(loop_, [&] { return !rig->writer().parts().empty(); }));
  EXPECT_GE(absl::Now() - given_at, absl::Milliseconds(90));
  OnLoop([&] {
    rig->writer().CompleteAll();
    EXPECT_EQ(rig->RowCounts(), (std::vector<uint32_t>{1}));
    rig->Give({"later"});
    rig->Give({"and later"});
  });
  EXPECT_TRUE(AwaitOn(loop_, [&] { return rig->RowCounts().size() == 2; }));

  // What is due while a batch is on its way follows it at once.
  OnLoop([&] { rig->Give({"last"}); });
  absl::SleepFor(absl::Milliseconds(200));
  OnLoop([&] {
    EXPECT_EQ(rig->RowCounts(), (std::vector<uint32_t>{1, 2}));
    rig->writer().Complete();
    EXPECT_EQ(rig->RowCounts(), (std::vector<uint32_t>{1, 2, 1}));
    rig.reset();
  });
}

// Limits, to the row and the byte.

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

TEST_F(StreamSinkTest, FailsAtTheFirstRowBeyondALimit) {
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

TEST_F(StreamSinkTest, EndsBeforeTheFirstRowBeyondALimitWhereAskedTo) {
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
TEST_F(StreamSinkTest, EndsBeforeARowWhoseSecondLongValueIsBeyondTheLimit) {
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

TEST_F(StreamSinkTest, LooksAtEachValueOfARowForTheLimit) {
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

// Callers who go away, and attempts that end.

TEST_F(StreamSinkTest, FailsOnceTheCallerIsGone) {
  OnLoop([this] {
    Rig rig(loop_, {"text"});
    while (rig.Give({std::string(kKib, 'x')}) != Next::kPause) {
    }
    rig.writer().Complete(false);
    EXPECT_EQ(rig.resume_count(), 1) << "PostgreSQL would wait for ever";
    EXPECT_EQ(rig.Give({"more"}), Next::kFail);
    EXPECT_EQ(rig.sink().status().code(), absl::StatusCode::kCancelled);
    const size_t parts = rig.writer().parts().size();
    rig.sink().End();
    bool ended = false;
    Spawn(Note(rig.sink().Abandon(), &ended));
    EXPECT_TRUE(ended);
    EXPECT_EQ(rig.writer().parts().size(), parts);
  });
}

TEST_F(StreamSinkTest, FailsWithTheCauseOfACancellation) {
  OnLoop([this] {
    Rig short_rows(loop_, {"text"});
    short_rows.cancellation().Request(CancelCause::kDeadline);
    EXPECT_EQ(short_rows.Give({"x"}), Next::kFail);
    EXPECT_EQ(short_rows.sink().status().code(),
              absl::StatusCode::kDeadlineExceeded);

    Rig long_row(loop_, {"text"});
    const std::string body = MakeRow({std::string(500 * kKib, 'x')});
    long_row.sink().AddLongRow(body.size());
    long_row.cancellation().Request(CancelCause::kCaller);
    EXPECT_EQ(long_row.sink().AddPiece(body.substr(0, kKib)), Next::kFail);
    EXPECT_EQ(long_row.sink().status().code(), absl::StatusCode::kCancelled);
  });
}

TEST_F(StreamSinkTest, LeavesTheSourceAloneAfterItsEnd) {
  OnLoop([this] {
    Rig rig(loop_, {"text"});
    while (rig.Give({std::string(kKib, 'x')}) != Next::kPause) {
    }
    rig.sink().End();
    rig.writer().CompleteAll();
    EXPECT_EQ(rig.resume_count(), 0);
  });
}

TEST_F(StreamSinkTest, StartsAnewUntilTheHeaderIsSent) {
  OnLoop([this] {
    Rig rig(loop_, {"text"});
    for (int i = 0; i < 100; ++i) rig.Give({std::string(kKib, 'a')});
    EXPECT_TRUE(rig.sink().MayStartAnew());
    rig.sink().End();
    rig.Begin();
    EXPECT_EQ(rig.sink().row_count(), 0);
    rig.Give({"again"});
    rig.Finish();
    EXPECT_FALSE(rig.sink().MayStartAnew());
    const v1::ResultSet result = rig.Result();
    ASSERT_EQ(result.row_count(), 1u);
    EXPECT_EQ(result.columns(0).texts().values(0), "again");
  });
}

TEST_F(StreamSinkTest, SendsNothingOfAnAttemptThatHasEnded) {
  std::unique_ptr<Rig> rig;
  OnLoop([&] {
    rig = std::make_unique<Rig>(loop_, std::vector<absl::string_view>{"text"});
    rig->Give({"lost"});
    rig->sink().End();
  });
  // Longer than slow rows wait.
  absl::SleepFor(absl::Milliseconds(200));
  OnLoop([&] {
    EXPECT_TRUE(rig->writer().parts().empty());
    EXPECT_TRUE(rig->sink().MayStartAnew());
    rig->Begin();
    rig->Give({"kept"});
    rig->Finish();
    EXPECT_EQ(rig->Result().row_count(), 1u);
    rig.reset();
  });
}

TEST_F(StreamSinkTest, DropsWhatIsLeftOfAResultThatFails) {
  OnLoop([this] {
    Rig rig(loop_, {"text"});
    while (rig.Give({std::string(kKib, 'x')}) != Next::kPause) {
    }
    rig.sink().End();
    bool ended = false;
    Spawn(Note(rig.sink().Abandon(), &ended));
    EXPECT_FALSE(ended) << "a write is in progress";
    rig.writer().Complete();
    EXPECT_TRUE(ended);
    EXPECT_TRUE(rig.RowCounts().empty());
    EXPECT_EQ(rig.writer().abort_count(), 0);
  });
}

// A caller who is still at work on a batch learns why there is no more; one
// who has cancelled is not waited for.
TEST_F(StreamSinkTest, IsPatientAfterAnErrorUnlessTheCallIsOver) {
  for (const bool cancelled : {false, true}) {
    std::unique_ptr<Rig> rig;
    bool ended = false;
    OnLoop([&] {
      rig =
          std::make_unique<Rig>(loop_, std::vector<absl::string_view>{"text"});
      while (rig->Give({std::string(kKib, 'x')}) != Next::kPause) {
      }
      if (cancelled) rig->cancellation().Request(CancelCause::kDeadline);
      rig->sink().End();
      Spawn(Note(rig->sink().Abandon(), &ended));
    });
    if (cancelled) {
      EXPECT_TRUE(
          AwaitOn(loop_, [&] { return rig->writer().abort_count() == 1; }));
    } else {
      absl::SleepFor(absl::Milliseconds(1300));
    }
    OnLoop([&] {
      EXPECT_EQ(rig->writer().abort_count(), cancelled ? 1 : 0);
      EXPECT_FALSE(ended);
      rig->writer().Complete(!cancelled);
      EXPECT_TRUE(ended);
      rig.reset();
    });
  }
}

TEST_F(StreamSinkTest, RefusesRowsThatAreMalformedWhereverTheyAreCut) {
  OnLoop([this] {
    const std::string body = MakeRow({"first", std::nullopt, Int4(3)});
    for (size_t size = 0; size <= body.size() + 2; ++size) {
      if (size == body.size()) continue;
      std::string cut = body;
      cut.resize(size, '\0');
      Rig rig(loop_, {"text", "text", "int4"});
      EXPECT_EQ(rig.GiveBody(cut), Next::kStale) << size;
      EXPECT_EQ(ReasonOf(rig.sink().status()),
                v1::ERROR_REASON_PROTOCOL_VIOLATION)
          << size;
    }
    Rig rig(loop_, {"text"});
    EXPECT_EQ(rig.Give({"\xFF"}), Next::kFail);
    EXPECT_EQ(ReasonOf(rig.sink().status()),
              v1::ERROR_REASON_RESULT_OUT_OF_RANGE);
  });
}

}  // namespace
}  // namespace sluice::execution
