#include "sluice/client/error_details.h"

#include <gtest/gtest.h>

#include "absl/strings/cord.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "sluice/client/internal/grpc_status.h"

namespace sluice::client {
namespace {

grpc::Status Told(const google::rpc::Status& rich) {
  return {static_cast<grpc::StatusCode>(rich.code()), rich.message(),
          rich.SerializeAsString()};
}

google::rpc::Status UniqueViolation() {
  google::rpc::Status rich;
  rich.set_code(6);
  rich.set_message("duplicate");
  google::rpc::ErrorInfo info;
  info.set_domain("sluice");
  info.set_reason("UNIQUE_VIOLATION");
  (*info.mutable_metadata())["executed"] = "no";
  (*info.mutable_metadata())["constraint"] = "packages_pkey";
  rich.add_details()->PackFrom(info);
  v1::PostgresDiagnostic diagnostic;
  diagnostic.set_sqlstate("23505");
  rich.add_details()->PackFrom(diagnostic);
  return rich;
}

TEST(ErrorDetailsTest, AreTakenFromTheStatusOfACall) {
  const absl::Status status = internal::FromGrpcStatus(Told(UniqueViolation()));
  EXPECT_EQ(status.code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(status.message(), "duplicate");
  const ErrorDetails details = ErrorDetails::From(status);
  EXPECT_TRUE(details.is_from_gateway());
  EXPECT_EQ(details.reason, v1::ERROR_REASON_UNIQUE_VIOLATION);
  EXPECT_EQ(details.reason_name, "UNIQUE_VIOLATION");
  EXPECT_EQ(details.metadata.at("constraint"), "packages_pkey");
  EXPECT_EQ(details.executed(), Executed::kNo);
  ASSERT_TRUE(details.postgres.has_value());
  EXPECT_EQ(details.postgres->sqlstate(), "23505");
  EXPECT_EQ(details.retry_delay, std::nullopt);
}

TEST(ErrorDetailsTest, TellWhenToCallAgain) {
  google::rpc::Status rich;
  rich.set_code(14);
  google::rpc::RetryInfo retry;
  retry.mutable_retry_delay()->set_seconds(1);
  retry.mutable_retry_delay()->set_nanos(500'000'000);
  rich.add_details()->PackFrom(retry);
  EXPECT_EQ(
      ErrorDetails::From(internal::FromGrpcStatus(Told(rich))).retry_delay,
      absl::Milliseconds(1500));
}

TEST(ErrorDetailsTest, KeepAReasonThatIsNotKnown) {
  google::rpc::ErrorInfo info;
  info.set_domain("sluice");
  info.set_reason("OF_TOMORROW");
  (*info.mutable_metadata())["executed"] = "unknown";
  google::rpc::Status rich;
  rich.set_code(13);
  rich.add_details()->PackFrom(info);
  const ErrorDetails details =
      ErrorDetails::From(internal::FromGrpcStatus(Told(rich)));
  EXPECT_EQ(details.reason, v1::ERROR_REASON_UNSPECIFIED);
  EXPECT_EQ(details.reason_name, "OF_TOMORROW");
  EXPECT_EQ(details.executed(), Executed::kUnknown);
}

TEST(ErrorDetailsTest, AreEmptyForAnErrorOfGrpcItself) {
  const ErrorDetails details = ErrorDetails::From(internal::FromGrpcStatus(
      {grpc::StatusCode::UNAVAILABLE, "no connection"}));
  EXPECT_FALSE(details.is_from_gateway());
  EXPECT_EQ(details.executed(), Executed::kNotTold);
  EXPECT_FALSE(details.postgres.has_value());
}

TEST(ErrorDetailsTest, AreEmptyWhereTheyAreGarbage) {
  const ErrorDetails details = ErrorDetails::From(internal::FromGrpcStatus(
      {grpc::StatusCode::INTERNAL, "broken", "\xff\xff"}));
  EXPECT_FALSE(details.is_from_gateway());
}

}  // namespace
}  // namespace sluice::client
