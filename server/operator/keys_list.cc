#include "server/operator/keys_list.h"

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/time.h"
#include "server/identity/base64url.h"
#include "server/identity/signing_key_folder.h"

namespace sluice::operators {
namespace {

constexpr absl::string_view kUsage =
    "Usage: sluice keys list FOLDER [--json]\n"
    "\n"
    "Lists the keys of a folder, the one that signs first: their identifiers,\n"
    "states, and since when they have them. It shows no secret.\n"
    "\n"
    "  --json  as JSON, with the public keys\n"
    "\n"
    "Exit codes: 0 done; 1 a file of the folder is at fault, or it can't be\n"
    "read; 2 a wrong command line.\n";

using Json = nlohmann::ordered_json;
using identity::SigningKeyFacts;
using identity::StoredKey;

std::string FormatSince(const SigningKeyFacts& key) {
  return absl::FormatTime(absl::RFC3339_sec, key.since, absl::UTCTimeZone());
}

void PrintJson(const std::vector<StoredKey>& keys, std::ostream& output) {
  Json list = Json::array();
  for (const auto& [facts, key] : keys) {
    list.push_back(
        {{"key_id", facts.key_id},
         {"state", std::string(identity::KeyStateName(facts.state))},
         {"since", FormatSince(facts)},
         {"public_key", identity::EncodeBase64Url(facts.public_key)}});
  }
  output << Json{{"keys", list}}.dump(2) << "\n";
}

void PrintTable(const std::vector<StoredKey>& keys, std::ostream& output) {
  output << absl::StrFormat("%-43s  %-8s  %s\n", "key id", "state", "since");
  for (const auto& [facts, key] : keys) {
    output << absl::StrFormat("%-43s  %-8s  %s\n", facts.key_id,
                              identity::KeyStateName(facts.state),
                              FormatSince(facts));
  }
}

absl::Status List(const Arguments& arguments, std::ostream& output) {
  const absl::StatusOr<std::vector<StoredKey>> keys =
      identity::ReadSigningKeys(arguments.operands().front());
  if (!keys.ok()) return keys.status();
  if (arguments.Has("--json")) {
    PrintJson(*keys, output);
  } else {
    PrintTable(*keys, output);
  }
  return absl::OkStatus();
}

}  // namespace

Command KeysListCommand() {
  return {.name = "keys list",
          .summary = "lists the keys of a folder and their states",
          .usage = kUsage,
          .min_operands = 1,
          .max_operands = 1,
          .options = {{"--json"}},
          .run = List};
}

}  // namespace sluice::operators
