#include "server/operator/key_rotation.h"

#include <cstdlib>
#include <filesystem>
#include <map>
#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/identity/signing_key_folder.h"

namespace sluice::operators {
namespace {

using identity::KeyState;
using identity::SigningKeyFacts;

constexpr absl::Duration kOverlap = absl::Seconds(30);

class KeyRotationTest : public testing::Test {
 protected:
  KeyRotationTest() {
    std::string pattern = testing::TempDir() + "/key_rotation.XXXXXX";
    folder_ = mkdtemp(pattern.data());
  }
  ~KeyRotationTest() override { std::filesystem::remove_all(folder_); }

  KeyRotation Rotate(absl::Duration overlap = kOverlap) {
    const absl::StatusOr<KeyRotation> rotation =
        RotateKeys(folder_, overlap, now_);
    EXPECT_TRUE(rotation.ok()) << rotation.status();
    return rotation.value();
  }

  SigningKeyFacts Make(KeyState state) {
    const auto key = identity::GenerateSigningKey(folder_, now_);
    return identity::SetSigningKeyState(folder_, key.value(), state, now_)
        .value();
  }

  std::map<std::string, KeyState> States() {
    std::map<std::string, KeyState> states;
    const auto keys = identity::ReadSigningKeys(folder_);
    EXPECT_TRUE(keys.ok()) << keys.status();
    for (const auto& [facts, key] : *keys) states[facts.key_id] = facts.state;
    return states;
  }

  int Count(KeyState state) {
    int count = 0;
    for (const auto& [id, known] : States()) count += known == state ? 1 : 0;
    return count;
  }

  std::string folder_;
  absl::Time now_ = absl::FromUnixSeconds(1'700'000'000);
};

TEST_F(KeyRotationTest, ActivatesThePreparedKeyAndPreparesTheNext) {
  const SigningKeyFacts active = Make(KeyState::kActive);
  const SigningKeyFacts prepared = Make(KeyState::kPrepared);
  now_ += kOverlap + absl::Seconds(1);
  const KeyRotation rotation = Rotate();
  EXPECT_TRUE(rotation.done);
  EXPECT_EQ(rotation.changes.size(), 3u);
  std::map<std::string, KeyState> states = States();
  EXPECT_EQ(states.size(), 3u);
  EXPECT_EQ(states[active.key_id], KeyState::kRetired);
  EXPECT_EQ(states[prepared.key_id], KeyState::kActive);
  EXPECT_EQ(Count(KeyState::kPrepared), 1);
}

TEST_F(KeyRotationTest, ChangesNothingBeforeTheOverlapHasPassed) {
  Make(KeyState::kActive);
  Make(KeyState::kPrepared);
  const auto before = States();
  const absl::Time ready = now_ + kOverlap + absl::Seconds(1);
  now_ = ready - absl::Milliseconds(1);
  const KeyRotation rotation = Rotate();
  EXPECT_FALSE(rotation.done);
  EXPECT_EQ(rotation.ready_time, ready);
  EXPECT_THAT(rotation.changes, testing::IsEmpty());
  EXPECT_EQ(States(), before);
}

TEST_F(KeyRotationTest, PreparesAKeyWhereThereIsNone) {
  Make(KeyState::kActive);
  const KeyRotation first = Rotate();
  EXPECT_FALSE(first.done);
  EXPECT_EQ(Count(KeyState::kPrepared), 1);
  now_ = first.ready_time;
  EXPECT_TRUE(Rotate().done);
  EXPECT_EQ(Count(KeyState::kActive), 1);
}

TEST_F(KeyRotationTest, ActivatesTheKeyThatHasBeenPreparedTheLongest) {
  const SigningKeyFacts early = Make(KeyState::kPrepared);
  now_ += absl::Seconds(40);
  const SigningKeyFacts late = Make(KeyState::kPrepared);
  EXPECT_TRUE(Rotate().done);
  std::map<std::string, KeyState> states = States();
  EXPECT_EQ(states[early.key_id], KeyState::kActive);
  EXPECT_EQ(states[late.key_id], KeyState::kPrepared);
  EXPECT_EQ(states.size(), 2u);
}

TEST_F(KeyRotationTest, RetiresAllKeysThatWereActive) {
  // As a rotation leaves them that was broken off.
  Make(KeyState::kActive);
  Make(KeyState::kActive);
  Make(KeyState::kPrepared);
  now_ += absl::Minutes(1);
  EXPECT_TRUE(Rotate().done);
  EXPECT_EQ(Count(KeyState::kActive), 1);
  EXPECT_EQ(Count(KeyState::kRetired), 2);
}

TEST_F(KeyRotationTest, DeletesRetiredKeysOnceTheirTokensHaveEnded) {
  const SigningKeyFacts retired = Make(KeyState::kRetired);
  Make(KeyState::kActive);
  Make(KeyState::kPrepared);
  now_ += kRetiredKeyTime - absl::Seconds(1);
  EXPECT_TRUE(Rotate().done);
  EXPECT_TRUE(States().contains(retired.key_id));
  now_ += absl::Seconds(1);
  EXPECT_TRUE(Rotate(absl::ZeroDuration()).done);
  EXPECT_FALSE(States().contains(retired.key_id));
  EXPECT_EQ(Count(KeyState::kRetired), 2);
}

TEST_F(KeyRotationTest, ChangesNothingInAFolderThatIsFull) {
  Make(KeyState::kActive);
  while (States().size() < identity::kMaxSigningKeys) Make(KeyState::kPrepared);
  now_ += absl::Minutes(1);
  const auto before = States();
  EXPECT_TRUE(
      absl::IsResourceExhausted(RotateKeys(folder_, kOverlap, now_).status()));
  EXPECT_TRUE(absl::IsResourceExhausted(
      identity::GenerateSigningKey(folder_, now_).status()));
  EXPECT_EQ(States(), before);
}

TEST_F(KeyRotationTest, TellsOfAFolderThatItCannotRead) {
  EXPECT_FALSE(RotateKeys(folder_ + "/none", kOverlap, now_).ok());
}

}  // namespace
}  // namespace sluice::operators
