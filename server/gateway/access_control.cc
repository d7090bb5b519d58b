#include "server/gateway/access_control.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_join.h"
#include "server/base/proto_duration.h"
#include "server/rpc/access_loss.h"

namespace sluice::gateway {
namespace {

identity::TokenProfile ProfileOf(const config::v1::Tokens& tokens) {
  identity::TokenProfile profile;
  profile.issuer = tokens.issuer();
  profile.audience = tokens.audience();
  profile.max_ttl = FromProto(tokens.max_ttl());
  profile.max_session = FromProto(tokens.max_session());
  profile.clock_skew = FromProto(tokens.clock_skew());
  return profile;
}

identity::CommonNames CommonNamesOf(const config::v1::Identity& identity) {
  return identity.allow_common_names() ? identity::CommonNames::kAllowed
                                       : identity::CommonNames::kRefused;
}

// Of keys whose names are digests of them.
bool AreEqual(const identity::SigningKeys& a, const identity::SigningKeys& b) {
  const std::vector<identity::SigningKeyFacts> of_a = a.Facts();
  const std::vector<identity::SigningKeyFacts> of_b = b.Facts();
  return std::equal(of_a.begin(), of_a.end(), of_b.begin(), of_b.end(),
                    [](const identity::SigningKeyFacts& x,
                       const identity::SigningKeyFacts& y) {
                      return x.key_id == y.key_id && x.state == y.state &&
                             x.since == y.since;
                    });
}

}  // namespace

absl::StatusOr<std::unique_ptr<AccessControl>> AccessControl::Make(
    const config::v1::Config& config, rpc::RevocationStore* store) {
  absl::StatusOr<std::unique_ptr<PolicySource>> policy =
      PolicySource::Open(config);
  if (!policy.ok()) return policy.status();
  absl::StatusOr<std::shared_ptr<const identity::SigningKeys>> keys =
      identity::SigningKeys::Load(config.tokens().key_folder());
  if (!keys.ok()) return keys.status();
  return std::unique_ptr<AccessControl>(
      new AccessControl(config, store, *std::move(policy), *std::move(keys)));
}

absl::Status AccessControl::Check(const config::v1::Config& config) {
  std::vector<std::string> faults;
  for (const absl::Status& status :
       {policy::Policy::Load(config).status(),
        identity::SigningKeys::Load(config.tokens().key_folder()).status()}) {
    if (!status.ok()) faults.emplace_back(status.message());
  }
  if (faults.empty()) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrJoin(faults, "\n"));
}

AccessControl::AccessControl(const config::v1::Config& config,
                             rpc::RevocationStore* store,
                             std::unique_ptr<PolicySource> policy,
                             std::shared_ptr<const identity::SigningKeys> keys)
    : store_(store),
      key_folder_(config.tokens().key_folder()),
      policy_(std::move(policy)),
      keys_(std::move(keys)),
      revocations_(std::make_shared<identity::Revocations>()),
      certificates_(config.identity().trust_domain(),
                    CommonNamesOf(config.identity())),
      issuer_(ProfileOf(config.tokens()), keys_),
      verifier_(ProfileOf(config.tokens()), config.tokens().max_cached(), keys_,
                revocations_),
      freshness_(store, config.revocation()),
      guard_({.policy = policy_->policy(),
              .certificates = certificates_,
              .tokens = verifier_,
              .revocations = revocations_,
              .freshness = freshness_,
              .usage = usage_}) {}

absl::StatusOr<Reload> AccessControl::ReloadPolicy() {
  absl::StatusOr<Reload> outcome = policy_->ReadAnew();
  if (outcome.ok() && *outcome == Reload::kChanged) {
    rpc::CancelDenied(activities_, *policy_->policy().Get());
  }
  return outcome;
}

absl::StatusOr<Reload> AccessControl::ReloadKeys() {
  absl::StatusOr<std::shared_ptr<const identity::SigningKeys>> keys =
      identity::SigningKeys::Load(key_folder_);
  if (!keys.ok()) return keys.status();
  if (AreEqual(**keys, *keys_.Get())) return Reload::kUnchanged;
  keys_.Set(*std::move(keys));
  return Reload::kChanged;
}

int AccessControl::SetRevocations(
    const std::shared_ptr<const identity::Revocations>& revocations) {
  revocations_.Set(revocations);
  return rpc::CancelRevoked(activities_, *revocations);
}

rpc::ServerParts AccessControl::MakeServerParts() {
  return {.guard = guard_,
          .activities = activities_,
          .policy = policy_->policy(),
          .keys = keys_,
          .issuer = issuer_,
          .verifier = verifier_,
          .freshness = freshness_,
          .revocations = store_};
}

}  // namespace sluice::gateway
