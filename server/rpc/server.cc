#include "server/rpc/server.h"

#include <grpcpp/server_builder.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "server/rpc/admin.h"
#include "server/rpc/database_capabilities.h"
#include "server/rpc/database_describe.h"
#include "server/rpc/database_unary.h"
#include "server/rpc/health.h"
#include "server/rpc/query_stream.h"
#include "server/rpc/run_transaction.h"
#include "server/rpc/tokens.h"
#include "server/rpc/transact.h"
#include "server/rpc/transaction_outcome.h"

namespace sluice::rpc {
namespace {

// Room for the fields of a request beside its statement and parameters.
constexpr int64_t kRequestOverheadBytes = 64 * 1024;
// Before the end of the grace, so that transactions hear why they end.
constexpr absl::Duration kLastWords = absl::Milliseconds(500);
constexpr absl::Duration kStopPollInterval = absl::Milliseconds(5);

void SetLimits(const config::v1::Limits& limits, grpc::ServerBuilder& builder) {
  builder.SetMaxReceiveMessageSize(
      static_cast<int>(limits.max_statement_bytes() +
                       limits.max_parameter_bytes() + kRequestOverheadBytes));
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
    const config::v1::Config& config, ServerParts parts,
    const std::vector<execution::Executor*>& executors) {
  absl::StatusOr<std::unique_ptr<ServingCertificate>> certificate =
      ServingCertificate::Load(config.listener());
  if (!certificate.ok()) return certificate.status();

  auto server = std::unique_ptr<Server>(new Server(config, std::move(parts)));
  server->certificate_ = *std::move(certificate);
  grpc::ServerBuilder builder;
  SetLimits(config.limits(), builder);
  absl::StatusOr<std::unique_ptr<Listener>> listener =
      Listener::Make(config.listener(), *server->certificate_, builder);
  if (!listener.ok()) return listener.status();
  server->listener_ = *std::move(listener);
  server->state_.connections = &server->listener_->connections();
  builder.RegisterService(&server->state_.database_service);
  builder.RegisterService(&server->state_.tokens_service);
  builder.RegisterService(&server->state_.admin_service);
  builder.RegisterService(&server->health_service_);
  for (execution::Executor* executor : executors) {
    server->workers_.push_back(std::make_unique<Worker>(
        server->state_, *executor, builder.AddCompletionQueue()));
    server->state_.workers.push_back(server->workers_.back().get());
  }
  server->server_ = builder.BuildAndStart();
  if (server->server_ == nullptr) {
    return absl::UnavailableError("gRPC does not start a server");
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
    ServeTokens(*worker);
    ServeAdmin(*worker);
    ServeHealth(*worker, server->health_service_);
    worker->queue.Start(absl::StrCat("sluice-grpc-", number++));
  }
  server->listener_->Start();
  return server;
}

Server::~Server() { Stop(absl::ZeroDuration()); }

void Server::Stop(absl::Duration grace) {
  if (server_ == nullptr) return;
  state_.draining.store(true);
  listener_->StopAccepting();
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
  listener_->Stop();
  server_.reset();
}

}  // namespace sluice::rpc
