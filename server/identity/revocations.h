// Revocations: which tokens are no longer good, at one moment.

#ifndef SLUICE_SERVER_IDENTITY_REVOCATIONS_H_
#define SLUICE_SERVER_IDENTITY_REVOCATIONS_H_

#include <memory>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "server/identity/token.h"

namespace sluice::identity {

// Threads: any, once it is filled.
class Revocations {
 public:
  void AddToken(std::string token_id);
  // All tokens of the app that were issued until then.
  void AddApp(const std::string& app, absl::Time until);
  // All tokens bound to a certificate, whenever issued.
  void AddCertificate(std::string thumbprint);
  void AddKey(std::string key_id);
  // The union with others.
  void Add(const Revocations& others);

  bool Revokes(const TokenClaims& claims) const;
  // Until when tokens of the app are revoked, by their `iat`; the infinite past
  // if they are not.
  absl::Time RevokedUntil(absl::string_view app) const;
  // Whether it may get no token.
  bool RevokesCertificate(absl::string_view thumbprint) const;

  // Reads a deny list (config.v1.Revocation.deny_list_file).
  // Errors: INVALID_ARGUMENT, a fault to a line.
  static absl::StatusOr<Revocations> ParseDenyList(absl::string_view text);

 private:
  absl::flat_hash_set<std::string> tokens_;
  absl::flat_hash_map<std::string, absl::Time> apps_;
  absl::flat_hash_set<std::string> certificates_;
  absl::flat_hash_set<std::string> keys_;
};

// The thumbprint that operators write, as base64url or as 64 hexadecimal
// digits, with a colon between each two or without, in the form that tokens
// have.
// Errors: INVALID_ARGUMENT.
absl::StatusOr<std::string> CanonicalThumbprint(absl::string_view text);

}  // namespace sluice::identity

#endif  // SLUICE_SERVER_IDENTITY_REVOCATIONS_H_
