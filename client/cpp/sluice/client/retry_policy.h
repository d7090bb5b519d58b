// When a call that failed is made again.

#ifndef SLUICE_CLIENT_RETRY_POLICY_H_
#define SLUICE_CLIENT_RETRY_POLICY_H_

#include "absl/time/time.h"

namespace sluice::client {

// Only reads are made again (Query, Describe, GetCapabilities, and QueryStream
// before its first part came), and only where that may help: the status
// carries a RetryInfo, or it is UNAVAILABLE, be it the gateway's word or gRPC's
// own. An Execute is never made again by itself.
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
