// RevocationFreshness: what may go on while the revocations are not known to be
// complete.

#ifndef SLUICE_SERVER_RPC_REVOCATION_FRESHNESS_H_
#define SLUICE_SERVER_RPC_REVOCATION_FRESHNESS_H_

#include <optional>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "server/identity/token.h"
#include "server/rpc/revocation_store.h"
#include "sluice/config/v1/config.pb.h"

namespace sluice::rpc {

// Threads: any.
class RevocationFreshness {
 public:
  // `store` outlives it; null: there are no revocations to wait for.
  RevocationFreshness(const RevocationStore* store,
                      const config::v1::Revocation& settings);

  // How old they are; nothing without a store.
  std::optional<absl::Duration> Age() const;

  // Errors of both: UNAVAILABLE (REVOCATION_STALE), nothing executed.

  // Whether tokens may be issued and renewed.
  absl::Status CheckIssue() const;
  // Whether a token may be used: one that is revoked by now unheard ends soon.
  absl::Status CheckUse(const identity::TokenClaims& token,
                        absl::Time now) const;

 private:
  bool IsStale() const;

  const RevocationStore* const store_;
  const absl::Duration max_staleness_;
  const config::v1::StaleRevocations when_stale_;
};

}  // namespace sluice::rpc

#endif  // SLUICE_SERVER_RPC_REVOCATION_FRESHNESS_H_
