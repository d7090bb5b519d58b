#include "server/config/config_loader.h"

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "server/config/config_defaults.h"
#include "server/config/config_faults.h"
#include "server/config/config_validation.h"
#include "server/config/yaml_reader.h"

namespace sluice::config {
namespace {

namespace fs = std::filesystem;

absl::StatusOr<std::string> ReadFile(const std::string& file) {
  errno = 0;
  std::ifstream input(file, std::ios::binary);
  std::ostringstream text;
  if (input.is_open()) text << input.rdbuf();
  // An empty file gives nothing to insert, which is no fault here.
  if (!input.is_open() || (text.fail() && errno != 0)) {
    return absl::ErrnoToStatus(errno, absl::StrCat("can't read ", file));
  }
  return text.str();
}

void Resolve(const fs::path& folder, std::string& file) {
  if (!file.empty()) file = (folder / file).lexically_normal().string();
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
}

}  // namespace

absl::StatusOr<v1::Config> LoadConfig(const std::string& file) {
  absl::StatusOr<std::string> text = ReadFile(file);
  if (!text.ok()) return text.status();
  v1::Config config = MakeDefaultConfig();
  ConfigFaults faults;
  ReadYaml(*text, config, faults);
  ResolveFiles(file, config);
  FillDerivedDefaults(faults, config);
  ValidateConfig(config, faults);
  absl::Status status = faults.ToStatus();
  if (!status.ok()) return status;
  return config;
}

}  // namespace sluice::config
