// The plan that Describe tells on request.

#include <gmock/gmock.h>
#include <google/protobuf/struct.pb.h>
#include <google/protobuf/util/json_util.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/integration/describe_request.h"
#include "tests/support/call_error.h"
#include "tests/support/stack_test.h"
#include "tests/support/values.h"

namespace sluice::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;
using Code = grpc::StatusCode;

class ExplainTest : public StackTest<ExplainTest> {
 protected:
  friend class StackTest<ExplainTest>;

  static void SetUpTestSuite() {
    StackTest::SetUpTestSuite();
    if (HasFatalFailure()) return;
    GatewayClient client = stack().MakeClient();
    for (const char* sql :
         {"CREATE TYPE mood AS ENUM ('sad', 'glad')",
          "CREATE TABLE item (id int PRIMARY KEY, name text, mood mood)",
          "CREATE SEQUENCE ticket",
          "CREATE FUNCTION write_item(number int) RETURNS int LANGUAGE sql "
          "VOLATILE AS 'INSERT INTO item VALUES (number) RETURNING id'"}) {
      ASSERT_THAT(client.Execute(sql).status, IsOk()) << sql;
    }
  }

  void TearDown() override {
    EXPECT_EQ(stack().Ask("SELECT count(*) FROM item"), "0");
    EXPECT_EQ(stack().Ask("SELECT is_called FROM ticket"), "f");
  }

  std::string TextPlan(const std::string& sql,
                       const std::vector<v1::Value>& parameters = {}) {
    auto outcome =
        client_.Describe(MakeDescribe(sql, parameters, v1::EXPLAIN_MODE_TEXT));
    EXPECT_THAT(outcome.status, IsOk()) << sql;
    return outcome.response.plan();
  }

  // The top node of the JSON plan.
  google::protobuf::Struct JsonPlan(
      const std::string& sql, const std::vector<v1::Value>& parameters = {}) {
    auto outcome =
        client_.Describe(MakeDescribe(sql, parameters, v1::EXPLAIN_MODE_JSON));
    EXPECT_THAT(outcome.status, IsOk()) << sql;
    google::protobuf::ListValue list;
    EXPECT_TRUE(google::protobuf::util::JsonStringToMessage(
                    outcome.response.plan(), &list)
                    .ok())
        << outcome.response.plan();
    if (list.values().empty()) return {};
    return list.values(0).struct_value().fields().at("Plan").struct_value();
  }

  void ExpectNoPlan(const std::string& sql, v1::ErrorReason reason) {
    for (const v1::ExplainMode mode :
         {v1::EXPLAIN_MODE_TEXT, v1::EXPLAIN_MODE_JSON}) {
      const grpc::Status status =
          client_.Describe(MakeDescribe(sql, {}, mode)).status;
      EXPECT_THAT(status, FailsWith(Code::INVALID_ARGUMENT, reason)) << sql;
      if (reason == v1::ERROR_REASON_INVALID_REQUEST) {
        EXPECT_EQ(CallError::Of(status).Metadata("field"), "explain") << sql;
      }
    }
  }

  GatewayClient client_ = stack().MakeClient();
};

TEST_F(ExplainTest, GivesNoPlanUnlessAsked) {
  auto outcome = client_.Describe(MakeDescribe("SELECT 1"));
  EXPECT_EQ(outcome.response.plan(), "");
  outcome =
      client_.Describe(MakeDescribe("SELECT 1", {}, v1::EXPLAIN_MODE_NONE));
  EXPECT_EQ(outcome.response.plan(), "");
}

TEST_F(ExplainTest, TellsThePlanAsTextWithTheDescription) {
  const auto outcome = client_.Describe(MakeDescribe(
      "SELECT name FROM item ORDER BY name", {}, v1::EXPLAIN_MODE_TEXT));
  ASSERT_THAT(outcome.status, IsOk());
  EXPECT_THAT(outcome.response.plan(), StartsWith("Sort  (cost="));
  EXPECT_THAT(outcome.response.plan(), HasSubstr("\n  Sort Key: name\n"));
  EXPECT_THAT(outcome.response.plan(), Not(::testing::EndsWith("\n")));
  EXPECT_EQ(outcome.response.columns_size(), 1);
}

TEST_F(ExplainTest, TellsThePlanAsVerboseJson) {
  const google::protobuf::Struct plan = JsonPlan("SELECT name FROM item");
  EXPECT_EQ(plan.fields().at("Node Type").string_value(), "Seq Scan");
  EXPECT_EQ(plan.fields().at("Output").list_value().values(0).string_value(),
            "name");
}

TEST_F(ExplainTest, PlansForTheValuesGivenAndNullForTheRest) {
  const std::string sql = "SELECT FROM item WHERE name = $1 AND id + 0 = $2";
  EXPECT_THAT(TextPlan(sql, {Text("x"), Int(7)}),
              HasSubstr("((name = 'x'::text) AND ((id + 0) = 7))"));
  EXPECT_THAT(TextPlan(sql, {Text("x")}), HasSubstr("One-Time Filter: false"));
  EXPECT_THAT(TextPlan(sql), HasSubstr("One-Time Filter: false"));
  EXPECT_THAT(TextPlan(sql, {OfType("text"), Int(7)}),
              HasSubstr("One-Time Filter: false"));
  EXPECT_THAT(TextPlan("SELECT FROM item WHERE mood = $1", {Text("glad")}),
              HasSubstr("'glad'::mood"));
  EXPECT_THAT(
      TextPlan("SELECT FROM item WHERE id = $1", {Typed(Int(7), "int8")}),
      HasSubstr("'7'::bigint"));
}

