#include "server/rpc/guard.h"

#include <grpcpp/security/auth_context.h>

#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "server/base/error.h"
#include "server/identity/spiffe_id.h"

namespace sluice::rpc {
namespace {

// gRPC's property for the URI SANs of the verified leaf. (Its
// `peer_spiffe_id` is not validated.)
constexpr char kPeerUri[] = "peer_uri";

absl::Status InvalidIdentity(absl::string_view message) {
  return MakeError(absl::StatusCode::kUnauthenticated,
                   v1::ERROR_REASON_IDENTITY_INVALID, message,
                   {{"executed", "no"}});
}

std::vector<std::string> UriNames(const grpc::ServerContext& context) {
  std::vector<std::string> uris;
  const std::shared_ptr<const grpc::AuthContext> peer = context.auth_context();
  if (peer != nullptr && peer->IsPeerAuthenticated()) {
    for (const grpc::string_ref& uri : peer->FindPropertyValues(kPeerUri)) {
      uris.emplace_back(uri.data(), uri.size());
    }
  }
  return uris;
}

// Why no app has that identity.
absl::Status UnknownIdentity(const std::string& identity,
                             const std::string& trust_domain) {
  absl::StatusOr<identity::SpiffeId> id = identity::SpiffeId::Parse(identity);
  if (!id.ok()) {
    return InvalidIdentity(
        absl::StrCat("the URI name of the client's certificate is no identity "
                     "of this deployment: ",
                     id.status().message()));
  }
  if (id->trust_domain() != trust_domain) {
    return InvalidIdentity(
        absl::StrCat("the URI name of the client's certificate is no identity "
                     "of this deployment: it is not of the trust domain ",
                     trust_domain));
  }
  return MakeError(
      absl::StatusCode::kPermissionDenied, v1::ERROR_REASON_APP_NOT_ALLOWED,
      absl::StrCat("no app of this server has the identity ", id->text()),
      {{"executed", "no"}});
}

}  // namespace

absl::StatusOr<Guard::AppPointer> Guard::Authenticate(
    const grpc::ServerContext& context) const {
  const std::vector<std::string> uris = UriNames(context);
  if (uris.size() != 1) {
    return InvalidIdentity(
        absl::StrCat("the client's certificate has ", uris.size(),
                     " URI names, where exactly one is its identity"));
  }
  const std::shared_ptr<const policy::Policy> policy = policy_.Get();
  const policy::App* app = policy->FindApp(uris.front());
  if (app == nullptr) return UnknownIdentity(uris.front(), trust_domain_);
  return AppPointer(policy, app);
}

absl::StatusOr<Guard::AppPointer> Guard::Authorize(
    const grpc::ServerContext& context, const std::string& database) const {
  absl::StatusOr<AppPointer> app = Authenticate(context);
  if (!app.ok()) return app;
  if (!database.empty() && (*app)->MayUse(database)) return app;
  return policy::UnknownDatabaseError(database);
}

policy::Permit PermitOf(const Guard::AppPointer& app) {
  return policy::Permit(std::shared_ptr<const policy::Policy>(app, nullptr),
                        *app, policy::Scope());
}

}  // namespace sluice::rpc
