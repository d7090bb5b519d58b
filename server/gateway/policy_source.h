// PolicySource: the policy in force, and the file that it is read from.

#ifndef SLUICE_SERVER_GATEWAY_POLICY_SOURCE_H_
#define SLUICE_SERVER_GATEWAY_POLICY_SOURCE_H_

#include <functional>
#include <memory>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/base/mutex.h"
#include "server/base/reload.h"
#include "server/base/snapshot.h"
#include "server/policy/policy.h"
#include "sluice/config/v1/config.pb.h"

namespace sluice::gateway {

// Threads: any.
class PolicySource {
 public:
  // Reads the policy that the configuration names.
  // Errors: as policy::Policy::Load.
  static absl::StatusOr<std::unique_ptr<PolicySource>> Open(
      const config::v1::Config& config);
  PolicySource(const PolicySource&) = delete;

  using Listener =
      std::function<void(const std::shared_ptr<const policy::Policy>& policy)>;
  // Tells `listener` of the policy in force now, and of each one that takes its
  // place, before it does. Once, before ReadAnew.
  void Listen(Listener listener);

  // Always has one.
  const Snapshot<policy::Policy>& policy() const { return policy_; }
  // Since when it is in force.
  absl::Time load_time() const;

  // Reads the file anew; what differs from the policy in force takes its place.
  // Errors: as Open; the policy in force stays.
  absl::StatusOr<Reload> ReadAnew();

 private:
  PolicySource(const config::v1::Config& config,
               std::shared_ptr<const policy::Policy> policy)
      : config_(config), policy_(std::move(policy)), load_time_(absl::Now()) {}

  const config::v1::Config config_;
  Listener listener_;
  Snapshot<policy::Policy> policy_;
  mutable Mutex mutex_;
  absl::Time load_time_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace sluice::gateway

#endif  // SLUICE_SERVER_GATEWAY_POLICY_SOURCE_H_
