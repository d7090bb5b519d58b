#include "server/execution/connection_budgets.h"

#include <algorithm>

#include "absl/time/time.h"

namespace sluice::execution {
namespace {

// Several times what passes between two looks at a node.
constexpr absl::Duration kGrowsAfter = absl::Seconds(2);

}  // namespace

size_t ShareOf(const BudgetSettings& settings, const topology::Node& node) {
  // It has not been asked yet.
  if (node.max_connections == 0) return settings.max_connections;
  const auto all = static_cast<size_t>(std::max(node.max_connections, 0));
  const auto instances = static_cast<size_t>(std::max(node.instances, 1));
  const size_t ours = all - std::min(all, settings.reserved_connections);
  const size_t share = ours / instances;
  return std::clamp<size_t>(share == 0 ? 0 : share - 1, 1,
                            settings.max_connections);
}

void ConnectionBudgets::AddCluster(const std::string& name,
                                   const BudgetSettings& settings) {
  MutexLock lock(&mutex_);
  clusters_.emplace(name, settings);
}

void ConnectionBudgets::AddDatabase(const std::string& name,
                                    const std::string& cluster) {
  MutexLock lock(&mutex_);
  databases_.emplace(name, cluster);
}

std::shared_ptr<postgres::ConnectionBudget> ConnectionBudgets::Find(
    const std::string& database, const std::string& node,
    const std::string& role) {
  MutexLock lock(&mutex_);
  const std::string& cluster = databases_[database];
  const Key key =
      cluster.empty() ? Key{false, database, role} : Key{true, cluster, node};
  std::shared_ptr<postgres::ConnectionBudget>& budget = budgets_[key].budget;
  if (budget != nullptr) return budget;
  postgres::BudgetLimits limits = limits_;
  if (key.is_of_cluster) {
    auto known = shares_.find({cluster, node});
    limits.capacity = known == shares_.end()
                          ? clusters_[cluster].max_connections
                          : known->second;
  }
  budget = std::make_shared<postgres::ConnectionBudget>(limits);
  budget->share().SetApps(CountApps(key));
  return budget;
}

std::shared_ptr<postgres::ConnectionBudget> ConnectionBudgets::FindOfNode(
    const std::string& cluster, const std::string& node) const {
  MutexLock lock(&mutex_);
  auto found = budgets_.find(Key{true, cluster, node});
  return found == budgets_.end() ? nullptr : found->second.budget;
}

void ConnectionBudgets::Update(const topology::Topology& topology,
                               SteadyTime now) {
  MutexLock lock(&mutex_);
  const BudgetSettings& settings = clusters_[topology.cluster];
  for (const topology::Node& node : topology.nodes) {
    // One that has not answered yet does not tell who else is there.
    if (node.max_connections == 0) continue;
    const size_t share = ShareOf(settings, node);
    shares_[{topology.cluster, node.address.name}] = share;
    auto found = budgets_.find(Key{true, topology.cluster, node.address.name});
    if (found != budgets_.end()) Adjust(found->second, share, now);
  }
  // Of nodes that are gone, budgets once their pools are.
  const auto is_gone = [&topology](const std::string& cluster,
                                   const std::string& node) {
    return cluster == topology.cluster && topology.Find(node) == nullptr;
  };
  std::erase_if(shares_, [&is_gone](const auto& each) {
    return is_gone(each.first.first, each.first.second);
  });
  std::erase_if(budgets_, [&is_gone](const auto& each) {
    return each.first.is_of_cluster &&
           is_gone(each.first.owner, each.first.part) &&
           each.second.budget.use_count() == 1;
  });
}

void ConnectionBudgets::Adjust(Budget& budget, size_t share, SteadyTime now) {
  const size_t capacity = budget.budget->use().capacity;
  if (share <= capacity) {
    budget.larger_since.reset();
    if (share < capacity) budget.budget->SetCapacity(share);
  } else if (!budget.larger_since.has_value()) {
    budget.larger_since = now;
  } else if (now - *budget.larger_since >=
             absl::ToChronoNanoseconds(kGrowsAfter)) {
    budget.larger_since.reset();
    budget.budget->SetCapacity(share);
  }
}

void ConnectionBudgets::Serve(std::shared_ptr<const policy::Policy> policy) {
  MutexLock lock(&mutex_);
  policy_ = std::move(policy);
  for (const auto& [key, budget] : budgets_) {
    budget.budget->share().SetApps(CountApps(key));
  }
}

size_t ConnectionBudgets::CountApps(const Key& key) const {
  if (policy_ == nullptr) return 1;
  size_t count = 0;
  for (const policy::App& app : policy_->apps()) {
    bool uses = false;
    for (const policy::Grant& grant : app.grants) uses |= IsFor(grant, key);
    if (uses) ++count;
  }
  return count;
}

bool ConnectionBudgets::IsFor(const policy::Grant& grant,
                              const Key& key) const {
  if (!key.is_of_cluster) {
    return grant.database == key.owner && grant.role == key.part;
  }
  auto found = databases_.find(grant.database);
  return found != databases_.end() && found->second == key.owner;
}

}  // namespace sluice::execution
