// Latch: lets one coroutine wait until something has happened.

#ifndef SLUICE_SERVER_BASE_LATCH_H_
#define SLUICE_SERVER_BASE_LATCH_H_

#include <coroutine>
#include <utility>

namespace sluice {

// Threads: belongs to one thread. At most one coroutine waits.
class Latch {
 public:
  Latch() = default;
  Latch(const Latch&) = delete;

  bool is_open() const { return open_; }

  // Resumes the waiting coroutine, if any, before it returns.
  void Open() {
    open_ = true;
    if (auto waiting = std::exchange(waiting_, {})) waiting.resume();
  }

  class WaitAwaiter {
   public:
    explicit WaitAwaiter(Latch& latch) : latch_(latch) {}
    WaitAwaiter(const WaitAwaiter&) = delete;
    bool await_ready() const { return latch_.open_; }
    void await_suspend(std::coroutine_handle<> handle) {
      latch_.waiting_ = handle;
    }
    void await_resume() const {}

   private:
    Latch& latch_;
  };
  WaitAwaiter Wait() { return WaitAwaiter(*this); }

 private:
  bool open_ = false;
  std::coroutine_handle<> waiting_;
};

}  // namespace sluice

#endif  // SLUICE_SERVER_BASE_LATCH_H_
