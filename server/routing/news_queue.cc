#include "server/routing/news_queue.h"

#include <utility>

namespace sluice::routing {

void NewsQueue::WakeAll() {
  for (WaitAwaiter* waiter : std::exchange(waiters_, {})) {
    waiter->StopListening();
    // From the loop: the caller may be back at once.
    loop_.Post([handle = waiter->handle_] { handle.resume(); });
  }
}

void NewsQueue::WaitAwaiter::await_suspend(std::coroutine_handle<> handle) {
  const bool hurries = queue_.hurry_ == Hurry::kEach || queue_.empty();
  handle_ = handle;
  position_ = queue_.waiters_.insert(queue_.waiters_.end(), this);
  cancellation_.Listen([this] { Leave(); });
  timer_.Start(Deadline(until_), [this] { Leave(); });
  queue_.pace_.Ask(hurries ? wait_ : AskPace::Wait::kGoesOn);
}

void NewsQueue::WaitAwaiter::StopListening() {
  cancellation_.Unlisten();
  timer_.Stop();
}

void NewsQueue::WaitAwaiter::Leave() {
  queue_.waiters_.erase(position_);
  StopListening();
  handle_.resume();
}

}  // namespace sluice::routing
