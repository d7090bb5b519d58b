#include "tests/integration/gated_pooler.h"

#include <gtest/gtest.h>

#include <utility>

#include "absl/strings/match.h"

namespace sluice::testing {

absl::StatusOr<std::unique_ptr<GatedPooler>> GatedPooler::Start(
    PostgresCluster& cluster) {
  auto pooler = std::unique_ptr<GatedPooler>(new GatedPooler);
  absl::Status status = pooler->StartGates(cluster);
  if (status.ok()) status = pooler->StartPgBouncer(cluster);
  if (!status.ok()) return status;
  return pooler;
}

absl::Status GatedPooler::StartGates(PostgresCluster& cluster) {
  for (size_t i = 0; i < cluster.size(); ++i) {
    for (auto* const gates : {&probe_gates_, &work_gates_}) {
      absl::StatusOr<std::unique_ptr<SocketGate>> gate =
          SocketGate::Start({"127.0.0.1", cluster.node(i).port()});
      if (!gate.ok()) return gate.status();
      gates->push_back(*std::move(gate));
    }
  }
  return absl::OkStatus();
}

absl::Status GatedPooler::StartPgBouncer(PostgresCluster& cluster) {
  PgBouncerOptions options = cluster.pgbouncer_options();
  for (PgBouncerEntry& entry : options.entries) {
    for (size_t i = 0; i < cluster.size(); ++i) {
      if (entry.server_port != cluster.PortOf(i)) continue;
      const bool is_probe = absl::StartsWith(entry.name, "probe.");
      const auto& gates = is_probe ? probe_gates_ : work_gates_;
      entry.server_port = gates[i]->address().port;
      break;
    }
  }
  absl::StatusOr<std::unique_ptr<PgBouncer>> pgbouncer =
      PgBouncer::Start(options);
  if (!pgbouncer.ok()) return pgbouncer.status();
  pgbouncer_ = *std::move(pgbouncer);
  absl::StatusOr<std::unique_ptr<SocketGate>> front =
      SocketGate::Start({pgbouncer_->socket_folder(), pgbouncer_->port()});
  if (!front.ok()) return front.status();
  front_ = *std::move(front);
  return absl::OkStatus();
}

void GatedPooler::Stall(size_t node, const GateFlow& flow) {
  probe_gate(node).SetFlow(flow);
  work_gate(node).SetFlow(flow);
}

void GatedPooler::Cut(size_t node) {
  cut_.insert(node);
  for (SocketGate* const gate : {&probe_gate(node), &work_gate(node)}) {
    gate->Refuse();
    gate->CutAll();
  }
}

void GatedPooler::Heal(size_t node) {
  const bool was_cut = cut_.erase(node) > 0;
  for (SocketGate* const gate : {&probe_gate(node), &work_gate(node)}) {
    gate->SetFlow({});
    if (was_cut) {
      EXPECT_TRUE(gate->Admit().ok());
    }
  }
}

}  // namespace sluice::testing
