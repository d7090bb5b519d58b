#include "server/base/error.h"

#include "gtest/gtest.h"

namespace sluice {
namespace {

TEST(ErrorTest, CarriesReasonAndMetadata) {
  absl::Status status =
      MakeError(absl::StatusCode::kNotFound, v1::ERROR_REASON_UNKNOWN_DATABASE,
                "no database \"x\"", {{"field", "database"}});
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(status.message(), "no database \"x\"");
  EXPECT_EQ(ReasonOf(status), v1::ERROR_REASON_UNKNOWN_DATABASE);
  EXPECT_EQ(ErrorMetadataOf(status, "field"), "database");
  EXPECT_EQ(ErrorMetadataOf(status, "other"), "");
}

TEST(ErrorTest, MetadataCanBeReplacedLater) {
  absl::Status status =
      MakeError(absl::StatusCode::kUnknown, v1::ERROR_REASON_OUTCOME_UNKNOWN,
                "lost", {{"executed", "no"}});
  SetErrorMetadata(status, "executed", "unknown");
  EXPECT_EQ(ErrorMetadataOf(status, "executed"), "unknown");
  EXPECT_EQ(ReasonOf(status), v1::ERROR_REASON_OUTCOME_UNKNOWN);
}

TEST(ErrorTest, StatusWithoutReasonHasTheUnspecifiedOne) {
  EXPECT_EQ(ReasonOf(absl::InternalError("x")), v1::ERROR_REASON_UNSPECIFIED);
}

}  // namespace
}  // namespace sluice
