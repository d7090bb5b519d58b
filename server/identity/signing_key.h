// SigningKey: one Ed25519 key, and what it signs.

#ifndef SLUICE_SERVER_IDENTITY_SIGNING_KEY_H_
#define SLUICE_SERVER_IDENTITY_SIGNING_KEY_H_

#include <openssl/types.h>

#include <cstddef>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace sluice::identity {

inline constexpr size_t kSignatureBytes = 64;

// Ed25519 (RFC 8032) as JOSE has it (RFC 8037).
// Threads: any; it never changes.
class SigningKey {
 public:
  static SigningKey Generate();

  // Takes a private key in PEM (PKCS#8, not encrypted).
  // Errors: INVALID_ARGUMENT for any other text.
  static absl::StatusOr<SigningKey> ParsePem(absl::string_view pem);

  // Its thumbprint by RFC 7638, in base64url.
  const std::string& id() const { return id_; }
  // 32 bytes.
  const std::string& public_key() const { return public_key_; }
  // The header of the tokens that it signs, in base64url: the one spelling
  // that there is.
  const std::string& token_header() const { return token_header_; }

  // kSignatureBytes bytes.
  std::string Sign(absl::string_view message) const;
  bool Verifies(absl::string_view message, absl::string_view signature) const;

  // With the private key: a secret.
  std::string ToPem() const;

 private:
  using Key = std::shared_ptr<EVP_PKEY>;

  explicit SigningKey(Key key);

  Key key_;
  std::string public_key_;
  std::string id_;
  std::string token_header_;
};

}  // namespace sluice::identity

#endif  // SLUICE_SERVER_IDENTITY_SIGNING_KEY_H_
