#include "server/topology/last_good_nodes.h"

#include <algorithm>
#include <memory>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "server/base/node_name.h"
#include "server/telemetry/log.h"

namespace sluice::topology {
namespace {

using telemetry::Log;
using telemetry::LogLevel;
using Nodes = std::vector<NodeAddress>;

constexpr size_t kMaxNodesTold = 20;

void SortOnce(Nodes& nodes) {
  std::sort(nodes.begin(), nodes.end(),
            [](const NodeAddress& a, const NodeAddress& b) {
              return std::tie(a.name, a.host, a.port) <
                     std::tie(b.name, b.host, b.port);
            });
  nodes.erase(std::unique(nodes.begin(), nodes.end()), nodes.end());
}

// Empty if nothing is wrong with sorted nodes.
std::string FaultOf(const Nodes& nodes, size_t max_name_bytes) {
  if (nodes.empty()) return "the answer names no node";
  if (nodes.size() > kMaxNodes) {
    return absl::StrCat("the answer names more than ", kMaxNodes, " nodes");
  }
  for (const NodeAddress& node : nodes) {
    if (node.name.size() <= max_name_bytes) continue;
    return absl::StrCat("the node name ", node.name, " is longer than the ",
                        max_name_bytes,
                        " bytes that the names of its entries leave for it");
  }
  const auto twice = std::adjacent_find(
      nodes.begin(), nodes.end(),
      [](const NodeAddress& a, const auto& b) { return a.name == b.name; });
  if (twice == nodes.end()) return "";
  return absl::StrCat("two nodes have the name ", twice->name);
}

std::string NamesOf(const Nodes& nodes) {
  const size_t told = std::min(nodes.size(), kMaxNodesTold);
  std::string names =
      absl::StrJoin(nodes.begin(), nodes.begin() + told, " ",
                    [](std::string* text, const NodeAddress& node) {
                      absl::StrAppend(text, node.name);
                    });
  if (told < nodes.size()) absl::StrAppend(&names, " ...");
  return names;
}

}  // namespace

LastGoodNodes::LastGoodNodes(std::string cluster, size_t max_name_bytes)
    : cluster_(std::move(cluster)),
      max_name_bytes_(max_name_bytes),
      fault_(std::make_shared<const std::string>()) {}

bool LastGoodNodes::Take(absl::StatusOr<Nodes> answer) {
  if (!answer.ok()) {
    Refuse(std::string(answer.status().message()));
    return false;
  }
  SortOnce(*answer);
  std::string fault = FaultOf(*answer, max_name_bytes_);
  if (!fault.empty()) {
    Refuse(std::move(fault));
    return false;
  }
  if (!fault_.Get()->empty()) {
    Log(LogLevel::kInfo, "discovery_recovered", {{"cluster", cluster_}});
    fault_.Set(std::make_shared<const std::string>());
  }
  if (*answer == nodes_) return false;
  nodes_ = *std::move(answer);
  Log(LogLevel::kInfo, "discovered_nodes_changed",
      {{"cluster", cluster_},
       {"count", nodes_.size()},
       {"nodes", NamesOf(nodes_)}});
  return true;
}

void LastGoodNodes::Refuse(std::string fault) {
  if (fault == *fault_.Get()) return;
  Log(LogLevel::kWarning, "discovery_refused",
      {{"cluster", cluster_}, {"error", fault}, {"kept", nodes_.size()}});
  fault_.Set(std::make_shared<const std::string>(std::move(fault)));
}

}  // namespace sluice::topology
