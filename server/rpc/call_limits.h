// The limits that every call of the Database service meets on its way in: its
// deadline, and how many may be in progress.

#ifndef SLUICE_SERVER_RPC_CALL_LIMITS_H_
#define SLUICE_SERVER_RPC_CALL_LIMITS_H_

#include <grpcpp/server_context.h>

#include <cstdint>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "server/base/deadline.h"
#include "server/rpc/worker.h"
#include "sluice/config/v1/config.pb.h"

namespace sluice::rpc {

// How long a call may take.
struct CallDuration {
  // Of one that comes without a deadline.
  absl::Duration by_default;
  absl::Duration longest;
};

CallDuration UnaryDuration(const config::v1::Limits& limits);
CallDuration StreamDuration(const config::v1::Limits& limits);
// Of an interactive transaction: the wait for its connection included.
CallDuration TransactDuration(const config::v1::Limits& limits);

// The caller's deadline within the server's bounds. gRPC tells it by the wall
// clock; from here on the monotonic one counts.
Deadline DeadlineOf(const grpc::ServerContext& context,
                    const CallDuration& duration);

// Counts a call while it is in progress.
class CallCount {
 public:
  explicit CallCount(ServerState& state)
      : state_(state), number_(state.calls.fetch_add(1) + 1) {}
  ~CallCount() { state_.calls.fetch_sub(1); }
  CallCount(const CallCount&) = delete;

  // Errors: RESOURCE_EXHAUSTED (TOO_MANY_CALLS), nothing executed.
  absl::Status Check() const;

 private:
  ServerState& state_;
  const uint32_t number_;
};

}  // namespace sluice::rpc

#endif  // SLUICE_SERVER_RPC_CALL_LIMITS_H_
