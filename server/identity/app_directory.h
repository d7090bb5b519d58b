// AppDirectory: the apps that may call, found by the names in their
// certificates.

#ifndef SLUICE_SERVER_IDENTITY_APP_DIRECTORY_H_
#define SLUICE_SERVER_IDENTITY_APP_DIRECTORY_H_

#include <string>
#include <utility>

#include "absl/container/node_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "server/identity/principal.h"
#include "sluice/config/v1/config.pb.h"

namespace sluice::identity {

// Threads: any; it never changes.
class AppDirectory {
 public:
  // Takes `identity` and `apps` of a validated configuration.
  // Errors: INVALID_ARGUMENT with the paths of all fields at fault, one to a
  // line.
  static absl::StatusOr<AppDirectory> Make(const config::v1::Config& config);

  // The app that a verified certificate names. `uri_names` are all URI subject
  // alternative names of the leaf; the X.509-SVID standard, section 2, wants
  // exactly one. The principal lives as long as the directory.
  // Errors: UNAUTHENTICATED with reason IDENTITY_INVALID if that is no
  // identity of the trust domain; PERMISSION_DENIED with reason
  // APP_NOT_ALLOWED if no app has it.
  absl::StatusOr<const Principal*> FindPrincipal(
      absl::Span<const std::string> uri_names) const;

 private:
  using Principals = absl::node_hash_map<std::string, Principal>;

  AppDirectory(std::string trust_domain, Principals principals)
      : trust_domain_(std::move(trust_domain)),
        principals_(std::move(principals)) {}

  std::string trust_domain_;
  // By SPIFFE ID.
  Principals principals_;
};

}  // namespace sluice::identity

#endif  // SLUICE_SERVER_IDENTITY_APP_DIRECTORY_H_
