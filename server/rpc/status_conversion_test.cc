// Tests what of an error reaches the caller.

#include "server/rpc/status_conversion.h"

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "gtest/gtest.h"
#include "server/base/error.h"
#include "sluice/v1/errors.pb.h"

namespace sluice::rpc {
namespace {

// The detail of that kind, where there is one.
template <typename Detail>
std::optional<Detail> DetailOf(const grpc::Status& status) {
  google::rpc::Status told;
  if (!told.ParseFromString(status.error_details())) return std::nullopt;
  Detail detail;
  for (const google::protobuf::Any& packed : told.details()) {
    if (packed.UnpackTo(&detail)) return detail;
  }
  return std::nullopt;
}

bool TellsToRetry(absl::StatusCode code, v1::ErrorReason reason,
                  absl::string_view executed) {
  const absl::Status status =
      MakeError(code, reason, "x", {{"executed", executed}});
  return DetailOf<google::rpc::RetryInfo>(ToGrpcStatus(status)).has_value();
}

TEST(StatusConversionTest, OkIsOkAndHasNoDetails) {
  const grpc::Status status = ToGrpcStatus(absl::OkStatus());
  EXPECT_TRUE(status.ok());
  EXPECT_EQ(status.error_message(), "");
  EXPECT_EQ(status.error_details(), "");
}

TEST(StatusConversionTest, CodeAndMessageAreToldTwiceAlike) {
  const grpc::Status status = ToGrpcStatus(
      MakeError(absl::StatusCode::kNotFound, v1::ERROR_REASON_UNKNOWN_DATABASE,
                "no database \"x\""));
  EXPECT_EQ(status.error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(status.error_message(), "no database \"x\"");
  google::rpc::Status told;
  ASSERT_TRUE(told.ParseFromString(status.error_details()));
  EXPECT_EQ(told.code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(told.message(), "no database \"x\"");
}

TEST(StatusConversionTest, ReasonMetadataAndDetailsSurvive) {
  absl::Status error = MakeError(
      absl::StatusCode::kAlreadyExists, v1::ERROR_REASON_UNIQUE_VIOLATION,
      "there is one already", {{"sqlstate", "23505"}, {"executed", "no"}});
  v1::PostgresDiagnostic diagnostic;
  diagnostic.set_sqlstate("23505");
  diagnostic.set_hint("take another");
  AttachDetail(error, diagnostic.GetDescriptor()->full_name(), diagnostic);

  const grpc::Status status = ToGrpcStatus(error);

  const auto info = DetailOf<google::rpc::ErrorInfo>(status);
  ASSERT_TRUE(info.has_value());
  EXPECT_EQ(info->reason(), "UNIQUE_VIOLATION");
  EXPECT_EQ(info->domain(), "sluice");
  EXPECT_EQ(info->metadata().at("sqlstate"), "23505");
  EXPECT_EQ(info->metadata().at("executed"), "no");
  const auto told = DetailOf<v1::PostgresDiagnostic>(status);
  ASSERT_TRUE(told.has_value());
  EXPECT_EQ(told->hint(), "take another");
}

TEST(StatusConversionTest, FaultsThatPassAreToBeTriedAgainAfterAPause) {
  struct Row {
    absl::StatusCode code;
    v1::ErrorReason reason;
  };
  for (const Row& row : {
           Row{absl::StatusCode::kUnavailable,
               v1::ERROR_REASON_BACKEND_UNAVAILABLE},
           Row{absl::StatusCode::kUnavailable,
               v1::ERROR_REASON_CONNECTION_LOST},
           Row{absl::StatusCode::kUnavailable, v1::ERROR_REASON_SHUTTING_DOWN},
           Row{absl::StatusCode::kAborted,
               v1::ERROR_REASON_SERIALIZATION_FAILURE},
           Row{absl::StatusCode::kAborted, v1::ERROR_REASON_DEADLOCK},
           Row{absl::StatusCode::kAborted, v1::ERROR_REASON_LOCK_NOT_AVAILABLE},
           Row{absl::StatusCode::kResourceExhausted,
               v1::ERROR_REASON_QUEUE_FULL},
           Row{absl::StatusCode::kResourceExhausted,
               v1::ERROR_REASON_TOO_MANY_CALLS},
       }) {
    const absl::Status error =
        MakeError(row.code, row.reason, "x", {{"executed", "no"}});
    const auto retry = DetailOf<google::rpc::RetryInfo>(ToGrpcStatus(error));
    ASSERT_TRUE(retry.has_value()) << v1::ErrorReason_Name(row.reason);
    EXPECT_EQ(retry->retry_delay().seconds(), 0);
    EXPECT_EQ(retry->retry_delay().nanos(), 100'000'000);
  }
}

TEST(StatusConversionTest, NoRetryIsToldWhereSomethingMayHaveBeenExecuted) {
  for (const char* executed : {"unknown", ""}) {
    EXPECT_FALSE(TellsToRetry(absl::StatusCode::kUnavailable,
                              v1::ERROR_REASON_CONNECTION_LOST, executed));
    EXPECT_FALSE(TellsToRetry(absl::StatusCode::kAborted,
                              v1::ERROR_REASON_SERIALIZATION_FAILURE,
                              executed));
    EXPECT_FALSE(TellsToRetry(absl::StatusCode::kUnknown,
                              v1::ERROR_REASON_OUTCOME_UNKNOWN, executed));
  }
}

TEST(StatusConversionTest, NoRetryIsToldOfFaultsThatStay) {
  EXPECT_FALSE(TellsToRetry(absl::StatusCode::kInvalidArgument,
                            v1::ERROR_REASON_SYNTAX_ERROR, "no"));
  EXPECT_FALSE(TellsToRetry(absl::StatusCode::kResourceExhausted,
                            v1::ERROR_REASON_ROW_LIMIT, "no"));
  EXPECT_FALSE(TellsToRetry(absl::StatusCode::kResourceExhausted,
                            v1::ERROR_REASON_BACKEND_RESOURCES, "no"));
  EXPECT_FALSE(TellsToRetry(absl::StatusCode::kDeadlineExceeded,
                            v1::ERROR_REASON_DEADLINE_EXCEEDED, "no"));
}

TEST(StatusConversionTest, AStatusWithoutAReasonIsNotToBeTriedAgain) {
  const grpc::Status status = ToGrpcStatus(absl::UnavailableError("x"));
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_FALSE(DetailOf<google::rpc::ErrorInfo>(status).has_value());
  EXPECT_FALSE(DetailOf<google::rpc::RetryInfo>(status).has_value());
}

TEST(StatusConversionTest, NoRetryIsToldOfWhatAnotherRequestFailed) {
  EXPECT_FALSE(TellsToRetry(absl::StatusCode::kAborted,
                            v1::ERROR_REASON_TRANSACTION_FAILED, "no"));
  EXPECT_TRUE(TellsToRetry(absl::StatusCode::kAborted,
                           v1::ERROR_REASON_PLAN_CHANGED, "no"));
}

TEST(StatusConversionTest, AnErrorWithinAStreamSaysWhatAStatusSays) {
  absl::Status error = MakeError(
      absl::StatusCode::kAborted, v1::ERROR_REASON_DEADLOCK,
      std::string(512, 'a') + "b", {{"sqlstate", "40P01"}, {"executed", "no"}});
  v1::PostgresDiagnostic diagnostic;
  diagnostic.set_sqlstate("40P01");
  diagnostic.set_hint("see the log");
  AttachDetail(error, diagnostic.GetDescriptor()->full_name(), diagnostic);
  const v1::CallError told = ToCallError(error);
  EXPECT_EQ(told.code(), grpc::StatusCode::ABORTED);
  EXPECT_EQ(told.message(), std::string(512, 'a'));
  EXPECT_EQ(told.reason(), "DEADLOCK");
  EXPECT_EQ(told.metadata().at("sqlstate"), "40P01");
  EXPECT_EQ(told.metadata().size(), 2u);
  EXPECT_EQ(told.postgres().hint(), "see the log");
  EXPECT_EQ(told.retry_delay().nanos(), 100'000'000);

  const v1::CallError plain = ToCallError(
      MakeError(absl::StatusCode::kInvalidArgument,
                v1::ERROR_REASON_INVALID_REQUEST, "x", {{"executed", "no"}}));
  EXPECT_FALSE(plain.has_postgres());
  EXPECT_FALSE(plain.has_retry_delay());
}

std::string MessageAfterConversion(const std::string& message) {
  const grpc::Status status = ToGrpcStatus(absl::InternalError(message));
  google::rpc::Status told;
  EXPECT_TRUE(told.ParseFromString(status.error_details()));
  EXPECT_EQ(told.message(), status.error_message());
  return status.error_message();
}

TEST(StatusConversionTest, AMessageOf512BytesIsToldWhole) {
  const std::string message(512, 'a');
  EXPECT_EQ(MessageAfterConversion(message), message);
  EXPECT_EQ(MessageAfterConversion(message + "b"), message);
}

TEST(StatusConversionTest, AMessageIsNotCutWithinACharacter) {
  const std::string stem(510, 'a');
  EXPECT_EQ(MessageAfterConversion(stem + "\u00e9\u00e9"), stem + "\u00e9");
  EXPECT_EQ(MessageAfterConversion(stem + "\U0001F600"), stem);
  EXPECT_EQ(MessageAfterConversion(stem + "b\u00e9"), stem + "b");
}

}  // namespace
}  // namespace sluice::rpc
