#include "server/rpc/guard.h"

#include <grpcpp/security/auth_context.h>

#include <memory>
#include <vector>

#include "server/execution/request_validation.h"
#include "server/identity/principal.h"

namespace sluice::rpc {
namespace {

// gRPC's property for the URI SANs of the verified leaf. (Its
// `peer_spiffe_id` is not validated.)
constexpr char kPeerUri[] = "peer_uri";

}  // namespace

absl::StatusOr<const identity::Principal*> Guard::Authenticate(
    const grpc::ServerContext& context) const {
  std::vector<std::string> uris;
  const std::shared_ptr<const grpc::AuthContext> peer = context.auth_context();
  if (peer != nullptr && peer->IsPeerAuthenticated()) {
    for (const grpc::string_ref& uri : peer->FindPropertyValues(kPeerUri)) {
      uris.emplace_back(uri.data(), uri.size());
    }
  }
  return apps_.FindPrincipal(uris);
}

absl::StatusOr<const identity::Principal*> Guard::Authorize(
    const grpc::ServerContext& context, const std::string& database) const {
  absl::StatusOr<const identity::Principal*> principal = Authenticate(context);
  if (!principal.ok()) return principal;
  if (!database.empty() && (*principal)->MayUse(database)) return principal;
  return execution::UnknownDatabaseError(database);
}

}  // namespace sluice::rpc
