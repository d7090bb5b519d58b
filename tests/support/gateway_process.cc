#include "tests/support/gateway_process.h"

#include <gtest/gtest.h>

#include <map>
#include <nlohmann/json.hpp>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "tests/support/await.h"
#include "tests/support/file.h"
#include "tests/support/test_paths.h"

namespace sluice::testing {
namespace {

constexpr char kPolicyFile[] = "policy.yaml";
constexpr absl::Duration kStartLimit = absl::Seconds(20);
// Longer than the grace that it gives calls in progress.
constexpr absl::Duration kStopLimit = absl::Seconds(20);

// The settings by section: {"pool", {{"max_connections", "5"}}}.
std::map<std::string, Settings> SectionsOf(const GatewayOptions& options,
                                           const std::string& password_file) {
  std::map<std::string, Settings> sections = {
      {"listener",
       {{"address", "127.0.0.1"},
        {"certificate_file", options.certificate_file},
        {"private_key_file", options.key_file},
        {"client_ca_file", options.client_ca_file}}},
      {"identity", {{"trust_domain", options.trust_domain}}},
      {"tokens", {{"key_folder", options.signing_keys}}},
      {"backend",
       {{"host", options.backend_host},
        {"port", absl::StrCat(options.backend_port)},
        {"user", options.backend_user},
        {"password_file", password_file}}},
  };
  for (const auto& [path, value] : options.settings) {
    const std::pair<std::string, std::string> names =
        absl::StrSplit(path, absl::MaxSplits('.', 1));
    sections[names.first][names.second] = value;
  }
  return sections;
}

// What the entry of a database is called.
std::string EntryOf(const GatewayOptions& options,
                    const std::string& database) {
  const auto entry = options.entries.find(database);
  return entry == options.entries.end() ? database : entry->second;
}

std::string Render(const GatewayOptions& options,
                   const std::string& password_file) {
  std::string yaml = absl::StrCat("policy_file: ", kPolicyFile, "\n");
  for (const auto& [section, settings] : SectionsOf(options, password_file)) {
    absl::StrAppend(&yaml, section, ":\n");
    for (const auto& [name, value] : settings) {
      absl::StrAppend(&yaml, "  ", name, ": ", value, "\n");
    }
  }
  absl::StrAppend(&yaml, "databases:\n");
  for (const std::string& database : options.databases) {
    absl::StrAppend(&yaml, "  - name: ", database, "\n");
    if (options.clusters.empty()) {
      absl::StrAppend(&yaml, "    entry: \"", EntryOf(options, database),
                      "\"\n");
    }
    for (const auto& [name, value] : options.database_settings) {
      absl::StrAppend(&yaml, "    ", name, ": ", value, "\n");
    }
  }
  return yaml + options.clusters;
}

}  // namespace

std::string RenderPolicy(const std::vector<GatewayApp>& apps) {
  std::string yaml = "apps:\n";
  for (const GatewayApp& app : apps) {
    absl::StrAppend(&yaml, "  - name: ", app.name, "\n    spiffe_ids: [",
                    app.spiffe_id,
                    "]\n    admin: ", app.admin ? "true" : "false",
                    "\n    grants:", app.databases.empty() ? " []\n" : "\n");
    for (const std::string& database : app.databases) {
      absl::StrAppend(&yaml, "      - database: ", database,
                      "\n        role: ", database,
                      "\n        access: [read, write, ddl, copy, listen]\n"
                      "        channels: [\"*\"]\n");
    }
  }
  return yaml;
}

absl::StatusOr<std::unique_ptr<GatewayProcess>> GatewayProcess::Start(
    const GatewayOptions& options) {
  absl::StatusOr<TempDir> folder = TempDir::Make();
  if (!folder.ok()) return folder.status();
  auto gateway =
      std::unique_ptr<GatewayProcess>(new GatewayProcess(*std::move(folder)));
  absl::Status status = gateway->Run(options);
  if (!status.ok()) return status;
  return gateway;
}

GatewayProcess::~GatewayProcess() {
  if (process_ == nullptr || port_ == 0 || killed_) return;
  EXPECT_EQ(process_->Stop(SIGTERM, kStopLimit), 0)
      << TailOf(folder_.Path("log"));
}

void GatewayProcess::Kill() {
  killed_ = true;
  process_->Stop(SIGKILL, kStopLimit);
}

absl::Status GatewayProcess::Run(const GatewayOptions& options) {
  const std::string password_file = folder_.Path("password");
  const std::string configuration = folder_.Path("gateway.yaml");
  absl::Status status =
      WriteFile(password_file, options.backend_password + "\n", 0600);
  if (status.ok()) {
    status = WriteFile(configuration, Render(options, password_file), 0600);
  }
  if (status.ok()) {
    status = ReplacePolicy(options.policy.empty() ? RenderPolicy(options.apps)
                                                  : options.policy);
  }
  if (!status.ok()) return status;

  ChildCommand command;
  command.arguments = {BuildPath("server/sluiced"), "--config", configuration};
  command.log_file = folder_.Path("log");
  absl::StatusOr<std::unique_ptr<ChildProcess>> process =
      ChildProcess::Start(command);
  if (!process.ok()) return process.status();
  process_ = *std::move(process);
  Await(kStartLimit, [this] {
    port_ = FindPort().value_or(0);
    return port_ != 0 || !process_->Running();
  });
  if (port_ != 0) return absl::OkStatus();
  return absl::UnavailableError(
      absl::StrCat("sluiced does not start:\n", TailOf(folder_.Path("log"))));
}

std::optional<int> GatewayProcess::FindPort() const {
  for (absl::string_view line : absl::StrSplit(ReadLog(), '\n')) {
    const auto entry = nlohmann::json::parse(std::string(line), nullptr,
                                             /*allow_exceptions=*/false);
    if (!entry.is_object() || entry.value("event", "") != "listening") continue;
    const std::string address = entry.value("address", "");
    int port = 0;
    if (absl::SimpleAtoi(address.substr(address.rfind(':') + 1), &port)) {
      return port;
    }
  }
  return std::nullopt;
}

absl::Status GatewayProcess::ReplacePolicy(const std::string& policy) {
  return ReplaceFile(folder_.Path(kPolicyFile), policy, 0600);
}

std::string GatewayProcess::ReadLog() const {
  return ReadFile(folder_.Path("log"));
}

int64_t GatewayProcess::PeakMemoryKib() const {
  int64_t kib = 0;
  for (absl::string_view line : absl::StrSplit(
           ReadFile(absl::StrCat("/proc/", pid(), "/status")), '\n')) {
    if (absl::ConsumePrefix(&line, "VmHWM:") &&
        absl::ConsumeSuffix(&line, "kB")) {
      EXPECT_TRUE(absl::SimpleAtoi(line, &kib));
    }
  }
  EXPECT_GT(kib, 0);
  return kib;
}

}  // namespace sluice::testing
