#include "server/gateway/gateway.h"

#include <future>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "server/base/task.h"
#include "server/gateway/backend_settings.h"
#include "server/gateway/outcome_keys.h"
#include "server/identity/digest.h"

namespace sluice::gateway {
namespace {

// How long the start waits for primaries, so that the first calls find them.
constexpr absl::Duration kFirstPrimaryTime = absl::Seconds(5);

Task<void> DrainAndTell(execution::Executor& executor,
                        std::promise<void>& drained) {
  Task<void> draining = executor.Drain();
  co_await std::move(draining);
  drained.set_value();
}

void Drain(execution::Executor& executor) {
  std::promise<void> drained;
  executor.loop().Post([&] { Spawn(DrainAndTell(executor, drained)); });
  drained.get_future().wait();
}

// Null where there is to be none.
absl::StatusOr<std::unique_ptr<telemetry::AuditLog>> OpenAuditLog(
    const config::v1::Audit& settings) {
  if (settings.folder().empty()) return std::unique_ptr<telemetry::AuditLog>();
  return telemetry::AuditLog::Open(settings, InstanceName(), &identity::Sha256);
}

}  // namespace

absl::StatusOr<std::unique_ptr<Gateway>> Gateway::Start(
    const config::v1::Config& config) {
  absl::StatusOr<std::unique_ptr<telemetry::AuditLog>> audit =
      OpenAuditLog(config.audit());
  if (!audit.ok()) return audit.status();
  absl::StatusOr<postgres::ConnectionSettings> backend =
      BackendConnectionOf(config);
  if (!backend.ok()) return backend.status();
  absl::StatusOr<std::unique_ptr<RevocationSources>> revocations =
      RevocationSources::Make(config, *backend);
  if (!revocations.ok()) return revocations.status();
  absl::StatusOr<std::unique_ptr<AccessControl>> access =
      AccessControl::Make(config, (*revocations)->store());
  if (!access.ok()) return access.status();
  absl::StatusOr<identity::Sealer> sealer = MakeSealer(config.outcome());
  if (!sealer.ok()) return sealer.status();

  auto gateway = std::unique_ptr<Gateway>(
      new Gateway(*std::move(audit), *std::move(revocations),
                  *std::move(access), *std::move(sealer), config, *backend));
  gateway->StartRevocations();
  gateway->StartWorkers(config, *backend);
  std::vector<execution::Executor*> executors;
  for (const auto& executor : gateway->executors_) {
    executors.push_back(executor.get());
  }
  rpc::ServerParts parts = gateway->access_->MakeServerParts();
  parts.reloader = &gateway->reloader_;
  parts.audit = gateway->audit_.get();
  for (const auto& [name, watch] : gateway->watches_.all()) {
    parts.clusters[name] = watch.get();
  }
  parts.instance = ApplicationName();
  parts.budgets = gateway->budgets_.get();
  parts.start_time = absl::Now();
  absl::StatusOr<std::unique_ptr<rpc::Server>> server =
      rpc::Server::Start(config, std::move(parts), executors);
  if (!server.ok()) return server.status();
  gateway->server_ = *std::move(server);
  gateway->StartReloader(config);
  absl::Status started = gateway->StartAdminListener(config.admin_listener());
  if (!started.ok()) return started;
  return gateway;
}

void Gateway::StartWorkers(const config::v1::Config& config,
                           const postgres::ConnectionSettings& backend) {
  const size_t worker_pairs = WorkerPairsOf(config);
  const execution::ServedPlaces places =
      ServedPlacesOf(config, backend, watches_);
  budgets_ = places.budgets;
  for (size_t i = 0; i < worker_pairs; ++i) {
    loops_.push_back(
        std::make_unique<EventLoop>(absl::StrCat("sluice-pg-", i)));
    executors_.push_back(std::make_unique<execution::Executor>(
        *loops_.back(), classifier_, config, places, sealer_));
  }
  access_->ListenToPolicies(
      [this](const std::shared_ptr<const policy::Policy>& policy) {
        budgets_->Serve(policy);
        for (const auto& executor : executors_) executor->Serve(policy);
      });
  watches_.Start(kFirstPrimaryTime);
}

void Gateway::Publish(
    const std::shared_ptr<const topology::Topology>& topology) {
  budgets_->Update(*topology, SteadyNow());
  for (const auto& executor : executors_) executor->Update(topology);
}

// Before the first call is served.
void Gateway::StartRevocations() {
  revocations_->Start(
      [this](const std::shared_ptr<const identity::Revocations>& revocations) {
        access_->SetRevocations(revocations);
      });
}

void Gateway::StartReloader(const config::v1::Config& config) {
  const config::v1::Listener& listener = config.listener();
  reloader_.Add({"certificates",
                 {listener.certificate_file(), listener.private_key_file(),
                  listener.client_ca_file()},
                 [this] { return server_->ReloadCertificates(); }});
  reloader_.Add({"policy", {config.policy_file()}, [this] {
                   return access_->ReloadPolicy();
                 }});
  reloader_.Add({"signing_keys", {config.tokens().key_folder()}, [this] {
                   return access_->ReloadKeys();
                 }});
  if (!config.revocation().deny_list_file().empty()) {
    reloader_.Add({"deny_list", {config.revocation().deny_list_file()}, [this] {
                     return revocations_->ReloadDenyList();
                   }});
  }
  reloader_.Start();
}

absl::Status Gateway::StartAdminListener(
    const config::v1::AdminListener& config) {
  if (config.port() == 0) return absl::OkStatus();
  AdminListener::Pages pages;
  pages["/livez"] = [] { return AdminPage{200, "alive\n"}; };
  // The server does not start without an active signing key, and keeps the
  // last good ones.
  pages["/readyz"] = [this] {
    return server_->IsTakingCalls() ? AdminPage{200, "ready\n"}
                                    : AdminPage{503, "draining\n"};
  };
  absl::StatusOr<std::unique_ptr<AdminListener>> listener =
      AdminListener::Start(config, std::move(pages));
  if (!listener.ok()) return listener.status();
  admin_listener_ = *std::move(listener);
  return absl::OkStatus();
}

Gateway::~Gateway() { Stop(absl::ZeroDuration()); }

void Gateway::Stop(absl::Duration grace) {
  reloader_.Stop();
  if (server_ != nullptr) server_->Stop(grace);
  // Nothing calls these any more.
  revocations_->Stop();
  watches_.Stop();
  for (const auto& executor : executors_) Drain(*executor);
  for (const auto& loop : loops_) loop->Stop();
  executors_.clear();
  loops_.clear();
}

}  // namespace sluice::gateway
