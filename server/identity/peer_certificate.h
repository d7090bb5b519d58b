// PeerCertificate: what the gateway takes from the certificate that a client
// has proved to have.

#ifndef SLUICE_SERVER_IDENTITY_PEER_CERTIFICATE_H_
#define SLUICE_SERVER_IDENTITY_PEER_CERTIFICATE_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace sluice::identity {

// What a certificate without a URI SAN counts as.
enum class CommonNames { kRefused, kAllowed };

struct PeerCertificate {
  // A SPIFFE ID, or "CN=" and the common name.
  std::string identity;
  // SHA-256 of its DER, base64url without padding: `x5t#S256` of RFC 8705.
  std::string thumbprint;
};

// Reads the leaf of a verified chain.
// Errors: UNAUTHENTICATED with reason IDENTITY_INVALID, unless it has exactly
// one URI SAN, a SPIFFE ID of `trust_domain` (X.509-SVID, section 2), or where
// common names count, no URI SAN and one common name of printable ASCII.
// Threads: any.
absl::StatusOr<PeerCertificate> ReadPeerCertificate(
    absl::string_view pem, absl::string_view trust_domain,
    CommonNames common_names);

// Remembers what it has read: a connection shows the same certificate at each
// call.
// Threads: any. Bounded; refusals are not remembered.
class PeerCertificates {
 public:
  PeerCertificates(std::string trust_domain, CommonNames common_names);
  ~PeerCertificates();
  PeerCertificates(const PeerCertificates&) = delete;

  // Errors: as ReadPeerCertificate.
  absl::StatusOr<std::shared_ptr<const PeerCertificate>> Find(
      absl::string_view pem);

 private:
  class Cache;

  const std::string trust_domain_;
  const CommonNames common_names_;
  const std::unique_ptr<Cache> cache_;
};

}  // namespace sluice::identity

#endif  // SLUICE_SERVER_IDENTITY_PEER_CERTIFICATE_H_
