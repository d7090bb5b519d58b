#include "server/operator/key_rotation.h"

#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"
#include "server/identity/signing_key_folder.h"

namespace sluice::operators {
namespace {

using identity::KeyState;
using identity::SigningKeyFacts;

using Keys = std::vector<SigningKeyFacts>;

Keys KeysIn(const std::vector<identity::StoredKey>& stored, KeyState state) {
  Keys keys;
  for (const identity::StoredKey& key : stored) {
    if (key.facts.state == state) keys.push_back(key.facts);
  }
  return keys;
}

// Changes one folder, and keeps a list of what it changed.
class Rotator {
 public:
  Rotator(const std::string& folder, absl::Time now,
          std::vector<std::string>& changes)
      : folder_(folder), now_(now), changes_(changes) {}

  absl::Status Set(const SigningKeyFacts& key, KeyState state) {
    return Note(identity::SetSigningKeyState(folder_, key, state, now_));
  }

  absl::Status Prepare() {
    return Note(identity::GenerateSigningKey(folder_, now_));
  }

  absl::Status Delete(const SigningKeyFacts& key) {
    changes_.push_back(absl::StrCat(key.key_id, " deleted"));
    return identity::DeleteSigningKey(folder_, key);
  }

 private:
  absl::Status Note(const absl::StatusOr<SigningKeyFacts>& key) {
    if (!key.ok()) return key.status();
    changes_.push_back(
        absl::StrCat(key->key_id, " ", identity::KeyStateName(key->state)));
    return absl::OkStatus();
  }

  const std::string& folder_;
  const absl::Time now_;
  std::vector<std::string>& changes_;
};

// The keys that stand no longer in the way: `prepared` is not empty.
absl::Status Rotate(const Keys& prepared, const Keys& active,
                    const Keys& retired, absl::Time now, Rotator& rotator) {
  // The latest comes first.
  absl::Status status = rotator.Set(prepared.back(), KeyState::kActive);
  for (const SigningKeyFacts& key : active) {
    if (status.ok()) status = rotator.Set(key, KeyState::kRetired);
  }
  for (const SigningKeyFacts& key : retired) {
    if (status.ok() && key.since + kRetiredKeyTime <= now) {
      status = rotator.Delete(key);
    }
  }
  if (status.ok() && prepared.size() == 1) status = rotator.Prepare();
  return status;
}

}  // namespace

absl::StatusOr<KeyRotation> RotateKeys(const std::string& folder,
                                       absl::Duration overlap, absl::Time now) {
  const absl::StatusOr<std::vector<identity::StoredKey>> stored =
      identity::ReadSigningKeys(folder);
  if (!stored.ok()) return stored.status();
  if (stored->size() >= identity::kMaxSigningKeys) {
    return absl::ResourceExhaustedError(absl::StrCat(
        folder, ": has ", stored->size(),
        " keys already; wait until the tokens of retired ones have ended"));
  }
  const Keys prepared = KeysIn(*stored, KeyState::kPrepared);
  KeyRotation rotation;
  Rotator rotator(folder, now, rotation.changes);
  // File names have whole seconds: one more, so that it has been all of them.
  rotation.ready_time = (prepared.empty() ? now : prepared.back().since) +
                        overlap +
                        (overlap > absl::ZeroDuration() ? absl::Seconds(1)
                                                        : absl::ZeroDuration());
  absl::Status status;
  if (prepared.empty()) {
    status = rotator.Prepare();
  } else if (now >= rotation.ready_time) {
    status = Rotate(prepared, KeysIn(*stored, KeyState::kActive),
                    KeysIn(*stored, KeyState::kRetired), now, rotator);
    rotation.done = true;
  }
  if (!status.ok()) return status;
  return rotation;
}

}  // namespace sluice::operators
