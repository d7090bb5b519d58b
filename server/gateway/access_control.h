// AccessControl: everything that calls are judged by, and what is done when it
// changes.

#ifndef SLUICE_SERVER_GATEWAY_ACCESS_CONTROL_H_
#define SLUICE_SERVER_GATEWAY_ACCESS_CONTROL_H_

#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/base/reload.h"
#include "server/base/snapshot.h"
#include "server/gateway/policy_source.h"
#include "server/identity/peer_certificate.h"
#include "server/identity/revocations.h"
#include "server/identity/signing_keys.h"
#include "server/identity/token_issuer.h"
#include "server/identity/token_verifier.h"
#include "server/policy/app_usage.h"
#include "server/rpc/activity_registry.h"
#include "server/rpc/guard.h"
#include "server/rpc/revocation_freshness.h"
#include "server/rpc/revocation_store.h"
#include "server/rpc/worker.h"
#include "sluice/config/v1/config.pb.h"

namespace sluice::gateway {

// Threads: any.
class AccessControl {
 public:
  // Reads the policy and the signing keys. Nothing is revoked yet. `store` is
  // null without a control database; it outlives this.
  // Errors: INVALID_ARGUMENT; whatever the file system says.
  static absl::StatusOr<std::unique_ptr<AccessControl>> Make(
      const config::v1::Config& config, rpc::RevocationStore* store);
  AccessControl(const AccessControl&) = delete;

  // Reads the same, to tell what Make would refuse.
  // Errors: INVALID_ARGUMENT, a fault to a line.
  static absl::Status Check(const config::v1::Config& config);

  // As PolicySource::Listen.
  void ListenToPolicies(PolicySource::Listener listener) {
    policy_->Listen(std::move(listener));
  }

  // Read the policy, or the keys, anew; a policy that differs ends the calls
  // that it would not let in.
  // Errors: as Make; what was in force stays.
  absl::StatusOr<Reload> ReloadPolicy();
  absl::StatusOr<Reload> ReloadKeys();

  // Puts revocations into force and ends the calls that they concern. How many
  // these are.
  int SetRevocations(
      const std::shared_ptr<const identity::Revocations>& revocations);

  const PolicySource& policy() const { return *policy_; }

  // What the server needs of it.
  rpc::ServerParts MakeServerParts();

 private:
  AccessControl(const config::v1::Config& config, rpc::RevocationStore* store,
                std::unique_ptr<PolicySource> policy,
                std::shared_ptr<const identity::SigningKeys> keys);

  rpc::RevocationStore* const store_;
  const std::string key_folder_;
  const std::unique_ptr<PolicySource> policy_;
  Snapshot<identity::SigningKeys> keys_;
  Snapshot<identity::Revocations> revocations_;
  identity::PeerCertificates certificates_;
  const identity::TokenIssuer issuer_;
  identity::TokenVerifier verifier_;
  const rpc::RevocationFreshness freshness_;
  policy::AppUsage usage_;
  rpc::ActivityRegistry activities_;
  rpc::Guard guard_;
};

}  // namespace sluice::gateway

#endif  // SLUICE_SERVER_GATEWAY_ACCESS_CONTROL_H_
