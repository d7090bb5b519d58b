#include "server/execution/database.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_replace.h"
#include "absl/time/time.h"
#include "server/base/deadline.h"

namespace sluice::execution {
namespace {

constexpr absl::Duration kDrainInterval = absl::Milliseconds(5);

bool IsDown(const topology::Node* node) {
  return node != nullptr && node->state == topology::NodeState::kDown;
}

}  // namespace

Database::Database(EventLoop& loop, const ServedDatabase& served,
                   WorkerCluster* cluster)
    : loop_(loop), served_(served), cluster_(cluster) {
  if (cluster == nullptr) AddNode(served.node);
}

void Database::AddNode(const std::string& node) {
  postgres::ConnectionSettings connection = served_.connection;
  connection.database =
      absl::StrReplaceAll(connection.database, {{"{node}", node}});
  auto pools = std::make_shared<RolePools>(
      loop_, served_.name, std::move(connection), served_.pool,
      [budgets = served_.budgets, database = served_.name,
       node](const std::string& role) {
        return budgets->Find(database, node, role);
      });
  if (policy_ != nullptr) pools->Serve(*policy_);
  nodes_.emplace(node, std::move(pools));
}

void Database::Serve(std::shared_ptr<const policy::Policy> policy) {
  policy_ = std::move(policy);
  for (const auto& [node, pools] : nodes_) pools->Serve(*policy_);
}

void Database::Update(const topology::Topology* before,
                      const topology::Topology& now) {
  for (const topology::Node& node : now.nodes) {
    if (nodes_.find(node.address.name) == nodes_.end()) {
      AddNode(node.address.name);
    }
  }
  const bool is_new_epoch = before != nullptr && before->epoch != now.epoch;
  if (is_new_epoch || cluster_->router().IsCutOff()) CloseWriters();
  for (auto each = nodes_.begin(); each != nodes_.end();) {
    const auto [name, pools] = *each;
    const topology::Node* was =
        before == nullptr ? nullptr : before->Find(name);
    const topology::Node* is = now.Find(name);
    if (IsDown(is) && !IsDown(was)) pools->GiveUpWaiting();
    if (is == nullptr) {
      Spawn(Retire(pools));
      each = nodes_.erase(each);
    } else {
      ++each;
    }
  }
}

void Database::CloseWriters() {
  for (const auto& [node, pools] : nodes_) pools->CloseWriters();
  for (const auto& pools : retiring_) pools->CloseWriters();
}

Task<void> Database::Retire(std::shared_ptr<RolePools> pools) {
  retiring_.push_back(pools);
  Task<void> draining = pools->Drain(postgres::PoolEnd::kRetired);
  co_await std::move(draining);
  // The first look of a pool at itself may still be posted.
  SleepAwaiter a_while(loop_, Deadline::In(kDrainInterval));
  co_await a_while;
  retiring_.erase(std::find(retiring_.begin(), retiring_.end(), pools));
}

absl::Status Database::CheckRole(absl::string_view role) const {
  // The same ones on every node.
  if (nodes_.empty()) return absl::OkStatus();
  return nodes_.begin()->second->CheckRole(role);
}

std::shared_ptr<postgres::Pool> Database::FindPool(absl::string_view node,
                                                   absl::string_view role) {
  auto found = nodes_.find(node);
  return found == nodes_.end() ? nullptr : found->second->Find(role);
}

bool Database::reachable() const {
  if (cluster_ == nullptr) return nodes_.begin()->second->reachable();
  const std::shared_ptr<const topology::Topology>& topology =
      cluster_->topology();
  return topology != nullptr &&
         std::any_of(topology->nodes.begin(), topology->nodes.end(),
                     [](const topology::Node& node) {
                       return node.state == topology::NodeState::kUp;
                     });
}

std::string Database::server_version() const {
  for (const auto& [node, pools] : nodes_) {
    std::string version = pools->server_version();
    if (!version.empty()) return version;
  }
  return "";
}

size_t Database::CountWaiting(absl::string_view node) const {
  auto found = nodes_.find(node);
  return found == nodes_.end() ? 0 : found->second->CountWaiting();
}

Task<void> Database::Drain() {
  std::vector<std::shared_ptr<RolePools>> all;
  for (const auto& [node, pools] : nodes_) all.push_back(pools);
  for (const auto& pools : all) {
    Task<void> draining = pools->Drain(postgres::PoolEnd::kServerStops);
    co_await std::move(draining);
  }
  while (!retiring_.empty()) {
    SleepAwaiter a_while(loop_, Deadline::In(kDrainInterval));
    co_await a_while;
  }
}

}  // namespace sluice::execution
