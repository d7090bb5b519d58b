#include "server/rpc/access_loss.h"

#include <algorithm>

namespace sluice::rpc {
namespace {

// Whether `app` may still do, in the same way, what the grant allowed.
bool Covers(const policy::App& app, const policy::Grant& grant) {
  policy::Rights rights;
  for (const policy::Grant& each : app.grants) {
    if (each.database == grant.database && each.role == grant.role &&
        each.settings == grant.settings) {
      rights.Add(each.rights);
    }
  }
  return rights.HasAll(grant.rights);
}

}  // namespace

bool HasLostAccess(const policy::Policy& before, const policy::Policy& now,
                   absl::string_view identity, absl::string_view database) {
  if (&before == &now) return false;
  const policy::App* old_app = before.FindApp(identity);
  const policy::App* app = now.FindApp(identity);
  if (old_app == nullptr || app == nullptr || app->name != old_app->name) {
    return true;
  }
  return std::any_of(old_app->grants.begin(), old_app->grants.end(),
                     [&](const policy::Grant& grant) {
                       return grant.database == database &&
                              !Covers(*app, grant);
                     });
}

int CancelRevoked(ActivityRegistry& activities,
                  const identity::Revocations& now) {
  return activities.CancelIf(
      [&now](const Activity& activity) {
        return activity.token != nullptr && now.Revokes(*activity.token);
      },
      CancelCause::kRevoked);
}

int CancelDenied(ActivityRegistry& activities, const policy::Policy& now) {
  return activities.CancelIf(
      [&now](const Activity& activity) {
        return HasLostAccess(*activity.policy, now, activity.identity,
                             activity.database);
      },
      CancelCause::kRevoked);
}

}  // namespace sluice::rpc
