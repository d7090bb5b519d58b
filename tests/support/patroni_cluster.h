// PatroniCluster: members of a cluster that Patroni keeps by an etcd, and a
// pgbouncer with entries for each of them.

#ifndef SLUICE_TESTS_SUPPORT_PATRONI_CLUSTER_H_
#define SLUICE_TESTS_SUPPORT_PATRONI_CLUSTER_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "tests/support/etcd_server.h"
#include "tests/support/patroni_member.h"
#include "tests/support/served_cluster.h"
#include "tests/support/settings.h"
#include "tests/support/temp_dir.h"

namespace sluice::testing {

struct PatroniOptions {
  int members = 3;
  PatroniMemberOptions::Commits commits =
      PatroniMemberOptions::Commits::kSynchronous;
  absl::Duration ttl = absl::Seconds(8);
  Settings pgbouncer;
};

// Its member "n0" is the first leader.
class PatroniCluster : public ServedCluster {
 public:
  static absl::StatusOr<std::unique_ptr<PatroniCluster>> Start(
      const PatroniOptions& options = {});

  size_t size() const override { return members_.size(); }
  uint16_t PortOf(size_t index) const override {
    return members_[index]->port();
  }
  PatroniMember& member(size_t index) const { return *members_[index]; }
  EtcdServer& etcd() { return *etcd_; }

  struct Roles {
    size_t leader = 0;
    // Which Patroni would promote: the one that commits wait for, or any.
    size_t candidate = 0;
  };
  // Waits until the cluster is whole: a leader that takes writes, and all
  // others stream from it, by Patroni's word and their own.
  absl::StatusOr<Roles> AwaitWhole() const;
  // Waits until one of those takes writes, and tells which. None of them is
  // frozen.
  std::optional<size_t> AwaitPrimary(const std::vector<size_t>& members,
                                     absl::Duration limit) const;
  // Hands over by `patronictl switchover`. It returns when the leader is
  // another one, which may not take writes yet.
  absl::Status SwitchOver(const Roles& roles) const;

 private:
  PatroniCluster(TempDir folder, const PatroniOptions& options)
      : ServedCluster(std::move(folder), {}, options.pgbouncer),
        options_(options) {}

  absl::Status StartMembers();
  absl::Status StartMember();
  absl::StatusOr<std::string> RunPatronictl(
      std::vector<std::string> arguments) const;
  std::optional<Roles> FindRoles() const;
  // Whether it takes writes and all others stream from it.
  bool IsFollowed(size_t leader) const;

  const PatroniOptions options_;
  // Before the members, which need it to the end.
  std::unique_ptr<EtcdServer> etcd_;
  std::vector<std::unique_ptr<PatroniMember>> members_;
};

}  // namespace sluice::testing

#endif  // SLUICE_TESTS_SUPPORT_PATRONI_CLUSTER_H_
