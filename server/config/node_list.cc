#include "server/config/node_list.h"

#include <yaml-cpp/yaml.h>

#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "server/config/config_faults.h"
#include "server/config/yaml_document.h"

namespace sluice::config {
namespace {

constexpr char kPrimary[] = "primary";
constexpr char kReadOnly[] = "read_only";

using Texts = std::vector<std::string>;

absl::Status Refused(const YAML::Node& node, absl::string_view why) {
  return absl::InvalidArgumentError(
      absl::StrCat(why, " (line ", node.Mark().line + 1, ")"));
}

// The value of that key, and not, as Node::operator[] does, one that it makes.
// Errors: INVALID_ARGUMENT if it is given twice.
absl::StatusOr<std::optional<YAML::Node>> Find(const YAML::Node& map,
                                               const char* key) {
  std::optional<YAML::Node> found;
  for (const auto& entry : map) {
    if (!entry.first.IsScalar() || entry.first.Scalar() != key) continue;
    if (found.has_value()) {
      return Refused(entry.first, absl::StrCat(key, ": given twice"));
    }
    found.emplace(entry.second);
  }
  return found;
}

bool HasNodes(const YAML::Node& node) {
  if (!node.IsMap()) return false;
  for (const auto& entry : node) {
    if (!entry.first.IsScalar()) continue;
    const std::string& key = entry.first.Scalar();
    if (key == kPrimary || key == kReadOnly) return true;
  }
  return false;
}

// The map that has the two keys, or one of them.
absl::StatusOr<YAML::Node> FindNodes(const YAML::Node& document) {
  if (document.IsNull()) return absl::InvalidArgumentError("it is empty");
  if (!document.IsMap()) {
    return Refused(document, "expected primary and read_only");
  }
  if (HasNodes(document)) return document;
  std::optional<YAML::Node> found;
  for (const auto& entry : document) {
    if (!HasNodes(entry.second)) continue;
    if (found.has_value()) {
      return Refused(entry.first, "a second primary or read_only");
    }
    found.emplace(entry.second);
  }
  if (!found.has_value()) {
    return Refused(document, "has neither primary nor read_only");
  }
  return *std::move(found);
}

absl::Status Append(const YAML::Node& node, const char* key, Texts& texts) {
  if (node.IsNull()) return absl::OkStatus();
  if (!node.IsScalar()) {
    return Refused(node, absl::StrCat(key, ": expected HOST:PORT"));
  }
  if (!node.Scalar().empty()) texts.push_back(node.Scalar());
  return absl::OkStatus();
}

absl::StatusOr<Texts> Read(const YAML::Node& document) {
  absl::StatusOr<YAML::Node> nodes = FindNodes(document);
  if (!nodes.ok()) return nodes.status();
  absl::StatusOr<std::optional<YAML::Node>> primary = Find(*nodes, kPrimary);
  if (!primary.ok()) return primary.status();
  absl::StatusOr<std::optional<YAML::Node>> read_only = Find(*nodes, kReadOnly);
  if (!read_only.ok()) return read_only.status();
  Texts texts;
  if (primary->has_value()) {
    const absl::Status status = Append(**primary, kPrimary, texts);
    if (!status.ok()) return status;
  }
  if (!read_only->has_value() || (*read_only)->IsNull()) return texts;
  if (!(*read_only)->IsSequence()) {
    return Refused(**read_only, "read_only: expected a list");
  }
  for (const YAML::Node& node : **read_only) {
    const absl::Status status = Append(node, kReadOnly, texts);
    if (!status.ok()) return status;
  }
  return texts;
}

}  // namespace

absl::StatusOr<Texts> ReadNodeList(const std::string& text) {
  ConfigFaults faults;
  const std::optional<YAML::Node> document = LoadYaml(text, faults);
  if (document.has_value()) {
    try {
      return Read(*document);
    } catch (const YAML::Exception& error) {
      AddYamlFault(error, faults);
    }
  }
  return absl::InvalidArgumentError(
      absl::StrReplaceAll(faults.ToStatus().message(), {{"\n", "; "}}));
}

}  // namespace sluice::config
