// AskPace: when nodes are asked for news because somebody waits for them: at
// once, and more seldom the longer that lasts.

#ifndef SLUICE_SERVER_ROUTING_ASK_PACE_H_
#define SLUICE_SERVER_ROUTING_ASK_PACE_H_

#include <functional>
#include <utility>

#include "absl/time/time.h"
#include "server/base/deadline.h"
#include "server/base/event_loop.h"

namespace sluice::routing {

// Threads: belongs to one event loop; the constructor may run on any.
class AskPace {
 public:
  // Asks; false: nobody waits any more, and nobody was asked.
  using Asking = std::function<bool()>;
  enum class Wait { kBegins, kGoesOn };

  AskPace(EventLoop& loop, Asking ask) : ask_(std::move(ask)), next_(loop) {}
  AskPace(const AskPace&) = delete;

  // Asks at once, or when it is time again, and goes on asking. Where a wait
  // begins it is time again soon.
  void Ask(Wait wait);

 private:
  void AskNow();
  void AskAt(SteadyTime time);

  const Asking ask_;
  Timer next_;
  // After the last time.
  absl::Duration interval_;
  SteadyTime asked_at_ = SteadyTime::min();
};

}  // namespace sluice::routing

#endif  // SLUICE_SERVER_ROUTING_ASK_PACE_H_
