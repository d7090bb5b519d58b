#include "server/identity/app_directory.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "server/base/error.h"
#include "server/identity/spiffe_id.h"

namespace sluice::identity {
namespace {

absl::Status InvalidIdentity(absl::string_view message) {
  return MakeError(absl::StatusCode::kUnauthenticated,
                   v1::ERROR_REASON_IDENTITY_INVALID, message,
                   {{"executed", "no"}});
}

absl::Status OtherTrustDomain(absl::string_view trust_domain) {
  return absl::InvalidArgumentError(
      absl::StrCat("it is not of the trust domain ", trust_domain));
}

// A SPIFFE ID of `trust_domain`.
absl::StatusOr<SpiffeId> ParseWithin(absl::string_view trust_domain,
                                     absl::string_view text) {
  absl::StatusOr<SpiffeId> id = SpiffeId::Parse(text);
  if (id.ok() && id->trust_domain() != trust_domain) {
    return OtherTrustDomain(trust_domain);
  }
  return id;
}

Principal MakePrincipal(const config::v1::AppEntry& app) {
  Principal principal;
  principal.app = app.name();
  principal.spiffe_id = app.spiffe_id();
  principal.databases.insert(app.databases().begin(), app.databases().end());
  return principal;
}

}  // namespace

absl::StatusOr<AppDirectory> AppDirectory::Make(
    const config::v1::Config& config) {
  const std::string& trust_domain = config.identity().trust_domain();
  std::vector<std::string> faults;
  absl::Status domain = CheckTrustDomain(trust_domain);
  if (!domain.ok()) {
    faults.push_back(absl::StrCat("identity.trust_domain: ", domain.message()));
  }
  Principals principals;
  for (int i = 0; i < config.apps_size(); ++i) {
    const config::v1::AppEntry& app = config.apps(i);
    const std::string path = absl::StrCat("apps[", i, "].spiffe_id: ");
    absl::StatusOr<SpiffeId> id = ParseWithin(trust_domain, app.spiffe_id());
    if (!id.ok()) {
      faults.push_back(absl::StrCat(path, id.status().message()));
    } else if (!principals.try_emplace(id->text(), MakePrincipal(app)).second) {
      faults.push_back(absl::StrCat(path, "another app has it too"));
    }
  }
  if (!faults.empty()) {
    return absl::InvalidArgumentError(absl::StrJoin(faults, "\n"));
  }
  return AppDirectory(trust_domain, std::move(principals));
}

absl::StatusOr<const Principal*> AppDirectory::FindPrincipal(
    absl::Span<const std::string> uri_names) const {
  if (uri_names.size() != 1) {
    return InvalidIdentity(
        absl::StrCat("the client's certificate has ", uri_names.size(),
                     " URI names, where exactly one is its identity"));
  }
  const auto known = principals_.find(uri_names.front());
  // A known identity is a valid one.
  if (known != principals_.end()) return &known->second;
  absl::StatusOr<SpiffeId> id = ParseWithin(trust_domain_, uri_names.front());
  if (!id.ok()) {
    return InvalidIdentity(
        absl::StrCat("the URI name of the client's certificate is no identity "
                     "of this deployment: ",
                     id.status().message()));
  }
  return MakeError(
      absl::StatusCode::kPermissionDenied, v1::ERROR_REASON_APP_NOT_ALLOWED,
      absl::StrCat("no app of this server has the identity ", id->text()),
      {{"executed", "no"}});
}

}  // namespace sluice::identity
