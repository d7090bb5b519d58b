// NewsQueue: coroutines that wait for news of the nodes.

#ifndef SLUICE_SERVER_ROUTING_NEWS_QUEUE_H_
#define SLUICE_SERVER_ROUTING_NEWS_QUEUE_H_

#include <coroutine>
#include <cstddef>
#include <list>

#include "server/base/cancellation.h"
#include "server/base/deadline.h"
#include "server/base/event_loop.h"
#include "server/routing/ask_pace.h"

namespace sluice::routing {

// Threads: belongs to one event loop; the constructor may run on any.
class NewsQueue {
 public:
  // For whom nodes are asked sooner.
  enum class Hurry {
    // Each has another need.
    kEach,
    // All wait for the same: only the first of them.
    kFirst,
  };
  // Waits for news, the cancellation, or a moment; which of them it was is for
  // the one who waits to look at.
  class WaitAwaiter;

  NewsQueue(EventLoop& loop, AskPace& pace, Hurry hurry)
      : loop_(loop), pace_(pace), hurry_(hurry) {}
  NewsQueue(const NewsQueue&) = delete;

  // Tells all that there are news. They go on later, from the loop.
  void WakeAll();

  size_t size() const { return waiters_.size(); }
  bool empty() const { return waiters_.empty(); }

 private:
  EventLoop& loop_;
  AskPace& pace_;
  const Hurry hurry_;
  std::list<WaitAwaiter*> waiters_;
};

class NewsQueue::WaitAwaiter {
 public:
  // `wait`: whether it is the caller's first one.
  WaitAwaiter(NewsQueue& queue, SteadyTime until, AskPace::Wait wait,
              Cancellation& cancellation)
      : queue_(queue),
        until_(until),
        wait_(wait),
        cancellation_(cancellation),
        timer_(queue.loop_) {}
  WaitAwaiter(const WaitAwaiter&) = delete;

  bool await_ready() const { return false; }
  void await_suspend(std::coroutine_handle<> handle);
  void await_resume() const {}

 private:
  friend class NewsQueue;

  void StopListening();
  void Leave();

  NewsQueue& queue_;
  const SteadyTime until_;
  const AskPace::Wait wait_;
  Cancellation& cancellation_;
  Timer timer_;
  std::list<WaitAwaiter*>::iterator position_;
  std::coroutine_handle<> handle_;
};

}  // namespace sluice::routing

#endif  // SLUICE_SERVER_ROUTING_NEWS_QUEUE_H_
