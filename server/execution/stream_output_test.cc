#include "server/execution/stream_output.h"

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "server/execution/test_stream.h"

namespace sluice::execution {
namespace {

constexpr absl::Duration kNever = absl::Hours(1);

v1::QueryStreamResponse Part(uint32_t number) {
  v1::QueryStreamResponse part;
  part.mutable_batch()->set_row_count(number);
  return part;
}

std::vector<uint32_t> NumbersOf(const TestWriter& writer) {
  std::vector<uint32_t> numbers;
  for (const v1::QueryStreamResponse& part : writer.parts()) {
    numbers.push_back(part.batch().row_count());
  }
  return numbers;
}

void Send(StreamOutput& output, uint32_t number) {
  v1::QueryStreamResponse part = Part(number);
  output.Send(part);
}

class StreamOutputTest : public ::testing::Test {
 protected:
  EventLoop loop_{"stream-test"};
  TestWriter writer_;
};

TEST_F(StreamOutputTest, SendsOnePartAfterTheOther) {
  RunOn(loop_, [this] {
    StreamOutput output(loop_, writer_, kNever);
    int idle_count = 0;
    output.OnIdle([&idle_count] { ++idle_count; });
    EXPECT_TRUE(output.idle());

    v1::QueryStreamResponse part = Part(1);
    output.Send(part);
    part.mutable_batch()->set_row_count(2);
    output.Send(part);
    part.mutable_batch()->set_row_count(3);
    output.Send(part);
    part.mutable_batch()->set_row_count(4);
    EXPECT_FALSE(output.idle());
    EXPECT_EQ(NumbersOf(writer_), (std::vector<uint32_t>{1}));
    writer_.Complete();
    EXPECT_EQ(NumbersOf(writer_), (std::vector<uint32_t>{1, 2}));
    EXPECT_EQ(idle_count, 0);
    writer_.CompleteAll();
    EXPECT_EQ(NumbersOf(writer_), (std::vector<uint32_t>{1, 2, 3}));
    EXPECT_EQ(idle_count, 1);
    EXPECT_TRUE(output.idle());
  });
}

TEST_F(StreamOutputTest, SendsNothingMoreToACallerWhoIsGone) {
  RunOn(loop_, [this] {
    StreamOutput output(loop_, writer_, kNever);
    int idle_count = 0;
    output.OnIdle([&idle_count] { ++idle_count; });
    Send(output, 1);
    Send(output, 2);
    EXPECT_FALSE(output.failed());
    writer_.Complete(false);
    EXPECT_TRUE(output.failed());
    EXPECT_TRUE(output.idle());
    EXPECT_EQ(idle_count, 1);
    Send(output, 3);
    EXPECT_TRUE(output.idle());
    EXPECT_EQ(NumbersOf(writer_), (std::vector<uint32_t>{1}));
  });
}

TEST_F(StreamOutputTest, ForgetsWhatItIsToldToDiscard) {
  RunOn(loop_, [this] {
    StreamOutput output(loop_, writer_, kNever);
    Send(output, 1);
    Send(output, 2);
    output.Discard();
    writer_.Complete();
    EXPECT_TRUE(output.idle());
    EXPECT_EQ(NumbersOf(writer_), (std::vector<uint32_t>{1}));
  });
}

TEST_F(StreamOutputTest, SettlesWhenAllIsWritten) {
  RunOn(loop_, [this] {
    StreamOutput output(loop_, writer_, kNever);
    Send(output, 1);
    Send(output, 2);
    bool settled = false;
    Spawn(Note(output.Settle(absl::InfiniteDuration()), &settled));
    writer_.Complete();
    EXPECT_FALSE(settled);
    writer_.Complete();
    EXPECT_TRUE(settled);
  });
}

TEST_F(StreamOutputTest, SettlesAtOnceWhenNothingIsBeingWritten) {
  RunOn(loop_, [this] {
    StreamOutput output(loop_, writer_, kNever);
    bool settled = false;
    Spawn(Note(output.Settle(absl::InfiniteDuration()), &settled));
    EXPECT_TRUE(settled);
  });
}

TEST_F(StreamOutputTest, GivesUpACallerWhoTakesNothing) {
  std::unique_ptr<StreamOutput> output;
  RunOn(loop_, [&] {
    output =
        std::make_unique<StreamOutput>(loop_, writer_, absl::Milliseconds(30));
    Send(*output, 1);
  });
  EXPECT_TRUE(AwaitOn(loop_, [this] { return writer_.abort_count() == 1; }));
  RunOn(loop_, [&] {
    writer_.Complete(false);
    EXPECT_TRUE(output->failed());
    output.reset();
  });
}

// The time counts for each part anew, and not while there is nothing to take.
TEST_F(StreamOutputTest, BearsWithACallerWhoTakesPartsSlowly) {
  constexpr absl::Duration kStall = absl::Milliseconds(900);
  std::unique_ptr<StreamOutput> output;
  RunOn(loop_, [&] {
    output = std::make_unique<StreamOutput>(loop_, writer_, kStall);
    for (uint32_t i = 0; i < 4; ++i) Send(*output, i);
  });
  for (int i = 0; i < 4; ++i) {
    absl::SleepFor(kStall / 3);
    RunOn(loop_, [this] { writer_.Complete(); });
  }
  absl::SleepFor(kStall + kStall / 3);
  RunOn(loop_, [&] {
    EXPECT_EQ(writer_.abort_count(), 0);
    EXPECT_EQ(writer_.parts().size(), 4u);
    output.reset();
  });
}

TEST_F(StreamOutputTest, SettlesNoLongerThanItsPatience) {
  std::unique_ptr<StreamOutput> output;
  bool settled = false;
  RunOn(loop_, [&] {
    output = std::make_unique<StreamOutput>(loop_, writer_, kNever);
    Send(*output, 1);
    Spawn(Note(output->Settle(absl::Milliseconds(30)), &settled));
  });
  EXPECT_TRUE(AwaitOn(loop_, [this] { return writer_.abort_count() == 1; }));
  RunOn(loop_, [&] {
    EXPECT_FALSE(settled);
    writer_.Complete(false);
    EXPECT_TRUE(settled);
    output.reset();
  });
}

}  // namespace
}  // namespace sluice::execution
