// SigningKeys: the Ed25519 keys of one folder, at one moment.

#ifndef SLUICE_SERVER_IDENTITY_SIGNING_KEYS_H_
#define SLUICE_SERVER_IDENTITY_SIGNING_KEYS_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace sluice::identity {

enum class KeyState {
  // Verifies, so that every instance knows it before it signs.
  kPrepared,
  // Signs. Of several the one whose file says so since the latest time.
  kActive,
  // Verifies what it signed until it was retired, and no longer than a token
  // lasts.
  kRetired,
};

// A key, without its secret.
struct SigningKeyFacts {
  // Thumbprint by RFC 7638.
  std::string key_id;
  KeyState state = KeyState::kPrepared;
  // Since when it has that state, as its file's name says.
  absl::Time since;
  // The public key, 32 bytes.
  std::string public_key;
};

// A key is a file `KEY_ID.STATE.TIME.pem` (PKCS#8, mode 0600 or 0640), STATE
// one of prepared, active, retired, TIME in seconds since the Unix epoch: the
// name alone changes, so a rename changes a state at once and as a whole.
// Threads: any; it never changes.
class SigningKeys {
 public:
  // Reads a folder.
  // Errors: INVALID_ARGUMENT, a fault to a line, for a file that is no such
  // key, does not have the name that its key must have, or can be read by
  // others, and when none is active.
  static absl::StatusOr<std::shared_ptr<const SigningKeys>> Load(
      const std::string& folder);
  ~SigningKeys();
  SigningKeys(const SigningKeys&) = delete;

  // The one that signs first.
  std::vector<SigningKeyFacts> Facts() const;
  const std::string& active_key_id() const;

 private:
  friend class TokenIssuer;
  friend class TokenVerifier;
  class Keys;

  explicit SigningKeys(std::unique_ptr<const Keys> keys);

  std::unique_ptr<const Keys> keys_;
};

// Makes a prepared key in the folder, which is made if it is not there.
// Errors: UNAVAILABLE (the file system).
absl::StatusOr<SigningKeyFacts> GenerateSigningKey(const std::string& folder,
                                                   absl::Time now);

}  // namespace sluice::identity

#endif  // SLUICE_SERVER_IDENTITY_SIGNING_KEYS_H_
