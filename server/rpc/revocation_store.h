// RevocationStore: where revocations are recorded that all instances share, as
// far as the services need it.

#ifndef SLUICE_SERVER_RPC_REVOCATION_STORE_H_
#define SLUICE_SERVER_RPC_REVOCATION_STORE_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/base/deadline.h"
#include "server/base/task.h"

namespace sluice::rpc {

struct Revocation {
  enum class Target { kToken, kApp, kCertificate, kKey };

  Target target = Target::kToken;
  // `jti`, name of the app, thumbprint in the form that tokens have, or `kid`.
  std::string value;
  // When what it revokes has ended by itself: it need not be kept longer.
  absl::Time end_time = absl::InfiniteFuture();
  std::string reason;
  // The app that asks for it.
  std::string author;
};

// Threads: any.
class RevocationStore {
 public:
  RevocationStore() = default;
  RevocationStore(const RevocationStore&) = delete;
  virtual ~RevocationStore() = default;

  // Records it. When it has ended well, on whatever thread, the revocation is
  // also in force on this instance. When it was recorded, by the store's clock.
  // Lifetime: `revocation` outlives it.
  // Errors: UNAVAILABLE (REVOCATION_STALE), DEADLINE_EXCEEDED.
  virtual Task<absl::StatusOr<absl::Time>> Revoke(const Revocation& revocation,
                                                  Deadline deadline) = 0;

  // How long ago the revocations of this instance were known to be complete.
  virtual absl::Duration Age() const = 0;
};

}  // namespace sluice::rpc

#endif  // SLUICE_SERVER_RPC_REVOCATION_STORE_H_
