#include "server/config/config_loader.h"

#include <filesystem>
#include <system_error>

#include "server/config/config_defaults.h"
#include "server/config/config_faults.h"
#include "server/config/config_validation.h"
#include "server/config/settings_file.h"
#include "server/config/yaml_reader.h"

namespace sluice::config {
namespace {

namespace fs = std::filesystem;

void Resolve(const fs::path& folder, std::string& file) {
  if (!file.empty()) file = (folder / file).lexically_normal().string();
}

void ResolveFilesOfClusters(const fs::path& folder, v1::Config& config) {
  for (v1::Cluster& cluster : *config.mutable_clusters()) {
    Resolve(folder, *cluster.mutable_proposal_file());
    v1::Discovery& discovery = *cluster.mutable_discovery();
    if (discovery.has_file()) {
      Resolve(folder, *discovery.mutable_file()->mutable_path());
    }
    if (discovery.has_consul()) {
      Resolve(folder, *discovery.mutable_consul()->mutable_token_file());
    }
  }
}

void ResolveFiles(const std::string& config_file, v1::Config& config) {
  std::error_code ignored;
  const fs::path folder = fs::absolute(config_file, ignored).parent_path();
  v1::Listener& listener = *config.mutable_listener();
  Resolve(folder, *listener.mutable_certificate_file());
  Resolve(folder, *listener.mutable_private_key_file());
  Resolve(folder, *listener.mutable_client_ca_file());
  v1::Backend& backend = *config.mutable_backend();
  Resolve(folder, *backend.mutable_password_file());
  Resolve(folder, *backend.mutable_ca_file());
  for (std::string& file : *config.mutable_outcome()->mutable_key_files()) {
    Resolve(folder, file);
  }
  Resolve(folder, *config.mutable_policy_file());
  Resolve(folder, *config.mutable_tokens()->mutable_key_folder());
  Resolve(folder, *config.mutable_revocation()->mutable_deny_list_file());
  Resolve(folder, *config.mutable_audit()->mutable_folder());
  ResolveFilesOfClusters(folder, config);
}

absl::StatusOr<v1::Config> Read(const std::string& file, ConfigFaults& faults) {
  absl::StatusOr<std::string> text = ReadSettingsFile(file);
  if (!text.ok()) return text.status();
  v1::Config config = MakeDefaultConfig();
  ReadYaml(*text, config, faults);
  ResolveFiles(file, config);
  FillDerivedDefaults(faults, config);
  return config;
}

}  // namespace

absl::StatusOr<v1::Config> LoadConfig(const std::string& file) {
  ConfigFaults faults;
  absl::StatusOr<v1::Config> config = Read(file, faults);
  if (!config.ok()) return config;
  ValidateConfig(*config, faults);
  absl::Status status = faults.ToStatus();
  if (!status.ok()) return status;
  return config;
}

absl::StatusOr<v1::Config> ReadConfig(const std::string& file) {
  ConfigFaults faults;
  absl::StatusOr<v1::Config> config = Read(file, faults);
  if (!config.ok()) return config;
  absl::Status status = faults.ToStatus();
  if (!status.ok()) return status;
  return config;
}

}  // namespace sluice::config
