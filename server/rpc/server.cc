#include "server/rpc/server.h"

#include <grpcpp/security/server_credentials.h>
#include <grpcpp/security/tls_certificate_provider.h>
#include <grpcpp/security/tls_credentials_options.h>
#include <grpcpp/server_builder.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <sstream>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "server/rpc/database_capabilities.h"
#include "server/rpc/database_describe.h"
#include "server/rpc/database_unary.h"
#include "server/rpc/health.h"
#include "server/rpc/query_stream.h"
#include "server/rpc/run_transaction.h"
#include "server/rpc/transact.h"
#include "server/rpc/transaction_outcome.h"

namespace sluice::rpc {
namespace {

// Room for the fields of a request beside its statement and parameters.
constexpr int64_t kRequestOverheadBytes = 64 * 1024;
// Before the end of the grace, so that transactions hear why they end.
constexpr absl::Duration kLastWords = absl::Milliseconds(500);
constexpr absl::Duration kStopPollInterval = absl::Milliseconds(5);

absl::StatusOr<std::string> ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  if (!file) {
    return absl::InvalidArgumentError(absl::StrCat("cannot read ", path));
  }
  return text.str();
}

// Mutual TLS: a client without a certificate of our CA gets no connection.
absl::StatusOr<std::shared_ptr<grpc::ServerCredentials>> MakeCredentials(
    const config::v1::Listener& listener) {
  absl::StatusOr<std::string> chain = ReadFile(listener.certificate_file());
  absl::StatusOr<std::string> key = ReadFile(listener.private_key_file());
  absl::StatusOr<std::string> roots = ReadFile(listener.client_ca_file());
  for (const absl::Status& status :
       {chain.status(), key.status(), roots.status()}) {
    if (!status.ok()) return status;
  }
  const std::vector<grpc::experimental::IdentityKeyCertPair> identity = {
      {*std::move(key), *std::move(chain)}};
  auto provider =
      std::make_shared<grpc::experimental::StaticDataCertificateProvider>(
          *roots, identity);
  grpc::experimental::TlsServerCredentialsOptions options(provider);
  options.watch_root_certs();
  options.watch_identity_key_cert_pairs();
  options.set_cert_request_type(
      GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
  return grpc::experimental::TlsServerCredentials(options);
}

void SetLimits(const config::v1::Limits& limits, grpc::ServerBuilder& builder) {
  builder.SetMaxReceiveMessageSize(
      static_cast<int>(limits.max_statement_bytes() +
                       limits.max_parameter_bytes() + kRequestOverheadBytes));
  // Compressed requests inflate before their size is checked.
  builder.SetCompressionAlgorithmSupportStatus(GRPC_COMPRESS_DEFLATE, false);
  builder.SetCompressionAlgorithmSupportStatus(GRPC_COMPRESS_GZIP, false);
  // Two servers on one port would share its calls by chance.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
}

std::string ListenAddress(const config::v1::Listener& listener) {
  const bool is_ipv6 = listener.address().find(':') != std::string::npos;
  return is_ipv6 ? absl::StrCat("[", listener.address(), "]:", listener.port())
                 : absl::StrCat(listener.address(), ":", listener.port());
}

Task<void> DrainTransactions(Worker& worker, absl::Duration grace) {
  const CoroutineCount coroutine(worker.state);
  EventLoop::EnterAwaiter entering = worker.executor.loop().Enter();
  co_await entering;
  Task<void> draining = worker.transactions.Drain(grace);
  co_await std::move(draining);
}

}  // namespace

absl::StatusOr<std::unique_ptr<Server>> Server::Start(
    const config::v1::Config& config, const Guard& guard,
    const std::vector<execution::Executor*>& executors) {
  absl::StatusOr<std::shared_ptr<grpc::ServerCredentials>> credentials =
      MakeCredentials(config.listener());
  if (!credentials.ok()) return credentials.status();

  auto server = std::unique_ptr<Server>(new Server(config, guard));
  const std::string address = ListenAddress(config.listener());
  grpc::ServerBuilder builder;
  SetLimits(config.limits(), builder);
  builder.AddListeningPort(address, *credentials, &server->port_);
  builder.RegisterService(&server->state_.database_service);
  builder.RegisterService(&server->health_service_);
  for (execution::Executor* executor : executors) {
    server->workers_.push_back(std::make_unique<Worker>(
        server->state_, *executor, builder.AddCompletionQueue()));
    server->state_.workers.push_back(server->workers_.back().get());
  }
  server->server_ = builder.BuildAndStart();
  if (server->server_ == nullptr || server->port_ == 0) {
    return absl::UnavailableError(absl::StrCat("cannot listen on ", address));
  }
  int number = 0;
  for (const std::unique_ptr<Worker>& worker : server->workers_) {
    ServeDatabaseUnary(*worker);
    ServeQueryStream(*worker);
    ServeRunTransaction(*worker);
    ServeTransact(*worker);
    ServeDatabaseDescribe(*worker);
    ServeTransactionOutcome(*worker);
    ServeDatabaseCapabilities(*worker);
    ServeHealth(*worker, server->health_service_);
    worker->queue.Start(absl::StrCat("sluice-grpc-", number++));
  }
  return server;
}

Server::~Server() { Stop(absl::ZeroDuration()); }

void Server::Stop(absl::Duration grace) {
  if (server_ == nullptr) return;
  state_.draining.store(true);
  const absl::Duration transactions_grace =
      std::max(grace - kLastWords, absl::ZeroDuration());
  for (const std::unique_ptr<Worker>& worker : workers_) {
    Spawn(DrainTransactions(*worker, transactions_grace));
  }
  server_->Shutdown(std::chrono::system_clock::now() +
                    absl::ToChronoMilliseconds(grace));
  // What was cancelled ends within the time that PostgreSQL gets to obey.
  while (state_.coroutines.load() > 0) absl::SleepFor(kStopPollInterval);
  for (const std::unique_ptr<Worker>& worker : workers_) worker->queue.Stop();
  server_.reset();
}

}  // namespace sluice::rpc
