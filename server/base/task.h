// Task: a lazy coroutine that is awaited by exactly one other, or detached
// with Spawn.
//
// GCC 12 miscompiles some awaits, so the house rule is: arguments of awaited
// calls are named variables; awaiters and argument structs have constructors
// and cannot be copied (docs/adr/0002).

#ifndef SLUICE_SERVER_BASE_TASK_H_
#define SLUICE_SERVER_BASE_TASK_H_

#include <coroutine>
#include <exception>
#include <optional>
#include <utility>

namespace sluice {

template <typename T>
class Task;

namespace internal {

// Hands control to whoever awaits the finished coroutine, without growing the
// stack.
struct FinalAwaiter {
  bool await_ready() noexcept { return false; }
  template <typename Promise>
  std::coroutine_handle<> await_suspend(
      std::coroutine_handle<Promise> finished) noexcept {
    return finished.promise().continuation;
  }
  void await_resume() noexcept {}
};

struct TaskPromiseBase {
  std::suspend_always initial_suspend() noexcept { return {}; }
  FinalAwaiter final_suspend() noexcept { return {}; }
  // No exception crosses a room; one that gets here is a bug.
  void unhandled_exception() noexcept { std::terminate(); }

  std::coroutine_handle<> continuation = std::noop_coroutine();
};

template <typename T>
struct TaskPromise : TaskPromiseBase {
  Task<T> get_return_object();
  template <typename U>
  void return_value(U&& u) {
    value.emplace(std::forward<U>(u));
  }
  T TakeResult() { return std::move(*value); }

  std::optional<T> value;
};

template <>
struct TaskPromise<void> : TaskPromiseBase {
  Task<void> get_return_object();
  void return_void() {}
  void TakeResult() {}
};

}  // namespace internal

// Lifetime: owns the coroutine's frame; arguments taken by reference outlive
// the task.
// Threads: resumes on whatever thread completes what it awaits.
template <typename T = void>
class [[nodiscard]] Task {
 public:
  using promise_type = internal::TaskPromise<T>;
  using Handle = std::coroutine_handle<promise_type>;

  explicit Task(Handle handle) : handle_(handle) {}
  Task(Task&& other) noexcept : handle_(std::exchange(other.handle_, {})) {}
  Task& operator=(Task&&) = delete;
  ~Task() {
    if (handle_) handle_.destroy();
  }

  class Awaiter {
   public:
    explicit Awaiter(Handle handle) : handle_(handle) {}
    Awaiter(const Awaiter&) = delete;
    bool await_ready() const noexcept { return false; }
    std::coroutine_handle<> await_suspend(
        std::coroutine_handle<> awaiting) noexcept {
      handle_.promise().continuation = awaiting;
      return handle_;
    }
    T await_resume() { return handle_.promise().TakeResult(); }

   private:
    Handle handle_;
  };

  Awaiter operator co_await() && noexcept { return Awaiter(handle_); }

 private:
  Handle handle_;
};

namespace internal {

template <typename T>
Task<T> TaskPromise<T>::get_return_object() {
  return Task<T>(std::coroutine_handle<TaskPromise<T>>::from_promise(*this));
}

inline Task<void> TaskPromise<void>::get_return_object() {
  return Task<void>(
      std::coroutine_handle<TaskPromise<void>>::from_promise(*this));
}

// A coroutine that starts at once and frees itself.
struct Detached {
  struct promise_type {
    Detached get_return_object() noexcept { return {}; }
    std::suspend_never initial_suspend() noexcept { return {}; }
    std::suspend_never final_suspend() noexcept { return {}; }
    void return_void() noexcept {}
    void unhandled_exception() noexcept { std::terminate(); }
  };
};

inline Detached RunDetached(Task<void> task) { co_await std::move(task); }

}  // namespace internal

// Starts `task` now, on this thread; its frame is freed when it ends.
inline void Spawn(Task<void> task) { internal::RunDetached(std::move(task)); }

}  // namespace sluice

#endif  // SLUICE_SERVER_BASE_TASK_H_
