// WakeUp: lets one coroutine wait for the next of many events.

#ifndef SLUICE_SERVER_BASE_WAKE_UP_H_
#define SLUICE_SERVER_BASE_WAKE_UP_H_

#include <coroutine>
#include <utility>

namespace sluice {

// A signal that nobody waits for is kept for the next wait; further ones are
// not counted. What has happened, the waiting coroutine asks elsewhere.
// Threads: belongs to one thread. At most one coroutine waits.
class WakeUp {
 public:
  WakeUp() = default;
  WakeUp(const WakeUp&) = delete;

  // Resumes the waiting coroutine, if any, before it returns; by then this may
  // be gone.
  void Signal() {
    if (auto waiting = std::exchange(waiting_, {})) {
      waiting.resume();
    } else {
      signalled_ = true;
    }
  }

  class WaitAwaiter {
   public:
    explicit WaitAwaiter(WakeUp& wake_up) : wake_up_(wake_up) {}
    WaitAwaiter(const WaitAwaiter&) = delete;
    bool await_ready() const {
      return std::exchange(wake_up_.signalled_, false);
    }
    void await_suspend(std::coroutine_handle<> handle) {
      wake_up_.waiting_ = handle;
    }
    void await_resume() const {}

   private:
    WakeUp& wake_up_;
  };
  WaitAwaiter Wait() { return WaitAwaiter(*this); }

 private:
  bool signalled_ = false;
  std::coroutine_handle<> waiting_;
};

}  // namespace sluice

#endif  // SLUICE_SERVER_BASE_WAKE_UP_H_
