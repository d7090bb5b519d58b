// EventLoop: one thread that runs sockets, timers and posted work.

#ifndef SLUICE_SERVER_BASE_EVENT_LOOP_H_
#define SLUICE_SERVER_BASE_EVENT_LOOP_H_

#include <asio/executor_work_guard.hpp>
#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>
#include <coroutine>
#include <functional>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "server/base/deadline.h"
#include "server/base/mutex.h"

namespace sluice {

class Timer;

// Threads: Post, Stop and the constructor may be called from any thread; all
// else on the loop's own thread.
// Lifetime: outlives everything that is bound to it.
class EventLoop {
 public:
  // Starts the thread. `name` is what the system shows, at most 15 bytes.
  explicit EventLoop(std::string name);
  // Stops the thread.
  ~EventLoop();
  EventLoop(const EventLoop&) = delete;

  // Runs `work` on the loop's thread, after what was posted before.
  void Post(std::function<void()> work);

  // Runs what has been posted, ends the thread and waits for it. What still
  // waits on a socket or a timer is dropped. Idempotent; not from the loop's
  // thread.
  void Stop();

  bool OnThread() const { return std::this_thread::get_id() == thread_id_; }
  asio::io_context& context() { return context_; }

  // `co_await loop.Enter()` continues on the loop's thread.
  class EnterAwaiter {
   public:
    explicit EnterAwaiter(EventLoop& loop) : loop_(loop) {}
    EnterAwaiter(const EnterAwaiter&) = delete;
    bool await_ready() const { return loop_.OnThread(); }
    void await_suspend(std::coroutine_handle<> handle) {
      loop_.Post([handle] { handle.resume(); });
    }
    void await_resume() const {}

   private:
    EventLoop& loop_;
  };
  EnterAwaiter Enter() { return EnterAwaiter(*this); }

 private:
  friend class Timer;

  void RunPosted();
  void Arm(Timer* timer);
  void Disarm(Timer* timer);
  void ScheduleWakeUp();
  void RunExpired();

  asio::io_context context_{1};
  asio::executor_work_guard<asio::io_context::executor_type> work_guard_;
  // One timer of Asio's serves all of ours: they are armed and disarmed once
  // per call and rarely fire.
  asio::steady_timer wake_up_;
  SteadyTime wake_up_at_ = SteadyTime::max();
  std::set<std::pair<SteadyTime, Timer*>> timers_;
  Mutex mutex_;
  std::vector<std::function<void()>> posted_ ABSL_GUARDED_BY(mutex_);
  std::thread thread_;
  std::thread::id thread_id_;
};

// Calls a function at a deadline, on the loop's thread, unless it is stopped
// or destroyed before.
class Timer {
 public:
  explicit Timer(EventLoop& loop) : loop_(loop) {}
  ~Timer() { Stop(); }
  Timer(const Timer&) = delete;

  // Replaces what was started before.
  void Start(Deadline deadline, std::function<void()> on_expiry);
  void Stop();

 private:
  friend class EventLoop;

  EventLoop& loop_;
  SteadyTime at_ = SteadyTime::max();
  bool armed_ = false;
  std::function<void()> on_expiry_;
};

// `co_await Sleep(...)`: continues on the loop's thread at the deadline.
class SleepAwaiter {
 public:
  SleepAwaiter(EventLoop& loop, Deadline until) : timer_(loop), until_(until) {}
  SleepAwaiter(const SleepAwaiter&) = delete;
  bool await_ready() const { return until_.Expired(); }
  void await_suspend(std::coroutine_handle<> handle) {
    timer_.Start(until_, [handle] { handle.resume(); });
  }
  void await_resume() const {}

 private:
  Timer timer_;
  Deadline until_;
};

}  // namespace sluice

#endif  // SLUICE_SERVER_BASE_EVENT_LOOP_H_
