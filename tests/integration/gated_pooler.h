// GatedPooler: a pgbouncer for one gateway, and gates in all of its links: that
// to the gateway, and two to each node of a cluster.

#ifndef SLUICE_TESTS_INTEGRATION_GATED_POOLER_H_
#define SLUICE_TESTS_INTEGRATION_GATED_POOLER_H_

#include <cstddef>
#include <memory>
#include <set>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tests/support/gate_link.h"
#include "tests/support/pgbouncer.h"
#include "tests/support/postgres_cluster.h"
#include "tests/support/socket_gate.h"

namespace sluice::testing {

// What a gate lets through of a link: nothing in one direction, or in both,
// while its connections stay alive.
inline constexpr GateFlow kStalledToServer = {.to_server =
                                                  GateFlow::Passage::kStalled};
inline constexpr GateFlow kStalledToClient = {.to_client =
                                                  GateFlow::Passage::kStalled};
inline constexpr GateFlow kStalled = {.to_server = GateFlow::Passage::kStalled,
                                      .to_client = GateFlow::Passage::kStalled};

class GatedPooler {
 public:
  static absl::StatusOr<std::unique_ptr<GatedPooler>> Start(
      PostgresCluster& cluster);
  GatedPooler(const GatedPooler&) = delete;

  PgBouncer& pgbouncer() { return *pgbouncer_; }
  // Where its gateway finds it.
  SocketGate& front() { return *front_; }
  const SocketAddress& address() const { return front_->address(); }
  // In the link to a node: of the gateway's probes, and of all else.
  SocketGate& probe_gate(size_t node) { return *probe_gates_[node]; }
  SocketGate& work_gate(size_t node) { return *work_gates_[node]; }

  // The whole link to a node.
  void Stall(size_t node, const GateFlow& flow = kStalled);
  void Cut(size_t node);
  void Heal(size_t node);

 private:
  GatedPooler() = default;

  absl::Status StartGates(PostgresCluster& cluster);
  absl::Status StartPgBouncer(PostgresCluster& cluster);

  std::vector<std::unique_ptr<SocketGate>> probe_gates_;
  std::vector<std::unique_ptr<SocketGate>> work_gates_;
  std::set<size_t> cut_;
  std::unique_ptr<PgBouncer> pgbouncer_;
  std::unique_ptr<SocketGate> front_;
};

}  // namespace sluice::testing

#endif  // SLUICE_TESTS_INTEGRATION_GATED_POOLER_H_
