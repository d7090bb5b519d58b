#include "server/gateway/outcome_keys.h"

#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice::gateway {
namespace {

using testing::HasSubstr;

class OutcomeKeysTest : public testing::Test {
 protected:
  ~OutcomeKeysTest() override {
    for (const std::string& path : paths_) std::remove(path.c_str());
  }

  // A sealer with the keys that files of these contents hold.
  absl::StatusOr<identity::Sealer> MakeFrom(
      const std::vector<std::string>& contents) {
    config::v1::Outcome outcome;
    for (const std::string& content : contents) {
      paths_.push_back(absl::StrCat(testing::TempDir(), "sluice_key_", getpid(),
                                    "_", paths_.size()));
      std::ofstream(paths_.back(), std::ios::binary) << content;
      outcome.add_key_files(paths_.back());
    }
    return MakeSealer(outcome);
  }

  std::vector<std::string> paths_;
};

TEST_F(OutcomeKeysTest, FirstKeySealsAndAllOpen) {
  const std::string first(64, '1');
  const std::string second = std::string(60, 'a') + "BcDe\n";
  absl::StatusOr<identity::Sealer> before = MakeFrom({first});
  absl::StatusOr<identity::Sealer> after = MakeFrom({second, first});
  ASSERT_TRUE(before.ok()) << before.status();
  ASSERT_TRUE(after.ok()) << after.status();
  EXPECT_TRUE(after->Open(before->Seal("x")).ok());
  EXPECT_FALSE(before->Open(after->Seal("x")).ok());
}

TEST_F(OutcomeKeysTest, CaseOfTheDigitsDoesNotMatter) {
  absl::StatusOr<identity::Sealer> lower = MakeFrom({std::string(64, 'f')});
  absl::StatusOr<identity::Sealer> upper =
      MakeFrom({std::string(64, 'F') + "\n"});
  EXPECT_TRUE(upper->Open(lower->Seal("x")).ok());
}

TEST_F(OutcomeKeysTest, WithoutFilesEachSealerHasAKeyOfItsOwn) {
  absl::StatusOr<identity::Sealer> one = MakeFrom({});
  absl::StatusOr<identity::Sealer> other = MakeFrom({});
  ASSERT_TRUE(one.ok());
  EXPECT_TRUE(one->Open(one->Seal("x")).ok());
  EXPECT_FALSE(other->Open(one->Seal("x")).ok());
}

TEST_F(OutcomeKeysTest, WhatIsNoKeyIsRefusedByItsPlace) {
  const std::string key(64, '1');
  for (const std::string& content :
       {std::string(), std::string("\n"), std::string(63, '1'),
        std::string(65, '1'), key + "\n\n", key + " ", key + "\r\n",
        std::string(63, '1') + "g", std::string(62, '1') + "0x",
        std::string(63, '1') + std::string(1, '\0')}) {
    const absl::Status status = MakeFrom({key, content}).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << content;
    EXPECT_THAT(std::string(status.message()),
                HasSubstr("outcome.key_files[1]: "));
    EXPECT_EQ(status.message().find(key), std::string::npos);
  }
}

TEST_F(OutcomeKeysTest, OneKeyInTwoFilesIsRefused) {
  EXPECT_FALSE(MakeFrom({std::string(64, 'f'), std::string(64, 'F')}).ok());
}

TEST_F(OutcomeKeysTest, MissingFileIsRefused) {
  config::v1::Outcome outcome;
  outcome.add_key_files("/nonexistent/key");
  EXPECT_THAT(std::string(MakeSealer(outcome).status().message()),
              HasSubstr("/nonexistent/key"));
}

}  // namespace
}  // namespace sluice::gateway
