#include "tests/support/dns_server.h"

#include <csignal>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "tests/support/await.h"
#include "tests/support/file.h"
#include "tests/support/free_port.h"

namespace sluice::testing {
namespace {

constexpr char kProgram[] = "/usr/sbin/nsd";
constexpr absl::Duration kLimit = absl::Seconds(10);
constexpr mode_t kMode = 0644;
constexpr char kSettingsFile[] = "nsd.conf";

// Nothing of it outside the folder, no other user, nothing to control it by.
std::string RenderServer(const TempDir& folder, uint16_t port) {
  return absl::StrCat(
      "server:\n  ip-address: 127.0.0.1\n  port: ", port,
      "\n  server-count: 1\n  username: \"\"\n  chroot: \"\"\n",
      "  database: \"\"\n  zonesdir: \"", folder.path(), "\"\n  pidfile: \"",
      folder.Path("pid"), "\"\n  xfrdfile: \"", folder.Path("xfrd.state"),
      "\"\n  xfrdir: \"", folder.path(), "\"\n  zonelistfile: \"",
      folder.Path("zone.list"), "\"\nremote-control:\n  control-enable: no\n");
}

}  // namespace

DnsServer::DnsServer(TempDir folder)
    : folder_(std::move(folder)), port_(FindFreePort()) {}

DnsServer::~DnsServer() { Stop(); }

void DnsServer::Stop() {
  if (process_ != nullptr) process_->Stop(SIGTERM, kLimit);
  process_ = nullptr;
}

absl::StatusOr<std::unique_ptr<DnsServer>> DnsServer::Start(
    const std::map<std::string, std::string>& zones) {
  absl::StatusOr<TempDir> folder = TempDir::Make();
  if (!folder.ok()) return folder.status();
  auto server = std::unique_ptr<DnsServer>(new DnsServer(*std::move(folder)));
  std::string settings = RenderServer(server->folder_, server->port_);
  for (const auto& [zone, records] : zones) {
    absl::StrAppend(&settings, "zone:\n  name: ", zone, "\n  zonefile: ", zone,
                    ".zone\n");
    const absl::Status status = server->WriteZone(zone, records);
    if (!status.ok()) return status;
  }
  absl::Status status =
      WriteFile(server->folder_.Path(kSettingsFile), settings, kMode);
  if (status.ok()) status = server->StartAgain();
  if (!status.ok()) return status;
  return server;
}

absl::Status DnsServer::StartAgain() {
  ChildCommand command;
  command.arguments = {kProgram, "-d", "-c", folder_.Path(kSettingsFile)};
  command.log_file = folder_.Path("log");
  command.death_signal = SIGTERM;
  absl::StatusOr<std::unique_ptr<ChildProcess>> process =
      ChildProcess::Start(command);
  if (!process.ok()) return process.status();
  process_ = *std::move(process);
  if (!Await(kLimit, [&] {
        return absl::StrContains(ReadFile(command.log_file), "nsd started");
      })) {
    return absl::UnavailableError(
        absl::StrCat("nsd does not start: ", TailOf(command.log_file)));
  }
  return absl::OkStatus();
}

absl::Status DnsServer::SetZone(const std::string& zone,
                                const std::string& records) {
  const absl::Status status = WriteZone(zone, records);
  if (status.ok()) process_->Signal(SIGHUP);
  return status;
}

absl::Status DnsServer::WriteZone(const std::string& zone,
                                  const std::string& records) {
  return WriteFile(folder_.Path(absl::StrCat(zone, ".zone")),
                   absl::StrCat("$ORIGIN ", zone, ".\n$TTL 0\n",
                                "@ SOA ns hostmaster 1 60 60 60 0\n@ NS ns\n",
                                "ns A 127.0.0.1\n", records, "\n"),
                   kMode);
}

std::string DnsServer::address() const {
  return absl::StrCat("127.0.0.1:", port_);
}

}  // namespace sluice::testing
