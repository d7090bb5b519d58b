#include "server/postgres/server_error.h"

#include <string>
#include <tuple>

#include "gtest/gtest.h"
#include "server/base/error.h"
#include "server/postgres/pooler_fault.h"

namespace sluice::postgres {
namespace {

using absl::StatusCode;

std::string Body(const std::string& sqlstate, const std::string& message,
                 const std::string& severity = "ERROR") {
  std::string body;
  body += "S" + severity + '\0';
  body += "V" + severity + '\0';
  body += "C" + sqlstate + '\0';
  body += "M" + message + '\0';
  body += std::string("DKey (id)=(secret)") + '\0';
  body += std::string("P15") + '\0';
  body += std::string("npk") + '\0';
  body += '\0';
  return body;
}

v1::PostgresDiagnostic DiagnosticOf(const absl::Status& status) {
  v1::PostgresDiagnostic diagnostic;
  const auto payload =
      status.GetPayload(DetailUrl("sluice.v1.PostgresDiagnostic"));
  if (payload.has_value()) diagnostic.ParseFromString(std::string(*payload));
  return diagnostic;
}

using Row = std::tuple<const char*, StatusCode, v1::ErrorReason>;
class TranslationTest : public ::testing::TestWithParam<Row> {};

TEST_P(TranslationTest, SqlstateBecomesCodeAndReason) {
  const auto [sqlstate, code, reason] = GetParam();
  const absl::Status status =
      ServerError::Parse(Body(sqlstate, "m")).ToStatus(DetailPolicy::kOmit);
  EXPECT_EQ(status.code(), code);
  EXPECT_EQ(ReasonOf(status), reason);
  EXPECT_EQ(ErrorMetadataOf(status, "sqlstate"), sqlstate);
}

// As design and docs/errors.md list them: every row of the table.
INSTANTIATE_TEST_SUITE_P(
    All, TranslationTest,
    ::testing::Values(
        Row{"03000", StatusCode::kFailedPrecondition,
            v1::ERROR_REASON_STATEMENT_INVALID},
        Row{"08006", StatusCode::kUnavailable,
            v1::ERROR_REASON_BACKEND_UNAVAILABLE},
        Row{"0A000", StatusCode::kUnimplemented,
            v1::ERROR_REASON_FEATURE_NOT_SUPPORTED},
        Row{"22P02", StatusCode::kInvalidArgument,
            v1::ERROR_REASON_DATA_INVALID},
        Row{"22003", StatusCode::kOutOfRange,
            v1::ERROR_REASON_DATA_OUT_OF_RANGE},
        Row{"23503", StatusCode::kFailedPrecondition,
            v1::ERROR_REASON_CONSTRAINT_VIOLATION},
        Row{"23505", StatusCode::kAlreadyExists,
            v1::ERROR_REASON_UNIQUE_VIOLATION},
        Row{"25P02", StatusCode::kFailedPrecondition,
            v1::ERROR_REASON_TRANSACTION_STATE},
        Row{"25006", StatusCode::kFailedPrecondition,
            v1::ERROR_REASON_READ_ONLY},
        Row{"28000", StatusCode::kPermissionDenied,
            v1::ERROR_REASON_PERMISSION_DENIED},
        Row{"2D000", StatusCode::kFailedPrecondition,
            v1::ERROR_REASON_TRANSACTION_STATE},
        Row{"3B000", StatusCode::kFailedPrecondition,
            v1::ERROR_REASON_TRANSACTION_STATE},
        Row{"3B001", StatusCode::kFailedPrecondition,
            v1::ERROR_REASON_UNKNOWN_SAVEPOINT},
        Row{"3D000", StatusCode::kUnavailable,
            v1::ERROR_REASON_BACKEND_UNAVAILABLE},
        Row{"40001", StatusCode::kAborted,
            v1::ERROR_REASON_SERIALIZATION_FAILURE},
        Row{"40002", StatusCode::kFailedPrecondition,
            v1::ERROR_REASON_CONSTRAINT_VIOLATION},
        Row{"40003", StatusCode::kUnknown, v1::ERROR_REASON_OUTCOME_UNKNOWN},
        Row{"40P01", StatusCode::kAborted, v1::ERROR_REASON_DEADLOCK},
        Row{"42804", StatusCode::kInvalidArgument,
            v1::ERROR_REASON_STATEMENT_INVALID},
        Row{"42501", StatusCode::kPermissionDenied,
            v1::ERROR_REASON_PERMISSION_DENIED},
        Row{"42601", StatusCode::kInvalidArgument,
            v1::ERROR_REASON_SYNTAX_ERROR},
        Row{"42702", StatusCode::kInvalidArgument,
            v1::ERROR_REASON_UNDEFINED_OBJECT},
        Row{"42703", StatusCode::kInvalidArgument,
            v1::ERROR_REASON_UNDEFINED_OBJECT},
        Row{"42704", StatusCode::kInvalidArgument,
            v1::ERROR_REASON_UNDEFINED_OBJECT},
        Row{"42725", StatusCode::kInvalidArgument,
            v1::ERROR_REASON_UNDEFINED_OBJECT},
        Row{"42883", StatusCode::kInvalidArgument,
            v1::ERROR_REASON_UNDEFINED_OBJECT},
        Row{"42P01", StatusCode::kInvalidArgument,
            v1::ERROR_REASON_UNDEFINED_OBJECT},
        Row{"42P02", StatusCode::kInvalidArgument,
            v1::ERROR_REASON_UNDEFINED_OBJECT},
        Row{"44000", StatusCode::kFailedPrecondition,
            v1::ERROR_REASON_CONSTRAINT_VIOLATION},
        Row{"53100", StatusCode::kResourceExhausted,
            v1::ERROR_REASON_BACKEND_RESOURCES},
        Row{"54000", StatusCode::kInvalidArgument,
            v1::ERROR_REASON_PROGRAM_LIMIT},
        Row{"55006", StatusCode::kFailedPrecondition,
            v1::ERROR_REASON_OBJECT_STATE},
        Row{"55P03", StatusCode::kAborted, v1::ERROR_REASON_LOCK_NOT_AVAILABLE},
        Row{"57P03", StatusCode::kUnavailable,
            v1::ERROR_REASON_BACKEND_UNAVAILABLE},
        Row{"57014", StatusCode::kCancelled,
            v1::ERROR_REASON_STATEMENT_CANCELLED},
        Row{"58030", StatusCode::kInternal, v1::ERROR_REASON_BACKEND_FAULT},
        Row{"F0000", StatusCode::kInternal, v1::ERROR_REASON_BACKEND_FAULT},
        Row{"P0001", StatusCode::kFailedPrecondition, v1::ERROR_REASON_RAISED},
        Row{"XX000", StatusCode::kInternal, v1::ERROR_REASON_BACKEND_FAULT},
        Row{"P0002", StatusCode::kUnknown, v1::ERROR_REASON_POSTGRES_ERROR}));

TEST(ServerErrorTest, TellsDetailOnlyWhereAllowed) {
  const ServerError error = ServerError::Parse(Body("23505", "dup"));
  const absl::Status omitted = error.ToStatus(DetailPolicy::kOmit);
  EXPECT_EQ(DiagnosticOf(omitted).detail(), "");
  EXPECT_EQ(DiagnosticOf(omitted).position(), 15);
  EXPECT_EQ(ErrorMetadataOf(omitted, "constraint"), "pk");
  const absl::Status included = error.ToStatus(DetailPolicy::kInclude);
  EXPECT_EQ(DiagnosticOf(included).detail(), "Key (id)=(secret)");
}

TEST(ServerErrorTest, FieldsAreCutToWhatAHeaderHolds) {
  const std::string huge(100'000, 'm');
  const absl::Status status =
      ServerError::Parse(Body("XX000", huge)).ToStatus(DetailPolicy::kInclude);
  EXPECT_LE(DiagnosticOf(status).ByteSizeLong(), 4096U);
  EXPECT_LE(status.message().size(), 512U);
}

TEST(ServerErrorTest, MalformedBodiesGiveWhatCanBeRead) {
  EXPECT_EQ(ServerError::Parse("").sqlstate(), "");
  EXPECT_EQ(ServerError::Parse("C").sqlstate(), "");
  EXPECT_EQ(ServerError::Parse(std::string("C42601\0Mcut", 11)).sqlstate(),
            "42601");
}

std::string WithRoutine(std::string body, const std::string& routine) {
  body.pop_back();
  body += "R" + routine + '\0';
  body += '\0';
  return body;
}

TEST(ServerErrorTest, KnowsStalePlansInAnyLanguage) {
  EXPECT_TRUE(ServerError::Parse(
                  WithRoutine(Body("0A000", "le plan en cache ne doit pas"),
                              "RevalidateCachedQuery"))
                  .AsksToPrepareAgain());
  EXPECT_TRUE(ServerError::Parse(Body("26000", "gone")).AsksToPrepareAgain());
  EXPECT_FALSE(ServerError::Parse(WithRoutine(Body("0A000", "no such feature"),
                                              "transformStmt"))
                   .AsksToPrepareAgain());
}

TEST(ServerErrorTest, AStandbyThatRefusesToBeginReadWriteIsReadOnly) {
  const absl::Status refused =
      ServerError::Parse(WithRoutine(Body("0A000", "no read-write mode"),
                                     "call_bool_check_hook"))
          .ToStatus(DetailPolicy::kOmit);
  EXPECT_EQ(refused.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(ReasonOf(refused), v1::ERROR_REASON_READ_ONLY);
  EXPECT_EQ(ErrorMetadataOf(refused, "sqlstate"), "0A000");
}

TEST(ServerErrorTest, KnowsACompositeThatHasChangedInAnyLanguage) {
  EXPECT_TRUE(
      ServerError::Parse(
          WithRoutine(Body("42804", "falsche Spaltenzahl"), "record_recv"))
          .IsAboutChangedType());
  EXPECT_TRUE(
      ServerError::Parse(WithRoutine(Body("42804", "m"), "ExecEvalFieldSelect"))
          .IsAboutChangedType());
  EXPECT_FALSE(ServerError::Parse(
                   WithRoutine(Body("42804", "m"), "transformAssignedExpr"))
                   .IsAboutChangedType());
}

TEST(ServerErrorTest, KnowsACommitThatMayBeLostInAnyLanguage) {
  EXPECT_TRUE(ServerError::Parse(WithRoutine(Body("01000", "m", "WARNING"),
                                             "SyncRepWaitForLSN"))
                  .SaysCommitMayBeLost());
  EXPECT_FALSE(ServerError::Parse(WithRoutine(Body("01000", "m", "WARNING"),
                                              "exec_stmt_raise"))
                   .SaysCommitMayBeLost());
}

TEST(ServerErrorTest, AnErrorOfTheStatementLeavesNothingOpen) {
  EXPECT_FALSE(ServerError::Parse(Body("23505", "dup")).LeavesOutcomeOpen());
  EXPECT_TRUE(
      ServerError::Parse(Body("57P01", "terminating connection", "FATAL"))
          .LeavesOutcomeOpen());
  EXPECT_TRUE(ServerError::Parse(Body("08P01", "server conn crashed?", "FATAL"))
                  .LeavesOutcomeOpen());
  EXPECT_FALSE(ServerError::Parse(Body("08P01", "query_wait_timeout", "FATAL"))
                   .LeavesOutcomeOpen());
}

TEST(PoolerFaultTest, OnlyKnownTextsAreCertain) {
  const auto classify = [](absl::string_view text) {
    return ClassifyPoolerFault("08P01", text);
  };
  for (const char* text :
       {"query_wait_timeout",
        "server login has been failing, try again later (server_login_retry)",
        "no more connections allowed (max_client_conn)",
        "server login failed: FATAL too many clients already"}) {
    EXPECT_EQ(classify(text), PoolerFault::kNotExecuted) << text;
  }
  for (const char* text :
       {"server conn crashed?", "database configuration changed",
        "query_timeout", "something new"}) {
    EXPECT_EQ(classify(text), PoolerFault::kOutcomeOpen) << text;
  }
}

}  // namespace
}  // namespace sluice::postgres
