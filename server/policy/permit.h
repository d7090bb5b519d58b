// Permit: what one call may do: the app's grants within the token's scopes.

#ifndef SLUICE_SERVER_POLICY_PERMIT_H_
#define SLUICE_SERVER_POLICY_PERMIT_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/policy/policy.h"
#include "server/policy/rights.h"

namespace sluice::policy {

// NOT_FOUND (UNKNOWN_DATABASE): for a database that is not served, and for one
// that the app may not use, so that it learns nothing of it. INVALID_ARGUMENT
// without a name.
absl::Status UnknownDatabaseError(absl::string_view name);

// PERMISSION_DENIED (ACCESS_DENIED), naming what is missing.
absl::Status AccessDeniedError(absl::string_view database, Rights missing);

// What a token was narrowed down to.
struct Scope {
  Rights rights = Rights::All();
  // None: all.
  std::vector<std::string> databases;
  bool admin = false;

  // Reads the scopes of a token: "read", "database:demo", "admin".
  // Errors: INVALID_ARGUMENT, INVALID_REQUEST, for an unknown one.
  static absl::StatusOr<Scope> Parse(const std::vector<std::string>& scopes);
};

// Threads: any. Keeps its policy alive, so what it gives out lives as long.
class Permit {
 public:
  Permit(std::shared_ptr<const Policy> policy, const App& app, Scope scope);

  const App& app() const { return *app_; }
  const std::shared_ptr<const Policy>& policy() const { return policy_; }

  // Errors: NOT_FOUND (UNKNOWN_DATABASE) for a database that the app or the
  // token may not use, there or not.
  absl::Status CheckDatabase(absl::string_view database) const;

  // The grant that statements run under which need all of `needed` together:
  // the first that has them all. Reads among others run under the grant of
  // those, if the app may read there at all.
  // Errors: as CheckDatabase; PERMISSION_DENIED (ACCESS_DENIED), naming what is
  // missing.
  absl::StatusOr<const Grant*> FindGrant(absl::string_view database,
                                         Rights needed) const;

  // What the call may do in a database, for GetCapabilities.
  Rights RightsIn(absl::string_view database) const;

  // Errors: PERMISSION_DENIED (ADMIN_REQUIRED).
  absl::Status CheckAdmin() const;

 private:
  // Whether the token is for the database.
  bool InScope(absl::string_view database) const;
  // Null: there is none.
  const Grant* FirstGrant(absl::string_view database, Rights needed) const;

  std::shared_ptr<const Policy> policy_;
  const App* app_;
  Scope scope_;
};

}  // namespace sluice::policy

#endif  // SLUICE_SERVER_POLICY_PERMIT_H_
