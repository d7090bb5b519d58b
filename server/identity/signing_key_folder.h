// The folder of the signing keys, as every instance has it mounted.

#ifndef SLUICE_SERVER_IDENTITY_SIGNING_KEY_FOLDER_H_
#define SLUICE_SERVER_IDENTITY_SIGNING_KEY_FOLDER_H_

#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "server/identity/signing_keys.h"

namespace sluice::identity {

// A key is a file `KEY_ID.STATE.TIME.pem` (PKCS#8), STATE one of prepared,
// active, retired, TIME in seconds since the Unix epoch: the name alone
// changes, so a rename changes a state at once and as a whole. Files whose name
// begins with a dot are none of the folder's.

// Each token's header is compared with that of each key.
inline constexpr size_t kMaxSigningKeys = 64;

absl::string_view KeyStateName(KeyState state);

// All keys of a folder: the active before the prepared before the retired, and
// of those the latest first.
// Errors: INVALID_ARGUMENT, a fault to a line, for a folder that can't be read
// and for a file that is no such key, does not have the name that its key must
// have, or can be read by others than its owner and group; UNAVAILABLE when
// files are renamed all the time.
absl::StatusOr<std::vector<StoredKey>> ReadSigningKeys(
    const std::string& folder);

// What the following three change is on disk when they return. Their errors:
// UNAVAILABLE (the file system).

// Makes a prepared key in the folder, which is made if it is not there. The
// file has mode 0600; root gives it to the owner of the folder.
// Errors: RESOURCE_EXHAUSTED when the folder has kMaxSigningKeys files.
absl::StatusOr<SigningKeyFacts> GenerateSigningKey(const std::string& folder,
                                                   absl::Time now);

// Gives a key another state, since `now`.
absl::StatusOr<SigningKeyFacts> SetSigningKeyState(const std::string& folder,
                                                   const SigningKeyFacts& key,
                                                   KeyState state,
                                                   absl::Time now);

absl::Status DeleteSigningKey(const std::string& folder,
                              const SigningKeyFacts& key);

// Deletes keys that GenerateSigningKey was about to make when it was killed,
// which count for nobody. Not while somebody generates one.
// Errors: UNAVAILABLE (the file system).
absl::Status DeleteUnfinishedKeys(const std::string& folder);

}  // namespace sluice::identity

#endif  // SLUICE_SERVER_IDENTITY_SIGNING_KEY_FOLDER_H_
