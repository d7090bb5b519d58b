#include "server/policy/permit.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "server/base/error.h"

namespace sluice::policy {
namespace {

constexpr absl::string_view kDatabasePrefix = "database:";
constexpr absl::string_view kAdmin = "admin";

// Together they are granted, but no one grant has them all.
absl::Status NoCommonGrant(absl::string_view database, Rights needed) {
  const std::string names = RightNames(needed);
  return MakeError(absl::StatusCode::kPermissionDenied,
                   v1::ERROR_REASON_ACCESS_DENIED,
                   absl::StrCat("no grant in database \"", database,
                                "\" has all that this needs together: ", names),
                   {{"field", "database"}, {"executed", "no"}});
}

// A scope of one right, if it is one.
bool AddRight(absl::string_view scope, Rights& rights) {
  for (const Right right : kAllRights) {
    if (scope != RightName(right)) continue;
    rights.Add(right);
    return true;
  }
  return false;
}

}  // namespace

absl::Status UnknownDatabaseError(absl::string_view name) {
  if (name.empty()) {
    return MakeError(absl::StatusCode::kInvalidArgument,
                     v1::ERROR_REASON_INVALID_REQUEST, "database: is missing",
                     {{"field", "database"}, {"executed", "no"}});
  }
  return MakeError(
      absl::StatusCode::kNotFound, v1::ERROR_REASON_UNKNOWN_DATABASE,
      absl::StrCat("no database \"", name, "\" is served to this app"),
      {{"field", "database"}, {"executed", "no"}});
}

absl::Status AccessDeniedError(absl::string_view database, Rights missing) {
  const std::string names = RightNames(missing);
  return MakeError(
      absl::StatusCode::kPermissionDenied, v1::ERROR_REASON_ACCESS_DENIED,
      absl::StrCat("the app, or its token, may not do this in database \"",
                   database, "\": it needs ", names),
      {{"field", "database"}, {"executed", "no"}});
}

absl::StatusOr<Scope> Scope::Parse(const std::vector<std::string>& scopes) {
  Scope parsed;
  Rights rights;
  for (absl::string_view scope : scopes) {
    if (scope == kAdmin) {
      parsed.admin = true;
    } else if (absl::ConsumePrefix(&scope, kDatabasePrefix) && !scope.empty()) {
      parsed.databases.emplace_back(scope);
    } else if (!AddRight(scope, rights)) {
      return MakeError(absl::StatusCode::kInvalidArgument,
                       v1::ERROR_REASON_INVALID_REQUEST,
                       "scopes: not read, write, ddl, copy, listen, admin, or "
                       "database: and a name",
                       {{"field", "scopes"}, {"executed", "no"}});
    }
  }
  if (!rights.empty()) parsed.rights = rights;
  return parsed;
}

Permit::Permit(std::shared_ptr<const Policy> policy, const App& app,
               Scope scope)
    : policy_(std::move(policy)), app_(&app), scope_(std::move(scope)) {}

bool Permit::InScope(absl::string_view database) const {
  const std::vector<std::string>& databases = scope_.databases;
  return databases.empty() || std::find(databases.begin(), databases.end(),
                                        database) != databases.end();
}

absl::Status Permit::CheckDatabase(absl::string_view database) const {
  return InScope(database) && FirstGrant(database, Rights()) != nullptr
             ? absl::OkStatus()
             : UnknownDatabaseError(database);
}

absl::StatusOr<const Grant*> Permit::FindGrant(absl::string_view database,
                                               Rights needed) const {
  absl::Status status = CheckDatabase(database);
  if (!status.ok()) return status;
  const Rights missing = needed.Without(RightsIn(database));
  if (!missing.empty()) return AccessDeniedError(database, missing);
  const Grant* grant = FirstGrant(database, needed);
  const Rights others = needed.Without({Right::kRead});
  if (grant == nullptr && !others.empty()) grant = FirstGrant(database, others);
  if (grant == nullptr) return NoCommonGrant(database, needed);
  return grant;
}

const Grant* Permit::FirstGrant(absl::string_view database,
                                Rights needed) const {
  for (const Grant& grant : app_->grants) {
    if (grant.database == database && grant.rights.HasAll(needed)) {
      return &grant;
    }
  }
  return nullptr;
}

Rights Permit::RightsIn(absl::string_view database) const {
  Rights rights;
  if (!InScope(database)) return rights;
  for (const Grant& grant : app_->grants) {
    if (grant.database == database) rights.Add(grant.rights);
  }
  return rights.And(scope_.rights);
}

absl::Status Permit::CheckAdmin() const {
  if (app_->admin && scope_.admin) return absl::OkStatus();
  return MakeError(absl::StatusCode::kPermissionDenied,
                   v1::ERROR_REASON_ADMIN_REQUIRED,
                   "this is for admins, with a token that has the scope admin",
                   {{"executed", "no"}});
}

}  // namespace sluice::policy
