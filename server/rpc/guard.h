// Guard: the check that every handler makes first: who calls, and may they.

#ifndef SLUICE_SERVER_RPC_GUARD_H_
#define SLUICE_SERVER_RPC_GUARD_H_

#include <grpcpp/server_context.h>

#include <memory>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "server/base/snapshot.h"
#include "server/policy/permit.h"
#include "server/policy/policy.h"

namespace sluice::rpc {

// Threads: any.
class Guard {
 public:
  // Keeps the policy alive that it is of.
  using AppPointer = std::shared_ptr<const policy::App>;

  // Lifetime: `policy` outlives it, and has one.
  Guard(const Snapshot<policy::Policy>& policy, std::string trust_domain)
      : policy_(policy), trust_domain_(std::move(trust_domain)) {}

  // The app whose certificate the client proved to have.
  // Errors: UNAUTHENTICATED (IDENTITY_INVALID), PERMISSION_DENIED
  // (APP_NOT_ALLOWED).
  absl::StatusOr<AppPointer> Authenticate(
      const grpc::ServerContext& context) const;

  // The same, and that the app may use the database.
  // Errors: as above; NOT_FOUND (UNKNOWN_DATABASE), INVALID_ARGUMENT without a
  // name.
  absl::StatusOr<AppPointer> Authorize(const grpc::ServerContext& context,
                                       const std::string& database) const;

 private:
  const Snapshot<policy::Policy>& policy_;
  const std::string trust_domain_;
};

// What the app may do, whatever its token is narrowed down to.
policy::Permit PermitOf(const Guard::AppPointer& app);

}  // namespace sluice::rpc

#endif  // SLUICE_SERVER_RPC_GUARD_H_
