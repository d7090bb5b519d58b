#include "server/execution/execution_context.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <utility>

namespace sluice::execution {
namespace {

constexpr int64_t kNoLimit = std::numeric_limits<int64_t>::max();

// What is asked for, within what the server allows; 0 asks for all of that.
int64_t Within(int64_t asked, int64_t most) {
  return asked == 0 ? most : std::min(asked, most);
}

int64_t UnlessZero(int64_t most) { return most == 0 ? kNoLimit : most; }

}  // namespace

ExecutionContext::ExecutionContext(EventLoop& loop,
                                   policy::StatementClassifier& classifier,
                                   const config::v1::Config& config,
                                   const ServedPlaces& places,
                                   const identity::Sealer& sealer)
    : loop_(loop),
      limits_(config.limits()),
      detail_policy_(config.errors().include_detail()
                         ? postgres::DetailPolicy::kInclude
                         : postgres::DetailPolicy::kOmit),
      sealer_(sealer),
      classes_(loop, classifier),
      request_pruner_(loop) {
  for (const ServedCluster& served : places.clusters) {
    clusters_.emplace(served.name,
                      std::make_unique<WorkerCluster>(loop, served));
  }
  for (const ServedDatabase& served : places.databases) {
    auto cluster = clusters_.find(served.cluster);
    databases_.emplace(
        served.name,
        std::make_unique<Database>(
            loop, served,
            cluster == clusters_.end() ? nullptr : cluster->second.get()));
  }
}

const Database* ExecutionContext::FindDatabase(absl::string_view name) const {
  auto found = databases_.find(name);
  return found == databases_.end() ? nullptr : found->second.get();
}

void ExecutionContext::Serve(
    const std::shared_ptr<const policy::Policy>& policy) {
  for (const auto& [name, database] : databases_) database->Serve(policy);
}

void ExecutionContext::Update(
    const std::shared_ptr<const topology::Topology>& topology) {
  auto found = clusters_.find(topology->cluster);
  if (found == clusters_.end()) return;
  WorkerCluster& cluster = *found->second;
  const std::shared_ptr<const topology::Topology> before = cluster.topology();
  cluster.Update(topology);
  for (const auto& [name, database] : databases_) {
    if (database->cluster() == &cluster) {
      database->Update(before.get(), *topology);
    }
  }
}

routing::Router* ExecutionContext::FindRouter(absl::string_view cluster) {
  auto found = clusters_.find(cluster);
  return found == clusters_.end() ? nullptr : &found->second->router();
}

size_t ExecutionContext::CountWaiting(absl::string_view cluster,
                                      absl::string_view node) const {
  size_t count = 0;
  for (const auto& [name, database] : databases_) {
    if (database->cluster() != nullptr &&
        database->cluster()->name() == cluster) {
      count += database->CountWaiting(node);
    }
  }
  return count;
}

void ExecutionContext::HoldWrites(absl::string_view cluster,
                                  absl::Duration most) {
  routing::Router* const router = FindRouter(cluster);
  if (router != nullptr) router->HoldWrites(most);
}

void ExecutionContext::ReleaseWrites(absl::string_view cluster) {
  routing::Router* const router = FindRouter(cluster);
  if (router != nullptr) router->ReleaseWrites();
}

absl::Status ExecutionContext::CheckDatabase(const policy::Permit& permit,
                                             absl::string_view database) const {
  return FindDatabase(database) == nullptr
             ? policy::UnknownDatabaseError(database)
             : permit.CheckDatabase(database);
}

absl::StatusOr<GrantedDatabase> ExecutionContext::FindGranted(
    const policy::Permit& permit, absl::string_view database,
    policy::Rights needed) {
  const absl::StatusOr<const policy::Grant*> grant =
      permit.FindGrant(database, needed);
  if (!grant.ok()) return grant.status();
  return FindGranted(permit, **grant);
}

absl::StatusOr<GrantedDatabase> ExecutionContext::FindGranted(
    const policy::Permit& permit, const policy::Grant& grant) {
  auto found = databases_.find(grant.database);
  if (found == databases_.end()) {
    return policy::UnknownDatabaseError(grant.database);
  }
  absl::Status served = found->second->CheckRole(grant.role);
  if (!served.ok()) return served;
  return GrantedDatabase{found->second.get(), grant.role, permit.app().name};
}

ResultLimits ExecutionContext::UnaryLimits(const v1::RequestOptions& options,
                                           const policy::AppLimits& app) const {
  ResultLimits limits;
  limits.max_rows =
      Within(options.max_rows(), std::min(limits_.max_rows(), app.max_rows));
  limits.max_bytes =
      Within(options.max_bytes(),
             std::min(limits_.max_result_bytes(), app.max_result_bytes));
  limits.max_value_bytes = limits.max_bytes;
  limits.on_limit = options.on_limit();
  return limits;
}

ResultLimits ExecutionContext::StreamLimits(
    const v1::RequestOptions& options, const policy::AppLimits& app) const {
  ResultLimits limits;
  limits.max_rows = Within(
      options.max_rows(),
      std::min(UnlessZero(limits_.max_stream_rows()), app.max_stream_rows));
  limits.max_bytes = Within(
      options.max_bytes(),
      std::min(UnlessZero(limits_.max_stream_bytes()), app.max_stream_bytes));
  limits.max_value_bytes =
      options.max_value_bytes() == 0
          ? limits_.default_value_bytes()
          : Within(options.max_value_bytes(), limits_.max_value_bytes());
  limits.on_limit = options.on_limit();
  return limits;
}

Task<absl::StatusOr<policy::StatementFacts>> ExecutionContext::Admit(
    const std::string& sql, Rule rule, const Cancellation& cancellation) {
  policy::StatementFacts facts;
  if (const policy::StatementFacts* known = classes_.Find(sql)) {
    facts = *known;
  } else {
    std::string copy = sql;
    Task<absl::StatusOr<policy::StatementFacts>> classifying =
        classes_.Classify(std::move(copy));
    absl::StatusOr<policy::StatementFacts> found =
        co_await std::move(classifying);
    if (!found.ok()) co_return found.status();
    facts = *std::move(found);
  }
  absl::Status allowed = rule(facts);
  if (!allowed.ok()) co_return allowed;
  if (cancellation.Requested()) {
    co_return CancellationError(cancellation.cause(), "admission");
  }
  co_return std::move(facts);
}

Task<void> ExecutionContext::Drain() {
  Task<void> stopping = request_pruner_.Stop();
  co_await std::move(stopping);
  for (auto& [name, database] : databases_) {
    Task<void> draining = database->Drain();
    co_await std::move(draining);
  }
}

}  // namespace sluice::execution
