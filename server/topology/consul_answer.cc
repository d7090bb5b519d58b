#include "server/topology/consul_answer.h"

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "server/base/host_port.h"

namespace sluice::topology {
namespace {

using Json = nlohmann::json;

constexpr size_t kMaxBytesTold = 80;

absl::Status Refused(absl::string_view why) {
  return absl::InvalidArgumentError(absl::StrCat("Consul's answer ", why));
}

// Keeps what is read below; checks and their output are most of an answer.
bool KeepValue(int depth, Json::parse_event_t event, Json& value) {
  if (event != Json::parse_event_t::key) return true;
  const auto& key = value.get_ref<const std::string&>();
  if (depth == 2) return key == "Node" || key == "Service";
  return key == "Address" || key == "Port" || key == "Tags";
}

// Null where there is no such value.
const Json* Find(const Json& value, const char* key) {
  if (!value.is_object()) return nullptr;
  const auto found = value.find(key);
  return found == value.end() ? nullptr : &*found;
}

// Empty where there is none.
std::string TextOf(const Json& object, const char* key) {
  const Json* value = Find(object, key);
  return value != nullptr && value->is_string() ? value->get<std::string>()
                                                : std::string();
}

bool HasOneOf(const Json& service, const std::vector<std::string>& wanted) {
  const Json* tags = Find(service, "Tags");
  return wanted.empty() ||
         (tags != nullptr && tags->is_array() &&
          absl::c_any_of(*tags, [&](const Json& tag) {
            return tag.is_string() &&
                   absl::c_linear_search(wanted,
                                         tag.get_ref<const std::string&>());
          }));
}

absl::StatusOr<NodeAddress> ReadInstance(const Json& instance,
                                         const Json& service) {
  std::string address = TextOf(service, "Address");
  const Json* node = Find(instance, "Node");
  if (address.empty() && node != nullptr) address = TextOf(*node, "Address");
  std::optional<std::string> host = CanonicalHost(address);
  if (!host.has_value()) {
    return Refused(
        absl::StrCat("has an instance at \"",
                     absl::CHexEscape(address.substr(0, kMaxBytesTold)), "\""));
  }
  const Json* port = Find(service, "Port");
  const int64_t number =
      port != nullptr && port->is_number_integer() ? port->get<int64_t>() : 0;
  if (number < 1 || number > UINT16_MAX) {
    return Refused(absl::StrCat("has an instance at ", *host,
                                " without a port of 1 to 65535"));
  }
  std::string name = MakeNodeName(*host, static_cast<uint16_t>(number));
  return NodeAddress{std::move(name), *std::move(host),
                     static_cast<uint16_t>(number)};
}

}  // namespace

absl::StatusOr<std::vector<NodeAddress>> ParseConsulAnswer(
    const std::string& body, const std::vector<std::string>& tags) {
  const Json answer = Json::parse(body, &KeepValue, /*allow_exceptions=*/false);
  if (!answer.is_array()) return Refused("is no list in JSON");
  std::vector<NodeAddress> nodes;
  for (const Json& instance : answer) {
    const Json* service = Find(instance, "Service");
    if (service == nullptr || !service->is_object()) {
      return Refused("has an instance without its service");
    }
    if (!HasOneOf(*service, tags)) continue;
    absl::StatusOr<NodeAddress> node = ReadInstance(instance, *service);
    if (!node.ok()) return node.status();
    nodes.push_back(*std::move(node));
  }
  return nodes;
}

}  // namespace sluice::topology
