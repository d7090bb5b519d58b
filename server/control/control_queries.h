// What is said to the control database: calls of the functions of schema
// `sluice_control`, and how their answers are read.

#ifndef SLUICE_SERVER_CONTROL_CONTROL_QUERIES_H_
#define SLUICE_SERVER_CONTROL_CONTROL_QUERIES_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "server/control/revocation.h"
#include "server/postgres/text_query.h"

namespace sluice::control {

// Changes are told by NOTIFY on this channel.
inline constexpr absl::string_view kChannel = "sluice_revocation";
postgres::TextQuery ListenQuery();

// Where a server stands.
struct ControlState {
  int64_t revision = 0;
  // How old the newest commit is that a replica knows; none of a primary.
  std::optional<absl::Duration> lag;
};
postgres::TextQuery StateQuery();
absl::StatusOr<ControlState> ParseState(
    const std::vector<postgres::TextRow>& rows);

// All revocations that matter, at one revision.
struct RevocationList {
  int64_t revision = 0;
  std::vector<RevocationRecord> records;
};
postgres::TextQuery ReadQuery();
absl::StatusOr<RevocationList> ParseRevocations(
    const std::vector<postgres::TextRow>& rows);

// `expire_time`: infinite for never.
postgres::TextQuery RevokeQuery(const Revocation& revocation,
                                absl::Time expire_time);
struct RevokeAnswer {
  absl::Time revoke_time;
  int64_t revision = 0;
};
absl::StatusOr<RevokeAnswer> ParseRevoked(
    const std::vector<postgres::TextRow>& rows);

postgres::TextQuery BeatQuery(absl::Duration least_interval);
postgres::TextQuery PruneQuery(int max_rows);

// What a failure of one of these means to the caller of a gateway.
// Errors: FAILED_PRECONDITION (REVOCATION_UNAVAILABLE) where the schema is not
// there or not for the gateway's role; else UNAVAILABLE (REVOCATION_STALE).
absl::Status ControlError(const absl::Status& failure);

}  // namespace sluice::control

#endif  // SLUICE_SERVER_CONTROL_CONTROL_QUERIES_H_
