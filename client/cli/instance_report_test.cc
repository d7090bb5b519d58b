#include "client/cli/instance_report.h"

#include <string>
#include <utility>

#include "absl/status/status.h"
#include "client/cli/service_text.h"
#include "gmock/gmock.h"
#include "google/protobuf/struct.pb.h"
#include "google/protobuf/util/json_util.h"
#include "gtest/gtest.h"

namespace sluice::cli {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

using Answer = absl::StatusOr<v1::ReleaseWritesResponse>;

void Add(InstanceReport& report, const std::string& address,
         const Answer& answer) {
  report.Add(address, answer, DescribeRelease);
}

TEST(InstanceReportTest, TellsOneAnswerAsItIs) {
  InstanceReport report(Format::kTable, 1);
  Add(report, "a:1", v1::ReleaseWritesResponse());
  report.AddRemark("A remark.\n");
  const ServiceReport done = std::move(report).Finish();
  EXPECT_EQ(done.text, "Writes go on.\n");
  EXPECT_EQ(done.errors, "");

  InstanceReport failed(Format::kJson, 1);
  Add(failed, "a:1", absl::NotFoundError("no such cluster"));
  const ServiceReport why = std::move(failed).Finish();
  EXPECT_EQ(why.text, "");
  EXPECT_THAT(why.errors,
              AllOf(HasSubstr("no such cluster"), Not(HasSubstr("a:1"))));
}

TEST(InstanceReportTest, TellsOfEachInstanceUnderItsAddress) {
  InstanceReport report(Format::kTable, 2);
  Add(report, "a:1", v1::ReleaseWritesResponse());
  Add(report, "b:1", absl::UnavailableError("refused"));
  report.AddRemark("A remark.\n");
  const ServiceReport done = std::move(report).Finish();
  EXPECT_EQ(done.text, "Instance at a:1:\nWrites go on.\n\nA remark.\n");
  EXPECT_THAT(done.errors, AllOf(HasSubstr("Instance at b:1:\nERROR:"),
                                 HasSubstr("refused")));
}

TEST(InstanceReportTest, IsOneJsonValueWhateverWasAnswered) {
  InstanceReport report(Format::kJson, 2);
  Add(report, "a:\"1", v1::ReleaseWritesResponse());
  Add(report, "b:1", absl::UnavailableError("refused"));
  const ServiceReport done = std::move(report).Finish();
  google::protobuf::ListValue list;
  ASSERT_TRUE(
      google::protobuf::util::JsonStringToMessage(done.text, &list).ok())
      << done.text;
  ASSERT_EQ(list.values_size(), 2);
  const auto& first = list.values(0).struct_value().fields();
  EXPECT_EQ(first.at("address").string_value(), "a:\"1");
  EXPECT_TRUE(first.at("answer").has_struct_value());
  const auto& second = list.values(1).struct_value().fields();
  EXPECT_THAT(second.at("error").string_value(), HasSubstr("refused"));
}

}  // namespace
}  // namespace sluice::cli
