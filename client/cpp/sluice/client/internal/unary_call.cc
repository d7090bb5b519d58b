#include "sluice/client/internal/unary_call.h"

#include <algorithm>

#include "absl/time/clock.h"

namespace sluice::client::internal {

CallBounds StreamBounds(const CallOptions& options) {
  return {.deadline = std::min(options.deadline, absl::Now() + options.timeout),
          .stop = options.stop};
}

CallBounds UnaryBounds(const CallOptions& options,
                       const ClientOptions& client_options) {
  CallBounds bounds = StreamBounds(options);
  if (bounds.deadline == absl::InfiniteFuture()) {
    bounds.deadline = absl::Now() + client_options.timeout;
  }
  return bounds;
}

}  // namespace sluice::client::internal
