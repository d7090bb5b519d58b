// SpiffeId: the identity that a certificate carries.

#ifndef SLUICE_SERVER_IDENTITY_SPIFFE_ID_H_
#define SLUICE_SERVER_IDENTITY_SPIFFE_ID_H_

#include <cstddef>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace sluice::identity {

// A SPIFFE ID of a workload, "spiffe://sluice.example/app/demo", by the SPIFFE
// ID standard, section 2:
// https://github.com/spiffe/spiffe/blob/main/standards/SPIFFE-ID.md
// Invariant: the text is in its only valid spelling, so equal identities are
// equal strings.
class SpiffeId {
 public:
  // Section 2.3: what every implementation must support.
  static constexpr size_t kMaxBytes = 2048;

  // Accepts no spelling but the canonical one: lower-case scheme and trust
  // domain, no user, port, escape, query or fragment, at least one path
  // segment, none of them empty, "." or "..".
  // Errors: INVALID_ARGUMENT that says what is wrong, without the text.
  static absl::StatusOr<SpiffeId> Parse(absl::string_view text);

  const std::string& text() const { return text_; }
  absl::string_view trust_domain() const;
  // With its leading slash.
  absl::string_view path() const;

 private:
  SpiffeId(std::string text, size_t path_start)
      : text_(std::move(text)), path_start_(path_start) {}

  std::string text_;
  size_t path_start_;
};

// Checks the name of a trust domain: 1 to 255 of a-z, 0-9, '.', '-', '_'.
// Errors: INVALID_ARGUMENT.
absl::Status CheckTrustDomain(absl::string_view name);

}  // namespace sluice::identity

#endif  // SLUICE_SERVER_IDENTITY_SPIFFE_ID_H_
