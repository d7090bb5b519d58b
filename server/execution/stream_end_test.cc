// Tests the ends of a streamed result: callers who go away, attempts that are
// repeated, errors.

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "server/base/error.h"
#include "server/execution/test_stream.h"
#include "server/execution/test_stream_sink.h"

namespace sluice::execution {
namespace {

using StreamEndTest = StreamSinkTest;

TEST_F(StreamEndTest, FailsOnceTheCallerIsGone) {
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

TEST_F(StreamEndTest, FailsWithTheCauseOfACancellation) {
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

TEST_F(StreamEndTest, LeavesTheSourceAloneAfterItsEnd) {
  OnLoop([this] {
    Rig rig(loop_, {"text"});
    while (rig.Give({std::string(kKib, 'x')}) != Next::kPause) {
    }
    rig.sink().End();
    rig.writer().CompleteAll();
    EXPECT_EQ(rig.resume_count(), 0);
  });
}

TEST_F(StreamEndTest, StartsAnewUntilTheHeaderIsSent) {
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

TEST_F(StreamEndTest, SendsNothingOfAnAttemptThatHasEnded) {
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

TEST_F(StreamEndTest, DropsWhatIsLeftOfAResultThatFails) {
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

// Its columns are of uneven length.
TEST_F(StreamEndTest, SendsNoBatchThatARowFailedIn) {
  for (const bool busy : {false, true}) {
    std::unique_ptr<Rig> rig;
    OnLoop([&] {
      rig = std::make_unique<Rig>(
          loop_, std::vector<absl::string_view>{"text", "text"});
      // The header, and a batch that waits behind it.
      while (busy && !rig->writer().busy()) {
        rig->Give({std::string(kKib, 'x'), "y"});
      }
      rig->Give({"whole", "row"});
      EXPECT_EQ(rig->Give({"half", "\xFF"}), Next::kFail);
    });
    // Longer than slow rows wait.
    absl::SleepFor(absl::Milliseconds(200));
    OnLoop([&] {
      rig->writer().CompleteAll();
      EXPECT_EQ(rig->RowCounts().size(), busy ? 1u : 0u);
      rig.reset();
    });
  }
}

// A caller who is still at work on a batch learns why there is no more; one
// who has cancelled is not waited for.
TEST_F(StreamEndTest, IsPatientAfterAnErrorUnlessTheCallIsOver) {
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

// The stream of an interactive transaction outlives a statement.
TEST_F(StreamEndTest, IsAsPatientAsItIsTold) {
  for (const bool patient : {false, true}) {
    std::unique_ptr<Rig> rig;
    bool ended = false;
    OnLoop([&] {
      rig =
          std::make_unique<Rig>(loop_, std::vector<absl::string_view>{"text"});
      while (rig->Give({std::string(kKib, 'x')}) != Next::kPause) {
      }
      rig->cancellation().Request(CancelCause::kDeadline);
      rig->sink().End();
      Spawn(Note(rig->sink().Abandon(patient ? absl::InfiniteDuration()
                                             : absl::Milliseconds(30)),
                 &ended));
    });
    if (patient) absl::SleepFor(absl::Milliseconds(1300));
    EXPECT_TRUE(AwaitOn(loop_, [&] {
      return rig->writer().abort_count() == (patient ? 0 : 1);
    }));
    OnLoop([&] {
      EXPECT_FALSE(ended);
      rig->writer().Complete(patient);
      EXPECT_TRUE(ended);
      rig.reset();
    });
  }
}

TEST_F(StreamEndTest, RefusesRowsThatAreMalformedWhereverTheyAreCut) {
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
