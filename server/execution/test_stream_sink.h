// What the tests of StreamSink share: a sink, who feeds it and who takes its
// parts.

#ifndef SLUICE_SERVER_EXECUTION_TEST_STREAM_SINK_H_
#define SLUICE_SERVER_EXECUTION_TEST_STREAM_SINK_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "server/base/cancellation.h"
#include "server/base/event_loop.h"
#include "server/execution/stream_sink.h"
#include "server/execution/test_stream.h"

namespace sluice::execution {

using Next = postgres::RowSink::Next;

inline constexpr size_t kKib = 1024;
inline constexpr int64_t kPlenty = int64_t{1} << 40;

inline ResultLimits NoLimits() {
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
      if (next != Next::kContinue && next != Next::kPause) return next;
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

}  // namespace sluice::execution

#endif  // SLUICE_SERVER_EXECUTION_TEST_STREAM_SINK_H_
