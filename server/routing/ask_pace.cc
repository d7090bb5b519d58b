#include "server/routing/ask_pace.h"

#include <algorithm>

namespace sluice::routing {
namespace {

// A replica that follows closely has what a write left behind within some
// milliseconds; a failover takes seconds.
constexpr absl::Duration kFirstInterval = absl::Milliseconds(10);
constexpr absl::Duration kLongestInterval = absl::Milliseconds(100);

}  // namespace

void AskPace::Ask(Wait wait) {
  if (wait == Wait::kBegins) interval_ = kFirstInterval;
  const SteadyTime next =
      asked_at_ == SteadyTime::min()
          ? asked_at_
          : asked_at_ + absl::ToChronoNanoseconds(interval_);
  if (next <= SteadyNow()) {
    AskNow();
  } else {
    AskAt(next);
  }
}

void AskPace::AskNow() {
  if (!ask_()) return;
  asked_at_ = SteadyNow();
  AskAt(asked_at_ + absl::ToChronoNanoseconds(interval_));
}

void AskPace::AskAt(SteadyTime time) {
  next_.Start(Deadline(time), [this] {
    interval_ = std::min(2 * interval_, kLongestInterval);
    AskNow();
  });
}

}  // namespace sluice::routing
