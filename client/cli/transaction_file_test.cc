#include "client/cli/transaction_file.h"

#include "gtest/gtest.h"

namespace sluice::cli {
namespace {

TEST(TransactionFileTest, ReadsStepsWithTheirParameters) {
  const auto request = ParseTransaction(R"({
    "transaction": {"isolation": "ISOLATION_LEVEL_SERIALIZABLE",
                    "lock_timeout": "1.5s"},
    "steps": [
      {"statement": {"sql": "SELECT $1"},
       "parameters": [{"int64_value": "7"}],
       "expectation": {"exactly": 1}},
      {"statement": {"sql": "SELECT $1"}, "parameters": [{}],
       "bindings": [{"parameter": 1, "step": 0, "column": 0}]}]})");
  ASSERT_TRUE(request.ok()) << request.status();
  EXPECT_EQ(request->transaction().isolation(),
            v1::ISOLATION_LEVEL_SERIALIZABLE);
  EXPECT_EQ(request->transaction().lock_timeout().nanos(), 500'000'000);
  ASSERT_EQ(request->steps_size(), 2);
  EXPECT_EQ(request->steps(0).parameters(0).int64_value(), 7);
  EXPECT_EQ(request->steps(0).expectation().exactly(), 1);
  EXPECT_EQ(request->steps(1).bindings(0).parameter(), 1u);
}

TEST(TransactionFileTest, SaysWhatIsWrong) {
  for (const char* json : {"", "[]", "{\"step\": []}", "{\"steps\": 1}"}) {
    const auto request = ParseTransaction(json);
    EXPECT_TRUE(absl::IsInvalidArgument(request.status())) << json;
  }
}

}  // namespace
}  // namespace sluice::cli
