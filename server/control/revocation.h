// Revocation: what is to be revoked, and what the control database made of it.

#ifndef SLUICE_SERVER_CONTROL_REVOCATION_H_
#define SLUICE_SERVER_CONTROL_REVOCATION_H_

#include <cstdint>
#include <string>
#include <tuple>

#include "absl/time/time.h"

namespace sluice::control {

enum class RevocationKind { kToken, kApp, kCertificate, kKey };

// What is asked for.
struct Revocation {
  RevocationKind kind = RevocationKind::kToken;
  // `jti`, name of the app, thumbprint in the form that tokens have, or `kid`:
  // 1 to 255 bytes.
  std::string value;
  // When what it revokes has ended by itself. Infinite for a token or an app:
  // when the last token that is valid now has ended.
  absl::Time end_time = absl::InfiniteFuture();
  // Who asks for it, and why: at most 255 and 200 bytes.
  std::string actor;
  std::string reason;
};

// What the control database holds of one.
struct RevocationRecord {
  RevocationKind kind = RevocationKind::kToken;
  std::string value;
  // By the control database's clock.
  absl::Time revoke_time;
  absl::Time expire_time;

  using Key = std::tuple<RevocationKind, std::string>;
  Key key() const { return {kind, value}; }
};

}  // namespace sluice::control

#endif  // SLUICE_SERVER_CONTROL_REVOCATION_H_
