// LeaseRequest: what a caller asks of a pool.

#ifndef SLUICE_SERVER_POSTGRES_LEASE_REQUEST_H_
#define SLUICE_SERVER_POSTGRES_LEASE_REQUEST_H_

#include "absl/strings/string_view.h"
#include "server/postgres/connection.h"
#include "server/postgres/fair_share.h"

namespace sluice::postgres {

// Whether the limit of calls that wait holds for a call.
enum class QueueRoom {
  kLimited,
  // It has waited already, where their number is bounded.
  kGranted,
};

// Lifetime: the name outlives the lease's being acquired.
struct LeaseRequest {
  Access access = Access::kReadOnly;
  // Whose the call is; empty for the gateway's own.
  absl::string_view app = "";
  HoldTime time = HoldTime::kShort;
  QueueRoom room = QueueRoom::kLimited;
};

}  // namespace sluice::postgres

#endif  // SLUICE_SERVER_POSTGRES_LEASE_REQUEST_H_
