#include "sluice/client/transaction_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "sluice/client/request_id.h"
#include "sluice/client/statement.h"
#include "sluice/client/test_result.h"
#include "sluice/client/types.h"

namespace sluice::client {
namespace {

using ::testing::HasSubstr;

void ExpectStep(const Step& step, const std::string& text) {
  EXPECT_TRUE(step.status().ok()) << step.status();
  EXPECT_EQ(step.proto().ShortDebugString(),
            ParseText<v1::Step>(text).ShortDebugString());
}

TEST(StepTest, TakesParametersAndExpectations) {
  ExpectStep(Step("SELECT $1, $2", 7, Typed("app.mood", "ok")),
             "statement { sql: 'SELECT $1, $2' } parameters { int64_value: 7 }"
             "parameters { text_value: 'ok' type: 'app.mood' }");
  ExpectStep(Step("x").ExpectAtMost(3).ExpectExactly(0),
             "statement { sql: 'x' } expectation { exactly: 0 }");
  ExpectStep(Step("x").ExpectAtLeast(1),
             "statement { sql: 'x' } expectation { at_least: 1 }");
  ExpectStep(Step("x").ExpectAtMost(2),
             "statement { sql: 'x' } expectation { at_most: 2 }");
}

TEST(StepTest, TakesValuesOfEarlierSteps) {
  const StepId earlier(4);
  ExpectStep(
      Step("x", 1, earlier.Column(2), Typed("int8", earlier.Column(0))),
      "statement { sql: 'x' } parameters { int64_value: 1 } parameters { }"
      "parameters { type: 'int8' }"
      "bindings { parameter: 2 step: 4 column: 2 }"
      "bindings { parameter: 3 step: 4 column: 0 }");
}

TEST(StepTest, TakesColumnsOfParameters) {
  const StepId earlier(0);
  ExpectStep(
      Step::ForColumns("x", earlier.Column(1),
                       std::vector<std::optional<int>>{1, std::nullopt},
                       Typed("int2", std::vector<int>{3, 4}),
                       Typed("int8", earlier.Column(2)),
                       std::vector<bool>{true, false}),
      "statement { sql: 'x' } parameter_columns { }"
      "parameter_columns { values { int64_value: 1 }"
      "                    values { null_value: NULL_VALUE } }"
      "parameter_columns { values { int64_value: 3 } values { int64_value: 4 }"
      "                    type: 'int2' }"
      "parameter_columns { type: 'int8' }"
      "parameter_columns { values { bool_value: true }"
      "                    values { bool_value: false } }"
      "bindings { parameter: 1 column: 1 } bindings { parameter: 4 column: 2 "
      "}");
}

TEST(StepTest, TakesRowsOfParameters) {
  const std::vector<std::tuple<int, std::string>> rows = {{1, "a"}, {2, "b"}};
  ExpectStep(Step::ForRows("x", rows),
             "statement { sql: 'x' }"
             "parameter_columns { values { int64_value: 1 } values { "
             "int64_value: 2 } }"
             "parameter_columns { values { text_value: 'a' } values { "
             "text_value: 'b' }"
             "}");
}

TEST(StepTest, NamesTheParameterThatIsNone) {
  const std::vector<absl::Duration> none = {absl::ZeroDuration(),
                                            absl::InfiniteDuration()};
  for (const Step& step :
       {Step("x", 1, none[1]), Step::ForColumns("x", std::vector{1, 2}, none),
        Step::ForRows(
            "x", std::vector<std::tuple<int, absl::Duration>>{{1, none[1]}})}) {
    EXPECT_TRUE(absl::IsInvalidArgument(step.status()));
    EXPECT_THAT(step.status().message(), HasSubstr("parameter $2: "));
  }
}

TEST(StepTest, RefusesColumnsThatDifferInLength) {
  const Step step = Step::ForColumns("x", StepId(0).Column(0),
                                     std::vector{1, 2}, std::vector{1});
  EXPECT_TRUE(absl::IsInvalidArgument(step.status()));
  EXPECT_THAT(step.status().message(), HasSubstr("$2 has 2 values, $3 has 1"));
}

TEST(TransactionPlanTest, NumbersItsSteps) {
  TransactionPlan plan;
  EXPECT_EQ(plan.Add(Step("a")).index(), 0u);
  const StepId second = plan.Add(Step("b"));
  EXPECT_EQ(second.index(), 1u);
  plan.Add(Step("c", second.Column(0)));
  EXPECT_EQ(plan.size(), 3u);
  EXPECT_EQ(plan.steps()[2].bindings(0).step(), 1u);
  EXPECT_TRUE(plan.status().ok()) << plan.status();
}

TEST(TransactionPlanTest, NamesTheFirstStepThatCanNotBeSent) {
  TransactionPlan plan;
  plan.Add(Step("a"));
  plan.Add(Step("b", absl::InfiniteDuration()));
  plan.Add(Step("c", StepId(2).Column(0)));
  EXPECT_TRUE(absl::IsInvalidArgument(plan.status()));
  EXPECT_THAT(plan.status().message(), HasSubstr("step 1: parameter $1: "));
  TransactionPlan ahead;
  ahead.Add(Step("a", StepId(0).Column(0)));
  EXPECT_THAT(ahead.status().message(), HasSubstr("step 0: parameter $1 is"));
}

TEST(RequestIdTest, IsARandomUuid) {
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) {
    const std::string id = MakeRequestId();
    const absl::StatusOr<Uuid> uuid = Uuid::Parse(id);
    ASSERT_TRUE(uuid.ok()) << id;
    EXPECT_EQ(uuid->ToString(), id);
    EXPECT_EQ(id[14], '4');
    EXPECT_THAT("89ab", HasSubstr(id.substr(19, 1)));
    EXPECT_TRUE(seen.insert(id).second);
  }
}

}  // namespace
}  // namespace sluice::client
