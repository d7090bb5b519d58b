// Tests the parts of a streamed result: their order, their size, and who waits
// for whom.

#include "server/execution/stream_sink.h"

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "server/execution/test_stream.h"
#include "server/execution/test_stream_sink.h"

namespace sluice::execution {
namespace {

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

}  // namespace
}  // namespace sluice::execution
