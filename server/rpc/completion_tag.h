// What gRPC's completion queues hand back: a pointer to a CompletionTag.

#ifndef SLUICE_SERVER_RPC_COMPLETION_TAG_H_
#define SLUICE_SERVER_RPC_COMPLETION_TAG_H_

#include <coroutine>
#include <utility>

#include "server/base/mutex.h"

namespace sluice::rpc {

class CompletionTag {
 public:
  virtual ~CompletionTag() = default;
  // Called once, on the queue's thread. `ok` as gRPC defines it for the
  // operation.
  virtual void Complete(bool ok) = 0;
};

// `co_await` one: starts an operation of gRPC and continues on the queue's
// thread when it has completed; gives gRPC's ok. `Start` is called with the
// tag; when it returns, the coroutine may already have gone on.
template <typename Start>
class Operation final : public CompletionTag {
 public:
  explicit Operation(Start start) : start_(std::move(start)) {}
  Operation(const Operation&) = delete;

  bool await_ready() const { return false; }
  void await_suspend(std::coroutine_handle<> handle) {
    handle_ = handle;
    // Debian's gRPC is not instrumented: ThreadSanitizer sees the way through
    // its queue here and in Complete.
    SLUICE_TSAN(__tsan_release(static_cast<CompletionTag*>(this)));
    Start start = std::move(start_);
    start(static_cast<CompletionTag*>(this));
  }
  bool await_resume() const { return ok_; }

  void Complete(bool ok) override {
    ok_ = ok;
    handle_.resume();
  }

 private:
  Start start_;
  std::coroutine_handle<> handle_;
  bool ok_ = false;
};

}  // namespace sluice::rpc

#endif  // SLUICE_SERVER_RPC_COMPLETION_TAG_H_
