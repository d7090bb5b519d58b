#include "sluice/client/options.h"

#include <cstdlib>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace sluice::client {

absl::StatusOr<ClientOptions> OptionsFromEnvironment(ClientOptions given) {
  return OptionsFromEnvironment(
      std::move(given), [](const char* name) { return std::getenv(name); });
}

absl::StatusOr<ClientOptions> OptionsFromEnvironment(ClientOptions given,
                                                     Environment environment) {
  const struct {
    const char* variable;
    std::string& value;
  } required[] = {
      {"SLUICE_ADDRESS", given.address},       {"SLUICE_CA", given.ca_file},
      {"SLUICE_CERT", given.certificate_file}, {"SLUICE_KEY", given.key_file},
      {"SLUICE_DATABASE", given.database},
  };
  std::vector<const char*> missing;
  for (const auto& setting : required) {
    const char* const value = environment(setting.variable);
    if (setting.value.empty() && value != nullptr) setting.value = value;
    if (setting.value.empty()) missing.push_back(setting.variable);
  }
  const char* const server_name = environment("SLUICE_SERVER_NAME");
  if (given.server_name.empty() && server_name != nullptr) {
    given.server_name = server_name;
  }
  if (!missing.empty()) {
    return absl::FailedPreconditionError(absl::StrCat(
        "not set in the environment: ", absl::StrJoin(missing, ", ")));
  }
  return given;
}

}  // namespace sluice::client
