#include "server/execution/role_pools.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/time/time.h"
#include "server/base/deadline.h"
#include "server/base/error.h"

namespace sluice::execution {
namespace {

constexpr absl::Duration kDrainInterval = absl::Milliseconds(5);

absl::Status RoleGone(absl::string_view database) {
  return MakeError(absl::StatusCode::kPermissionDenied,
                   v1::ERROR_REASON_ACCESS_DENIED,
                   absl::StrCat("the policy of database \"", database,
                                "\" has changed meanwhile"),
                   {{"field", "database"}, {"executed", "no"}});
}

}  // namespace

RolePools::RolePools(EventLoop& loop, std::string database,
                     postgres::ConnectionSettings connection,
                     const postgres::PoolLimits& limits,
                     BudgetFinder find_budget)
    : loop_(loop),
      database_(std::move(database)),
      connection_(std::move(connection)),
      limits_(limits),
      find_budget_(std::move(find_budget)) {}

void RolePools::Serve(const policy::Policy& policy) {
  std::map<std::string, Role, std::less<>> roles;
  const std::string* first = nullptr;
  for (const policy::App& app : policy.apps()) {
    for (const policy::Grant& grant : app.grants) {
      if (grant.database != database_) continue;
      if (first == nullptr) first = &grant.role;
      roles[grant.role].settings = grant.settings;
    }
  }
  for (auto& [name, old] : roles_) {
    auto kept = roles.find(name);
    if (kept != roles.end() && kept->second.settings == old.settings) {
      kept->second.pool = std::move(old.pool);
    } else if (old.pool != nullptr) {
      Spawn(Retire(std::move(old.pool), postgres::PoolEnd::kRetired));
    }
  }
  roles_ = std::move(roles);
  if (first != nullptr) Find(*first);
}

absl::Status RolePools::CheckRole(absl::string_view role) const {
  return roles_.find(role) == roles_.end() ? RoleGone(database_)
                                           : absl::OkStatus();
}

std::shared_ptr<postgres::Pool> RolePools::Find(absl::string_view role) {
  auto found = roles_.find(role);
  if (found == roles_.end()) return nullptr;
  Role& known = found->second;
  if (known.pool == nullptr) {
    known.pool = MakePool(found->first, known.settings);
  }
  return known.pool;
}

void RolePools::GiveUpWaiting() {
  for (const auto& [name, role] : roles_) {
    if (role.pool == nullptr) continue;
    role.pool->GiveUpWaiting();
    role.pool->CloseLeased(postgres::Access::kReadOnly);
  }
}

void RolePools::CloseWriters() {
  for (const auto& pool : retiring_) {
    pool->CloseLeased(postgres::Access::kReadWrite);
  }
  for (const auto& [name, role] : roles_) {
    if (role.pool != nullptr) {
      role.pool->CloseLeased(postgres::Access::kReadWrite);
    }
  }
}

std::shared_ptr<postgres::Pool> RolePools::MakePool(
    const std::string& role, const policy::SessionSettings& settings) const {
  postgres::ConnectionSettings connection = connection_;
  connection.database =
      absl::StrReplaceAll(connection.database, {{"{role}", role}});
  connection.role = role;
  connection.session_settings = settings;
  return std::make_shared<postgres::Pool>(loop_, std::move(connection), limits_,
                                          find_budget_(role));
}

Task<void> RolePools::Retire(std::shared_ptr<postgres::Pool> pool,
                             postgres::PoolEnd reason) {
  retiring_.push_back(pool);
  Task<void> draining = pool->Drain(reason);
  co_await std::move(draining);
  // Its first look at itself may still be posted.
  SleepAwaiter a_while(loop_, Deadline::In(kDrainInterval));
  co_await a_while;
  retiring_.erase(std::find(retiring_.begin(), retiring_.end(), pool));
}

bool RolePools::reachable() const {
  bool has_failed = false;
  for (const auto& [name, role] : roles_) {
    if (role.pool == nullptr) continue;
    const postgres::PoolSize size = role.pool->size();
    if (size.idle + size.leased > 0) return true;
    if (!role.pool->reachable()) has_failed = true;
  }
  return !has_failed;
}

std::string RolePools::server_version() const {
  for (const auto& [name, role] : roles_) {
    if (role.pool != nullptr && !role.pool->server_version().empty()) {
      return role.pool->server_version();
    }
  }
  return "";
}

size_t RolePools::CountWaiting() const {
  size_t count = 0;
  for (const auto& [name, role] : roles_) {
    if (role.pool != nullptr) count += role.pool->size().waiting;
  }
  return count;
}

Task<void> RolePools::Drain(postgres::PoolEnd reason) {
  // All at once: who waits in one is told while another's calls go on.
  for (const auto& [name, role] : roles_) {
    if (role.pool != nullptr) Spawn(Retire(role.pool, reason));
  }
  while (!retiring_.empty()) {
    SleepAwaiter a_while(loop_, Deadline::In(kDrainInterval));
    co_await a_while;
  }
}

}  // namespace sluice::execution
