// When a call that failed is made again.

#ifndef SLUICE_CLIENT_RETRY_POLICY_H_
#define SLUICE_CLIENT_RETRY_POLICY_H_

#include "absl/time/time.h"

namespace sluice::client {

// What is made again:
// - Reads (Query, Describe, GetCapabilities, GetTransactionOutcome, and
//   QueryStream before its first part came), and Begin, where the status
//   carries a RetryInfo, or is UNAVAILABLE, be it the gateway's word or gRPC's
//   own.
// - Execute and RunTransaction with a request id: there, and where the outcome
//   is unknown. Without one they never are.
// - The function of RunInTransaction: there, as long as its commit was not sent
//   or certainly did nothing, and after a serialization failure, a deadlock, a
//   lock that was not to be had, and a plan that changed.
//
// Before attempt n + 1 passes the delay that RetryInfo asks for, and a random
// part of `initial_backoff * 2^(n - 1)`, at most of `max_backoff`. Where the
// deadline would pass meanwhile the error is told at once.
struct RetryPolicy {
  // How often a call is made in all; 1: never again.
  int max_attempts = 3;
  absl::Duration initial_backoff = absl::Milliseconds(100);
  absl::Duration max_backoff = absl::Seconds(2);
};

}  // namespace sluice::client

#endif  // SLUICE_CLIENT_RETRY_POLICY_H_
