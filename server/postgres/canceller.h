// Canceller: sends cancel requests, each over a connection of its own, a few
// at once.

#ifndef SLUICE_SERVER_POSTGRES_CANCELLER_H_
#define SLUICE_SERVER_POSTGRES_CANCELLER_H_

#include <cstddef>
#include <functional>

#include "server/base/event_loop.h"
#include "server/base/task.h"
#include "server/postgres/connection_opener.h"

namespace sluice::postgres {

// Threads: belongs to one event loop.
// Lifetime: outlives its requests, which end within a bounded time.
class Canceller {
 public:
  explicit Canceller(EventLoop& loop) : loop_(loop) {}
  Canceller(const Canceller&) = delete;

  enum class Delivery {
    // Not sent: no longer wanted, or the peer could not be reached.
    kNone,
    // The peer has passed the signal on: it closed the connection.
    kDone,
    // Sent, but the peer was silent for two seconds: the signal may come at
    // any time yet.
    kUncertain,
  };

  // Asks PostgreSQL to cancel what the session of that key runs, unless
  // `still_wanted` says no when the request's turn comes. Whether anything was
  // cancelled, the session's own answer tells.
  Task<Delivery> Cancel(CancelKey key, std::function<bool()> still_wanted);

 private:
  EventLoop& loop_;
  size_t active_ = 0;
};

}  // namespace sluice::postgres

#endif  // SLUICE_SERVER_POSTGRES_CANCELLER_H_
