#include "server/rpc/revocation_freshness.h"

#include "server/base/error.h"
#include "server/base/proto_duration.h"

namespace sluice::rpc {
namespace {

// How long after its issue a token is good while the revocations are stale.
constexpr absl::Duration kMaxStaleUse = absl::Minutes(10);

absl::Status StaleError(absl::string_view message) {
  return MakeError(absl::StatusCode::kUnavailable,
                   v1::ERROR_REASON_REVOCATION_STALE, message,
                   {{"executed", "no"}});
}

}  // namespace

RevocationFreshness::RevocationFreshness(const RevocationStore* store,
                                         const config::v1::Revocation& settings)
    : store_(store),
      max_staleness_(FromProto(settings.max_staleness())),
      when_stale_(settings.stale()) {}

std::optional<absl::Duration> RevocationFreshness::Age() const {
  if (store_ == nullptr) return std::nullopt;
  return store_->Age();
}

bool RevocationFreshness::IsStale() const {
  return store_ != nullptr && store_->Age() > max_staleness_;
}

absl::Status RevocationFreshness::CheckIssue() const {
  if (!IsStale()) return absl::OkStatus();
  return StaleError(
      "no token is issued while the server does not hear of revocations");
}

absl::Status RevocationFreshness::CheckUse(const identity::TokenClaims& token,
                                           absl::Time now) const {
  if (!IsStale()) return absl::OkStatus();
  const bool refuses = when_stale_ == config::v1::STALE_REVOCATIONS_REFUSE;
  if (!refuses && now < token.issue_time + kMaxStaleUse) {
    return absl::OkStatus();
  }
  return StaleError("the server does not hear of revocations");
}

}  // namespace sluice::rpc
