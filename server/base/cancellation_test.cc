#include "server/base/cancellation.h"

#include <gtest/gtest.h>

#include "server/base/error.h"

namespace sluice {
namespace {

struct Case {
  CancelCause cause;
  absl::StatusCode code;
  v1::ErrorReason reason;
};

TEST(CancellationTest, EachCauseHasAnErrorOfItsOwn) {
  const Case cases[] = {
      {CancelCause::kCaller, absl::StatusCode::kCancelled,
       v1::ERROR_REASON_CANCELLED},
      {CancelCause::kDeadline, absl::StatusCode::kDeadlineExceeded,
       v1::ERROR_REASON_DEADLINE_EXCEEDED},
      {CancelCause::kRevoked, absl::StatusCode::kUnauthenticated,
       v1::ERROR_REASON_TOKEN_INVALID},
      {CancelCause::kAdmin, absl::StatusCode::kCancelled,
       v1::ERROR_REASON_CANCELLED_BY_ADMIN},
  };
  for (const Case& expected : cases) {
    const absl::Status error = CancellationError(expected.cause, "execute");
    EXPECT_EQ(error.code(), expected.code);
    EXPECT_EQ(ReasonOf(error), expected.reason);
    EXPECT_EQ(ErrorMetadataOf(error, "executed"), "no");
    EXPECT_EQ(ErrorMetadataOf(error, "phase"), "execute");
  }
}

TEST(CancellationTest, TheFirstCauseCounts) {
  Cancellation cancellation;
  int calls = 0;
  cancellation.Listen([&calls] { ++calls; });
  cancellation.Request(CancelCause::kRevoked);
  cancellation.Request(CancelCause::kCaller);
  EXPECT_EQ(cancellation.cause(), CancelCause::kRevoked);
  EXPECT_EQ(calls, 1);
}

}  // namespace
}  // namespace sluice
