// Errors and notices as a person reads them.

#include "client/cli/error_report.h"

#include <string>

#include "absl/strings/cord.h"
#include "client/cli/position_mark.h"
#include "client/cli/text_proto.h"
#include "google/rpc/error_details.pb.h"
#include "gtest/gtest.h"
#include "sluice/v1/errors.pb.h"

namespace sluice::cli {
namespace {

// The status of a call that failed with these details.
absl::Status MakeStatus(absl::StatusCode code, const std::string& message,
                        const std::string& info,
                        const std::string& diagnostic) {
  absl::Status status(code, message);
  status.SetPayload(
      "type.googleapis.com/google.rpc.ErrorInfo",
      absl::Cord(
          ParseTextProto<google::rpc::ErrorInfo>(info).SerializeAsString()));
  status.SetPayload(
      "type.googleapis.com/sluice.v1.PostgresDiagnostic",
      absl::Cord(ParseTextProto<v1::PostgresDiagnostic>(diagnostic)
                     .SerializeAsString()));
  return status;
}

TEST(ErrorReportTest, PointsAtTheFaultInTheStatement) {
  const absl::Status status = MakeStatus(
      absl::StatusCode::kInvalidArgument, "column \"b\" does not exist",
      R"(reason: "UNDEFINED_OBJECT" domain: "sluice"
         metadata { key: "executed" value: "no" })",
      R"(sqlstate: "42703" position: 8 hint: "Try a." detail: "There is a.")");
  EXPECT_EQ(DescribeError(status, "select b\nfrom t"),
            "ERROR:  column \"b\" does not exist\n"
            "REASON:  UNDEFINED_OBJECT (INVALID_ARGUMENT, SQLSTATE 42703, "
            "executed: no)\n"
            "LINE 1: select b\n"
            "               ^\n"
            "DETAIL:  There is a.\n"
            "HINT:  Try a.\n");
}

TEST(ErrorReportTest, PointsIntoAStatementThatPostgresMadeItself) {
  const absl::Status status =
      MakeStatus(absl::StatusCode::kInvalidArgument, "broken", "",
                 R"(internal_query: "select x" internal_position: 8
                    context: "PL/pgSQL function f() line 1")");
  EXPECT_EQ(DescribeError(status, "select f()"),
            "ERROR:  broken\n"
            "REASON:  INVALID_ARGUMENT\n"
            "QUERY:  select x\n"
            "LINE 1: select x\n"
            "               ^\n"
            "CONTEXT:  PL/pgSQL function f() line 1\n");
}

TEST(ErrorReportTest, DescribesAStatusWithoutDetails) {
  EXPECT_EQ(DescribeError(absl::UnavailableError("no\x1b[2J\nconnection"),
                          "select 1"),
            "ERROR:  no\\x1B[2J\nconnection\nREASON:  UNAVAILABLE\n"
            "HINT:  GRPC_VERBOSITY=ERROR shows what gRPC knows of it.\n");
}

TEST(ErrorReportTest, SaysSomethingWhereTheStatusDoesNot) {
  EXPECT_EQ(DescribeError(absl::UnknownError(""), "x"),
            "ERROR:  the call failed without a word\nREASON:  UNKNOWN\n");
}

TEST(ErrorReportTest, TellsHowToAskForTheOutcome) {
  const absl::Status status =
      MakeStatus(absl::StatusCode::kUnknown, "lost",
                 R"(reason: "OUTCOME_UNKNOWN" domain: "sluice"
         metadata { key: "executed" value: "unknown" }
         metadata { key: "outcome_reference" value: "-a_b" })",
                 "");
  EXPECT_EQ(DescribeError(status, "x"),
            "ERROR:  lost\n"
            "REASON:  OUTCOME_UNKNOWN (UNKNOWN, executed: unknown)\n"
            "REFERENCE:  -a_b\n"
            "HINT:  sluice outcome -- -a_b  tells what became of it.\n");
}

TEST(ErrorReportTest, SaysThatAnAnswerIsAnEarlierOne) {
  v1::ExecutionSummary summary;
  summary.set_replayed(true);
  EXPECT_EQ(DescribeNotices(summary),
            "NOTICE:  replayed: nothing was run, this is the answer of an "
            "earlier call with the same request id\n");
}

TEST(ErrorReportTest, PrintsNoticesAndSaysThatRowsAreMissing) {
  const auto summary = ParseTextProto<v1::ExecutionSummary>(R"(
    notices { severity: "NOTICE" message: "first" hint: "look" }
    notices { severity: "WARNING" message: "second" detail: "why" }
    truncated: true)");
  EXPECT_EQ(DescribeNotices(summary),
            "NOTICE:  first\n"
            "HINT:  look\n"
            "WARNING:  second\n"
            "DETAIL:  why\n"
            "WARNING:  rows were left out at a limit\n");
}

TEST(PositionMarkTest, CountsCharactersAndColumnsRatherThanBytes) {
  EXPECT_EQ(MarkPosition("select 'ü漢', b", 14),
            "LINE 1: select 'ü漢', b\n"
            "                      ^\n");
}

TEST(PositionMarkTest, FindsTheLine) {
  EXPECT_EQ(MarkPosition("select a\r\nfrom\tt\nwhere x", 16),
            "LINE 2: from    t\n"
            "                ^\n");
  EXPECT_EQ(MarkPosition("select 1\nfrom", 14),
            "LINE 2: from\n"
            "            ^\n");
}

TEST(PositionMarkTest, ShowsAStretchOfALongLine) {
  const std::string sql = std::string(100, 'a') + "!" + std::string(100, 'b');
  EXPECT_EQ(MarkPosition(sql, 101), "LINE 1: ..." + std::string(50, 'a') + "!" +
                                        std::string(9, 'b') + "...\n" +
                                        std::string(61, ' ') + "^\n");
  EXPECT_EQ(MarkPosition(sql, 3), "LINE 1: " + std::string(60, 'a') + "...\n" +
                                      std::string(10, ' ') + "^\n");
}

TEST(PositionMarkTest, MarksNothingOutsideOfTheText) {
  EXPECT_EQ(MarkPosition("select", 0), "");
  EXPECT_EQ(MarkPosition("select", 99), "");
}

}  // namespace
}  // namespace sluice::cli
