// Tests which instances count as holding writes after a hold has failed.

#include "client/cli/write_hold.h"

#include <google/rpc/error_details.pb.h>
#include <google/rpc/status.pb.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/status/status.h"
#include "absl/strings/cord.h"

namespace sluice::cli {
namespace {

const absl::Status kLost = absl::UnavailableError("lost");

// An error of the gateway that says so of `executed`; empty: nothing.
absl::Status Refusal(const std::string& executed) {
  google::rpc::ErrorInfo info;
  info.set_domain("sluice");
  info.set_reason("UNKNOWN_CLUSTER");
  if (!executed.empty()) (*info.mutable_metadata())["executed"] = executed;
  absl::Status status = absl::NotFoundError("refused");
  status.SetPayload("type.googleapis.com/google.rpc.ErrorInfo",
                    absl::Cord(info.SerializeAsString()));
  return status;
}

TEST(MayHoldWritesTest, NotWhatWasReleased) {
  for (const absl::Status& held :
       {absl::OkStatus(), kLost, Refusal("unknown")}) {
    EXPECT_FALSE(MayHoldWrites(held, absl::OkStatus())) << held;
  }
}

TEST(MayHoldWritesTest, WhatHoldsAndCouldNotBeReleased) {
  EXPECT_TRUE(MayHoldWrites(absl::OkStatus(), kLost));
  // It has writes that do not end.
  EXPECT_TRUE(MayHoldWrites(absl::FailedPreconditionError("3"), kLost));
}

TEST(MayHoldWritesTest, WhatCouldNotBeReleasedAndMayHaveBeenAsked) {
  EXPECT_TRUE(MayHoldWrites(kLost, kLost));
  EXPECT_TRUE(MayHoldWrites(absl::DeadlineExceededError("late"), kLost));
  EXPECT_TRUE(MayHoldWrites(absl::CancelledError("another failed"), kLost));
  EXPECT_TRUE(MayHoldWrites(Refusal("unknown"), kLost));
}

TEST(MayHoldWritesTest, NotWhatKnowsNothingToRelease) {
  EXPECT_FALSE(MayHoldWrites(absl::CancelledError("another"), Refusal("no")));
  // Of something between.
  EXPECT_TRUE(MayHoldWrites(kLost, absl::NotFoundError("of a proxy")));
}

TEST(MayHoldWritesTest, NotWhatHasRefused) {
  EXPECT_FALSE(MayHoldWrites(Refusal("no"), kLost));
  EXPECT_FALSE(MayHoldWrites(Refusal(""), kLost));
}

}  // namespace
}  // namespace sluice::cli
