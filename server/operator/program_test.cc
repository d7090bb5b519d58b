// sluice-operator as it is shipped.

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/identity/signing_keys.h"
#include "server/identity/token_issuer.h"
#include "server/identity/token_verifier.h"
#include "server/operator/test_program_run.h"

namespace sluice::operators {
namespace {

using identity::SigningKeys;
using testing::HasSubstr;

class ProgramTest : public testing::Test {
 protected:
  ProgramTest() {
    std::string pattern = testing::TempDir() + "/operator.XXXXXX";
    root_ = mkdtemp(pattern.data());
    folder_ = root_ + "/keys";
  }
  ~ProgramTest() override { std::filesystem::remove_all(root_); }

  std::string root_;
  std::string folder_;
};

TEST_F(ProgramTest, HelpsAndTellsItsVersion) {
  EXPECT_EQ(RunProgram("--help").exit_code, 0);
  EXPECT_THAT(RunProgram("--help").output, HasSubstr("keys rotate"));
  EXPECT_THAT(RunProgram("--version").output, HasSubstr("sluice-operator "));
  EXPECT_EQ(RunProgram("").exit_code, 2);
  EXPECT_EQ(RunProgram("keys generate").exit_code, 2);
  EXPECT_EQ(RunProgram("keys rotate x --overlap soon").exit_code, 2);
}

TEST_F(ProgramTest, MakesTheFirstKeyAndNoSecondActiveOne) {
  ProgramRun run = RunProgram("keys generate --activate " + folder_);
  EXPECT_EQ(run.exit_code, 0) << run.output;
  EXPECT_THAT(run.output, HasSubstr(" active\n"));
  run = RunProgram("keys generate --activate " + folder_);
  EXPECT_EQ(run.exit_code, 1);
  EXPECT_THAT(run.output, HasSubstr("a key is active"));
  run = RunProgram("keys generate " + folder_);
  EXPECT_EQ(run.exit_code, 0);
  EXPECT_THAT(run.output, HasSubstr(" prepared\n"));
  EXPECT_TRUE(SigningKeys::Load(folder_).ok());
}

TEST_F(ProgramTest, ClearsAwayWhatWasKilledOnItsWay) {
  ASSERT_EQ(RunProgram("keys generate --activate " + folder_).exit_code, 0);
  const std::string left = absl::StrCat(
      folder_, "/.", (*SigningKeys::Load(folder_))->active_key_id(), ".new");
  for (const char* command : {"keys generate ", "keys rotate --overlap 0s "}) {
    std::ofstream(left) << "half a key";
    EXPECT_EQ(RunProgram(command + folder_).exit_code, 0);
    EXPECT_FALSE(std::filesystem::exists(left)) << command;
  }
}

TEST_F(ProgramTest, ListsKeysWithoutTheirSecrets) {
  ASSERT_EQ(RunProgram("keys generate --activate " + folder_).exit_code, 0);
  const ProgramRun run = RunProgram("keys list --json " + folder_);
  ASSERT_EQ(run.exit_code, 0);
  const auto list = nlohmann::json::parse(run.output);
  const auto keys = SigningKeys::Load(folder_);
  ASSERT_TRUE(keys.ok());
  ASSERT_EQ(list["keys"].size(), 1u);
  EXPECT_EQ(list["keys"][0]["key_id"], (*keys)->active_key_id());
  EXPECT_EQ(list["keys"][0]["state"], "active");
  EXPECT_THAT(RunProgram("keys list " + folder_).output,
              HasSubstr((*keys)->active_key_id() + "  active    20"));
  EXPECT_EQ(RunProgram("keys list " + root_ + "/none").exit_code, 1);
}

TEST_F(ProgramTest, RotatesOnceTheOverlapHasPassed) {
  ASSERT_EQ(RunProgram("keys generate --activate " + folder_).exit_code, 0);
  const std::string first = (*SigningKeys::Load(folder_))->active_key_id();
  ProgramRun run = RunProgram("keys rotate " + folder_);
  EXPECT_EQ(run.exit_code, 1);
  EXPECT_THAT(run.output, HasSubstr("can be activated from"));
  EXPECT_EQ((*SigningKeys::Load(folder_))->active_key_id(), first);
  run = RunProgram("keys rotate --overlap 1s --wait " + folder_);
  EXPECT_EQ(run.exit_code, 0) << run.output;
  EXPECT_NE((*SigningKeys::Load(folder_))->active_key_id(), first);
}

// Signs with the keys as it finds them, and verifies with those a moment later.
class Reader {
 public:
  explicit Reader(std::string folder) : folder_(std::move(folder)) {
    revocations_.Set(std::make_shared<const identity::Revocations>());
  }

  absl::Status SignAndVerify() {
    absl::Status status = Load();
    if (!status.ok()) return status;
    const absl::Time now = absl::Now();
    identity::TokenClaims claims = {.subject = "s",
                                    .app = "a",
                                    .issue_time = now,
                                    .expire_time = now + absl::Minutes(1),
                                    .authentication_time = now,
                                    .thumbprint = std::string(43, 'A')};
    const absl::StatusOr<std::string> token =
        identity::TokenIssuer(profile_, keys_).Sign(claims);
    if (!token.ok()) return token.status();
    status = Load();
    if (!status.ok()) return status;
    identity::TokenVerifier verifier(profile_, 1, keys_, revocations_);
    return verifier.Verify(*token, claims.thumbprint, "s", absl::Now())
        .status();
  }

 private:
  absl::Status Load() {
    auto keys = SigningKeys::Load(folder_);
    if (keys.ok()) keys_.Set(*std::move(keys));
    return keys.status();
  }

  const std::string folder_;
  const identity::TokenProfile profile_ = {.issuer = "i", .audience = "a"};
  Snapshot<SigningKeys> keys_;
  Snapshot<identity::Revocations> revocations_;
};

TEST_F(ProgramTest, NoReaderNoticesManyRotations) {
  ASSERT_EQ(RunProgram("keys generate --activate " + folder_).exit_code, 0);
  ASSERT_EQ(RunProgram("keys generate " + folder_).exit_code, 0);
  std::atomic<bool> stop = false;
  int read_count = 0;
  std::thread thread([&] {
    Reader reader(folder_);
    do {
      const absl::Status status = reader.SignAndVerify();
      ASSERT_TRUE(status.ok()) << status << " after " << read_count;
      ++read_count;
    } while (!stop);
  });
  for (int i = 0; i < 40; ++i) {
    const ProgramRun run = RunProgram("keys rotate --overlap 0s " + folder_);
    EXPECT_EQ(run.exit_code, 0) << run.output;
  }
  stop = true;
  thread.join();
  EXPECT_GT(read_count, 1);
  EXPECT_EQ((*SigningKeys::Load(folder_))->Facts().size(), 42u);
}

}  // namespace
}  // namespace sluice::operators