TEST_F(ExplainTest, RefusesAValueThatIsNoneOfItsType) {
  const v1::DescribeRequest request =
      MakeDescribe("SELECT FROM item WHERE id = $1", {Int(3'000'000'000)},
                   v1::EXPLAIN_MODE_TEXT);
  const grpc::Status status = client_.Describe(request).status;
  EXPECT_THAT(status, FailsWith(Code::INVALID_ARGUMENT,
                                v1::ERROR_REASON_PARAMETER_LOSS));
  EXPECT_EQ(CallError::Of(status).Metadata("parameter"), "1");
}

TEST_F(ExplainTest, PlansWritesWithoutExecutingThem) {
  EXPECT_THAT(TextPlan("INSERT INTO item VALUES ($1)", {Int(1)}),
              StartsWith("Insert on item"));
  EXPECT_THAT(TextPlan("UPDATE item SET name = 'x' RETURNING id"),
              StartsWith("Update on item"));
  EXPECT_THAT(TextPlan("WITH gone AS (DELETE FROM item RETURNING id) "
                       "TABLE gone"),
              HasSubstr("Delete on item"));
  EXPECT_THAT(TextPlan("SELECT FROM item FOR UPDATE"), StartsWith("LockRows"));
  EXPECT_EQ(
      JsonPlan("DELETE FROM item").fields().at("Operation").string_value(),
      "Delete");
  TextPlan("SELECT write_item(1), nextval('ticket')");
}

TEST_F(ExplainTest, TakesAnyTextThatIsOneStatement) {
  const std::string comment(20'000, 'x');
  for (const std::string& sql :
       {std::string("SELECT 1 -- the end"), std::string("SELECT 1; -- ;"),
        std::string(" ;; \n SELECT 1;;"), std::string("(SELECT 1)"),
        std::string("/* ANALYZE */ SELECT 1 /* open /* nested */ */"),
        std::string("VALUES (1)"), absl::StrCat("SELECT 1 --", comment),
        absl::StrCat("/*", comment, "*/ SELECT 1")}) {
    EXPECT_THAT(TextPlan(sql), StartsWith("Result  (cost=")) << sql;
  }
}

TEST_F(ExplainTest, RefusesWhatHasNoPlan) {
  for (const char* sql :
       {"EXPLAIN SELECT 1", "EXPLAIN ANALYZE INSERT INTO item VALUES (1)",
        "SHOW work_mem", "TRUNCATE item", "NOTIFY bell",
        "CREATE TABLE made AS SELECT 1", "SELECT 1 AS a INTO made",
        "DROP TABLE item", "DO 'BEGIN PERFORM write_item(1); END'",
        "ANALYZE item", "VACUUM"}) {
    ExpectNoPlan(sql, v1::ERROR_REASON_INVALID_REQUEST);
  }
}

TEST_F(ExplainTest, LetsNoTextReachTheOptions) {
  for (const char* sql : {"ANALYZE INSERT INTO item VALUES (1)",
                          "(ANALYZE) INSERT INTO item VALUES (1)",
                          "(ANALYZE, VERBOSE) SELECT write_item(1)",
                          ", ANALYZE) INSERT INTO item VALUES (1)"}) {
    ExpectNoPlan(sql, v1::ERROR_REASON_SYNTAX_ERROR);
  }
  ExpectNoPlan("SELECT 1; INSERT INTO item VALUES (1)",
               v1::ERROR_REASON_MULTIPLE_STATEMENTS);
  ExpectNoPlan("EXECUTE sluice_1", v1::ERROR_REASON_STATEMENT_NOT_ALLOWED);
}

TEST_F(ExplainTest, BoundsThePlan) {
  absl::StatusOr<std::unique_ptr<GatewayProcess>> gateway =
      stack().StartGateway({{"limits.max_result_bytes", "300"}});
  ASSERT_TRUE(gateway.ok()) << gateway.status();
  GatewayClient client = stack().MakeClient(**gateway);
  const std::string sql = "SELECT a.id FROM item a, item b, item c";
  EXPECT_THAT(client.Describe(MakeDescribe(sql)).status, IsOk());
  for (const v1::ExplainMode mode :
       {v1::EXPLAIN_MODE_TEXT, v1::EXPLAIN_MODE_JSON}) {
    const grpc::Status status =
        client.Describe(MakeDescribe(sql, {}, mode)).status;
    EXPECT_THAT(status, FailsWith(Code::RESOURCE_EXHAUSTED,
                                  v1::ERROR_REASON_BYTE_LIMIT));
    EXPECT_EQ(CallError::Of(status).Metadata("limit"), "300");
  }
  EXPECT_THAT(
      client.Describe(MakeDescribe("SELECT 1", {}, v1::EXPLAIN_MODE_TEXT))
          .status,
      IsOk());
}

}  // namespace
}  // namespace sluice::testing
