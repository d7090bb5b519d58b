#include "client/cli/topology_differences.h"

#include <map>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "client/cli/service_text.h"

namespace sluice::cli {
namespace {

// By what it is about, such as "main, node pg-1".
using Facts = std::map<std::string, std::string>;

Facts FactsOf(const v1::GetTopologyResponse& topology) {
  Facts facts;
  for (const v1::ClusterTopology& cluster : topology.clusters()) {
    const std::string& name = cluster.name();
    facts[absl::StrCat(name, ", primary")] =
        cluster.primary().empty() ? "none" : cluster.primary();
    facts[absl::StrCat(name, ", timeline")] = absl::StrCat(cluster.timeline());
    facts[absl::StrCat(name, ", writes")] =
        cluster.writes_held() ? "held" : "go on";
    for (const v1::ClusterNode& node : cluster.nodes()) {
      facts[absl::StrCat(name, ", node ", node.name())] =
          DescribeNode(cluster, node);
    }
  }
  return facts;
}

}  // namespace

std::string DescribeDifferences(const std::vector<InstanceView>& views) {
  // Who says what, by what it is about.
  std::map<std::string, std::map<std::string, std::vector<std::string>>> told;
  std::vector<Facts> facts;
  for (const InstanceView& view : views) {
    facts.push_back(FactsOf(view.topology));
    for (const auto& [subject, said] : facts.back()) told[subject];
  }
  for (size_t i = 0; i < views.size(); ++i) {
    for (auto& [subject, sayings] : told) {
      const auto said = facts[i].find(subject);
      sayings[said == facts[i].end() ? "not known" : said->second].push_back(
          views[i].address);
    }
  }
  std::string lines;
  for (const auto& [subject, sayings] : told) {
    if (sayings.size() < 2) continue;
    absl::StrAppend(&lines, "  ", subject, ": ",
                    absl::StrJoin(sayings, "; ",
                                  [](std::string* text, const auto& saying) {
                                    absl::StrAppend(
                                        text, saying.first, " (",
                                        absl::StrJoin(saying.second, ", "),
                                        ")");
                                  }),
                    "\n");
  }
  return lines.empty() ? "All of them see the same.\n"
                       : absl::StrCat("They differ:\n", lines);
}

}  // namespace sluice::cli
