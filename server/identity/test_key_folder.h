// A folder of signing keys for tests.

#ifndef SLUICE_SERVER_IDENTITY_TEST_KEY_FOLDER_H_
#define SLUICE_SERVER_IDENTITY_TEST_KEY_FOLDER_H_

#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "server/identity/signing_key_folder.h"
#include "server/identity/signing_keys.h"

namespace sluice::identity {

class TestKeyFolder {
 public:
  TestKeyFolder() {
    std::string pattern = testing::TempDir() + "/keys.XXXXXX";
    path_ = mkdtemp(pattern.data());
  }
  TestKeyFolder(const TestKeyFolder&) = delete;
  ~TestKeyFolder() { std::filesystem::remove_all(path_); }

  const std::string& path() const { return path_; }

  std::vector<std::string> FileNames() const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(path_)) {
      names.push_back(entry.path().filename().string());
    }
    return names;
  }

  SigningKeyFacts Generate(absl::Time now) const {
    const absl::StatusOr<SigningKeyFacts> facts =
        GenerateSigningKey(path_, now);
    EXPECT_TRUE(facts.ok()) << facts.status();
    return facts.value();
  }

  SigningKeyFacts Set(const SigningKeyFacts& key, KeyState state,
                      absl::Time now) const {
    const absl::StatusOr<SigningKeyFacts> facts =
        SetSigningKeyState(path_, key, state, now);
    EXPECT_TRUE(facts.ok()) << facts.status();
    return facts.value();
  }

  SigningKeyFacts GenerateActive(absl::Time now) const {
    return Set(Generate(now), KeyState::kActive, now);
  }

  std::shared_ptr<const SigningKeys> Load() const {
    const absl::StatusOr<std::shared_ptr<const SigningKeys>> keys =
        SigningKeys::Load(path_);
    EXPECT_TRUE(keys.ok()) << keys.status();
    return keys.value();
  }

 private:
  std::string path_;
};

}  // namespace sluice::identity

#endif  // SLUICE_SERVER_IDENTITY_TEST_KEY_FOLDER_H_
