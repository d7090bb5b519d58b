// SigningKeys: the Ed25519 keys of one folder, at one moment.

#ifndef SLUICE_SERVER_IDENTITY_SIGNING_KEYS_H_
#define SLUICE_SERVER_IDENTITY_SIGNING_KEYS_H_

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "server/identity/signing_key.h"

namespace sluice::identity {

enum class KeyState {
  // Verifies, so that every instance knows it before it signs.
  kPrepared,
  // Signs. Of several the one whose file says so since the latest time.
  kActive,
  // Verifies what it signed until it was retired, and so no longer than a token
  // lasts.
  kRetired,
};

// A key, without its secret.
struct SigningKeyFacts {
  // Thumbprint by RFC 7638.
  std::string key_id;
  KeyState state = KeyState::kPrepared;
  // Since when it has that state, as its file's name says: whole seconds.
  absl::Time since;
  // The public key, 32 bytes.
  std::string public_key;
};

// A key as a folder has it (signing_key_folder.h).
struct StoredKey {
  SigningKeyFacts facts;
  SigningKey key;
};

// Threads: any; it never changes.
class SigningKeys {
 public:
  // Reads a folder.
  // Errors: as ReadSigningKeys; INVALID_ARGUMENT when no key is active.
  static absl::StatusOr<std::shared_ptr<const SigningKeys>> Load(
      const std::string& folder);
  SigningKeys(const SigningKeys&) = delete;

  // The one that signs first.
  std::vector<SigningKeyFacts> Facts() const;
  const std::string& active_key_id() const { return active().id(); }

  const SigningKey& active() const { return keys_.front().key; }
  // The key whose tokens have that header, byte for byte; null if none has.
  const SigningKey* FindByTokenHeader(absl::string_view header) const;
  // Null if there is no such key.
  const SigningKeyFacts* FindFacts(absl::string_view key_id) const;

 private:
  explicit SigningKeys(std::vector<StoredKey> keys) : keys_(std::move(keys)) {}

  // Invariant: the first one is active.
  const std::vector<StoredKey> keys_;
};

}  // namespace sluice::identity

#endif  // SLUICE_SERVER_IDENTITY_SIGNING_KEYS_H_
