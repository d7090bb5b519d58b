// Guard: the check that every handler makes first: who calls, and may they.

#ifndef SLUICE_SERVER_RPC_GUARD_H_
#define SLUICE_SERVER_RPC_GUARD_H_

#include <grpcpp/server_context.h>

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "server/base/snapshot.h"
#include "server/identity/peer_certificate.h"
#include "server/identity/revocations.h"
#include "server/identity/token_verifier.h"
#include "server/policy/app_usage.h"
#include "server/policy/policy.h"
#include "server/rpc/caller.h"
#include "server/rpc/refusal_log.h"
#include "server/rpc/revocation_freshness.h"

namespace sluice::rpc {

// What a method asks of its caller, beside the certificate of an app.
enum class Proof { kCertificate, kToken, kAdminToken };

// What the guard judges by. All have a value by the first call, and outlive it.
struct GuardParts {
  const Snapshot<policy::Policy>& policy;
  identity::PeerCertificates& certificates;
  identity::TokenVerifier& tokens;
  const Snapshot<identity::Revocations>& revocations;
  const RevocationFreshness& freshness;
  policy::AppUsage& usage;
};

// Threads: any.
class Guard {
 public:
  explicit Guard(const GuardParts& parts) : parts_(parts) {}
  Guard(const Guard&) = delete;

  // Who calls, counted among the calls of the app.
  // Errors, nothing executed: UNAUTHENTICATED (IDENTITY_INVALID,
  // TOKEN_MISSING, TOKEN_INVALID), PERMISSION_DENIED (APP_NOT_ALLOWED,
  // ADMIN_REQUIRED), RESOURCE_EXHAUSTED (TOO_MANY_CALLS, RATE_LIMIT),
  // UNAVAILABLE (REVOCATION_STALE).
  absl::StatusOr<Caller> Admit(const grpc::ServerContext& context, Proof proof);

  // Counts an interactive transaction of the caller's app.
  // Errors: RESOURCE_EXHAUSTED (TOO_MANY_TRANSACTIONS).
  absl::StatusOr<policy::AppUsage::Place> AdmitTransaction(
      const Caller& caller) const {
    return parts_.usage.AdmitTransaction(caller.permit().app());
  }

  // Whether what a call was admitted by is still good, once it is listed: what
  // was revoked while the guard looked found no call to cancel.
  // Errors: UNAUTHENTICATED (TOKEN_INVALID).
  absl::Status Recheck(const Caller& caller, absl::string_view database) const;

  // From when on a token of the caller's app is not revoked as it is issued.
  absl::Time EarliestIssue(const Caller& caller) const;

  // The identity in the certificate of a call; empty without one.
  std::string IdentityOf(const grpc::ServerContext& context) const;

 private:
  // `app` becomes the name of the caller's app as soon as it is known.
  absl::StatusOr<Caller> Judge(const grpc::ServerContext& context, Proof proof,
                               std::string& app);
  absl::StatusOr<std::shared_ptr<const identity::TokenClaims>> FindToken(
      const grpc::ServerContext& context,
      const identity::PeerCertificate& certificate, const policy::App& app);

  const GuardParts parts_;
  RefusalLog refusals_;
};

}  // namespace sluice::rpc

#endif  // SLUICE_SERVER_RPC_GUARD_H_
