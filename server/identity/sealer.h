// Sealer: makes texts that callers keep for the gateway, and can neither read
// nor make.

#ifndef SLUICE_SERVER_IDENTITY_SEALER_H_
#define SLUICE_SERVER_IDENTITY_SEALER_H_

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace sluice::identity {

// AES-256-GCM (NIST SP 800-38D) with a random nonce of 96 bits: a key is good
// for some 2^32 texts, section 8.3.
// Threads: any; it never changes.
class Sealer {
 public:
  static constexpr size_t kKeyBytes = 32;

  // The first key seals, all open.
  // Errors: INVALID_ARGUMENT without a key, for one of another length, and for
  // one that is there twice.
  static absl::StatusOr<Sealer> Make(const std::vector<std::string>& keys);
  // With a key that nobody else has, and that ends with this.
  static Sealer MakeRandom();

  // Printable: base64url (RFC 4648, section 5) without padding. Never the same
  // twice. 44 characters longer than the plaintext takes as base64url.
  std::string Seal(absl::string_view plaintext) const;

  // What was sealed.
  // Errors: INVALID_ARGUMENT, always the same, for any other text.
  absl::StatusOr<std::string> Open(absl::string_view text) const;

 private:
  struct Key {
    // Tells the key in a text without telling anything of it.
    std::string id;
    std::string bytes;
  };

  explicit Sealer(std::vector<Key> keys) : keys_(std::move(keys)) {}

  const Key* FindKey(absl::string_view id) const;

  std::vector<Key> keys_;
};

}  // namespace sluice::identity

#endif  // SLUICE_SERVER_IDENTITY_SEALER_H_
