#include "server/operator/audit_verify.h"

#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/identity/digest.h"
#include "server/operator/commands.h"
#include "server/telemetry/audit_log.h"
#include "server/telemetry/test_audit_folder.h"

namespace sluice::operators {
namespace {

using testing::HasSubstr;

class AuditVerifyTest : public testing::Test {
 protected:
  AuditVerifyTest() {
    auto log =
        telemetry::AuditLog::Open(folder_.Settings(), "one", &identity::Sha256);
    (*log)->Note("test", {{"app", "shop"}});
  }

  int Run(std::vector<std::string> words) {
    words.insert(words.begin(), {"audit", "verify"});
    output_.str("");
    errors_.str("");
    return RunCommandLine({AuditVerifyCommand()}, words, output_, errors_);
  }
  nlohmann::json Json() { return nlohmann::json::parse(output_.str()); }

  telemetry::TestAuditFolder folder_;
  std::ostringstream output_;
  std::ostringstream errors_;
};

TEST_F(AuditVerifyTest, TellsWhatASoundLogHas) {
  EXPECT_EQ(Run({folder_.path()}), 0) << errors_.str();
  EXPECT_THAT(output_.str(), HasSubstr("records: 4\n"));
  EXPECT_THAT(output_.str(), HasSubstr("sound\n"));
  EXPECT_EQ(Run({"--json", folder_.path()}), 0);
  EXPECT_EQ(Json()["sound"], true);
  EXPECT_EQ(Json()["last_seq"], 4);
  const std::string chain = Json()["chain"];
  EXPECT_EQ(Run({folder_.path(), "--expect", chain}), 0);
  EXPECT_EQ(Run({folder_.path(), "--expect", std::string(64, 'a')}), 1);
}

TEST_F(AuditVerifyTest, NamesTheFirstBreak) {
  const std::string name = folder_.Names()[0];
  std::string bytes = folder_.Read(name);
  bytes.replace(bytes.find("shop"), 4, "stop");
  folder_.Write(name, bytes);
  EXPECT_EQ(Run({folder_.path()}), 1);
  EXPECT_THAT(errors_.str(), HasSubstr(name + ", line 3, where record 3"));
  EXPECT_EQ(Run({folder_.path(), "--json"}), 1);
  EXPECT_EQ(Json()["sound"], false);
  EXPECT_EQ(Json()["break"]["kind"], "changed");
  EXPECT_EQ(Json()["break"]["file"], name);
  EXPECT_EQ(Json()["break"]["line"], 3);
  EXPECT_EQ(Json()["break"]["seq"], 3);
}

TEST_F(AuditVerifyTest, FailsWithTwoWhereThereIsNoLog) {
  EXPECT_EQ(Run({folder_.path() + "/none"}), 2);
  EXPECT_EQ(Run({}), 2);
}

}  // namespace
}  // namespace sluice::operators
