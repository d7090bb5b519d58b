#include "server/gateway/policy_source.h"

namespace sluice::gateway {

absl::StatusOr<std::unique_ptr<PolicySource>> PolicySource::Open(
    const config::v1::Config& config) {
  absl::StatusOr<std::shared_ptr<const policy::Policy>> policy =
      policy::Policy::Load(config);
  if (!policy.ok()) return policy.status();
  return std::unique_ptr<PolicySource>(
      new PolicySource(config, *std::move(policy)));
}

void PolicySource::Listen(Listener listener) {
  listener_ = std::move(listener);
  listener_(policy_.Get());
}

absl::Time PolicySource::load_time() const {
  MutexLock lock(&mutex_);
  return load_time_;
}

absl::StatusOr<Reload> PolicySource::ReadAnew() {
  absl::StatusOr<std::shared_ptr<const policy::Policy>> policy =
      policy::Policy::Load(config_);
  if (!policy.ok()) return policy.status();
  if ((*policy)->digest() == policy_.Get()->digest()) return Reload::kUnchanged;
  MutexLock lock(&mutex_);
  if (listener_) listener_(*policy);
  policy_.Set(*std::move(policy));
  load_time_ = absl::Now();
  return Reload::kChanged;
}

}  // namespace sluice::gateway
