#include "tests/support/etcd_server.h"

#include <csignal>
#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "tests/support/await.h"
#include "tests/support/file.h"
#include "tests/support/free_port.h"

namespace sluice::testing {
namespace {

constexpr char kProgram[] = "/usr/bin/etcd";
constexpr absl::Duration kLimit = absl::Seconds(20);

std::string Url(int port) { return absl::StrCat("http://127.0.0.1:", port); }

}  // namespace

EtcdServer::EtcdServer(TempDir folder)
    : folder_(std::move(folder)), port_(FindFreePort(2)) {}

absl::StatusOr<std::unique_ptr<EtcdServer>> EtcdServer::Start() {
  absl::StatusOr<TempDir> folder = TempDir::Make();
  if (!folder.ok()) return folder.status();
  auto server = std::unique_ptr<EtcdServer>(new EtcdServer(*std::move(folder)));
  const absl::Status status = server->StartAgain();
  if (!status.ok()) return status;
  return server;
}

void EtcdServer::Stop() { process_->Stop(SIGTERM, kLimit); }

absl::Status EtcdServer::StartAgain() {
  const std::string peer = Url(port_ + 1);
  ChildCommand command;
  command.arguments = {kProgram,
                       "--name=etcd",
                       "--enable-v2",
                       absl::StrCat("--data-dir=", folder_.Path("data")),
                       absl::StrCat("--listen-client-urls=", Url(port_)),
                       absl::StrCat("--advertise-client-urls=", Url(port_)),
                       absl::StrCat("--listen-peer-urls=", peer),
                       absl::StrCat("--initial-advertise-peer-urls=", peer),
                       absl::StrCat("--initial-cluster=etcd=", peer)};
  command.log_file = folder_.Path(absl::StrCat("log.", ++runs_));
  absl::StatusOr<std::unique_ptr<ChildProcess>> process =
      ChildProcess::Start(command);
  if (!process.ok()) return process.status();
  process_ = *std::move(process);
  const bool ready = Await(kLimit, [&] {
    return !process_->Running() ||
           absl::StrContains(ReadFile(command.log_file),
                             "ready to serve client requests");
  });
  if (ready && process_->Running()) return absl::OkStatus();
  return absl::UnavailableError(
      absl::StrCat("etcd does not start:\n", TailOf(command.log_file)));
}

}  // namespace sluice::testing
