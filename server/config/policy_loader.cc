#include "server/config/policy_loader.h"

#include "server/config/settings_file.h"
#include "server/config/yaml_reader.h"

namespace sluice::config {

PolicyFile ReadPolicy(const std::string& text) {
  PolicyFile file;
  ReadYaml(text, file.policy, file.faults);
  return file;
}

absl::StatusOr<PolicyFile> LoadPolicy(const std::string& file) {
  absl::StatusOr<std::string> text = ReadSettingsFile(file);
  if (!text.ok()) return text.status();
  return ReadPolicy(*text);
}

}  // namespace sluice::config
