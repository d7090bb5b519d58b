// What a caller may ask of one call.

#ifndef SLUICE_CLIENT_CALL_OPTIONS_H_
#define SLUICE_CLIENT_CALL_OPTIONS_H_

#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "sluice/client/retry_policy.h"
#include "sluice/v1/database.pb.h"

namespace sluice::client {

// Every field may stay as it is; name those that matter:
//   client.Query(Statement("SELECT ..."), {.timeout = absl::Seconds(2)});
struct CallOptions {
  // The whole call must end within `timeout` from its start and before
  // `deadline`, retries and the reading of a stream included. Neither given: a
  // unary call has `ClientOptions::timeout`, a stream the server's longest.
  // The server cuts what is longer than it allows.
  absl::Duration timeout = absl::InfiniteDuration();
  absl::Time deadline = absl::InfiniteFuture();
  // Cancels the call, from any thread: keep the std::stop_source, and call its
  // request_stop(). The statement is stopped in PostgreSQL, the call ends with
  // CANCELLED. A write may have taken place before.
  std::stop_token stop = {};
  // A label for the server's logs and statistics: at most 64 printable ASCII
  // characters.
  std::string tag = {};

  // How fresh a read must be: of Query, QueryStream, Describe, and Execute with
  // READ_ROUTING_AUTO; transactions run on the primary. Unset: as
  // `ClientOptions::read_your_writes` says, of Describe as the gateway's
  // configuration says. See the functions below.
  v1::Consistency consistency = {};
  // Most rows, and most bytes of values as PostgreSQL sends them. 0: the
  // server's limits, which also cut what is more.
  int64_t max_rows = 0;
  int64_t max_bytes = 0;
  // Longest value of a stream, in bytes as PostgreSQL sends it. 0: the
  // server's default, 3 MiB unless configured. What a value takes in memory
  // here is about that, twice that for arrays and composites.
  int64_t max_value_bytes = 0;
  // What happens at a limit; unset: the call fails with RESOURCE_EXHAUSTED.
  v1::LimitAction on_limit = v1::LIMIT_ACTION_UNSPECIFIED;

  // In place of `ClientOptions::retry`.
  std::optional<RetryPolicy> retry = {};

  // Of Execute and RunTransaction: makes the write exactly-once. See
  // MakeRequestId (request_id.h).
  std::string request_id = {};
  // Of Execute: where a statement runs that turns out to be a read; unset: the
  // primary.
  v1::ReadRouting read_routing = v1::READ_ROUTING_UNSPECIFIED;
};

// For `CallOptions::consistency`.

// All that was acknowledged before the call.
v1::Consistency StrongConsistency();
// At least the state that `ExecutionSummary.consistency_token` names. Errors of
// the call: INVALID_ARGUMENT where it is no token.
v1::Consistency AtLeast(absl::string_view consistency_token);
// At most this old; not negative.
v1::Consistency MaxStaleness(absl::Duration age);
// Whatever a node has.
v1::Consistency AnyConsistency();

}  // namespace sluice::client

#endif  // SLUICE_CLIENT_CALL_OPTIONS_H_
