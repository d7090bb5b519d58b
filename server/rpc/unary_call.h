// UnaryCall: one call of a unary RPC, from its acceptance to its last
// completion.

#ifndef SLUICE_SERVER_RPC_UNARY_CALL_H_
#define SLUICE_SERVER_RPC_UNARY_CALL_H_

#include <google/protobuf/arena.h>
#include <grpcpp/server_context.h>
#include <grpcpp/support/async_unary_call.h>

#include <memory>

#include "absl/status/status.h"
#include "server/base/cancellation.h"
#include "server/base/event_loop.h"
#include "server/base/latch.h"
#include "server/base/task.h"
#include "server/rpc/completion_tag.h"
#include "server/rpc/status_conversion.h"

namespace sluice::rpc {

// Takes notice of the end of a call, and passes a cancellation by the client
// (an expired deadline is one) on to the work, which runs on the loop.
// Threads: completes on the queue's thread; `done` belongs to that.
class CallEnd final : public CompletionTag {
 public:
  CallEnd(grpc::ServerContext& context, EventLoop& loop)
      : context_(context), loop_(loop) {}

  void Complete(bool /*ok*/) override {
    if (context_.IsCancelled()) {
      // What is posted keeps the cancellation alive, not the call.
      loop_.Post([cancellation = cancellation_] {
        cancellation->Request(CancelCause::kCaller);
      });
    }
    done_.Open();
  }

  Latch& done() { return done_; }
  Cancellation& cancellation() { return *cancellation_; }
  const std::shared_ptr<Cancellation>& shared_cancellation() const {
    return cancellation_;
  }

 private:
  grpc::ServerContext& context_;
  EventLoop& loop_;
  const std::shared_ptr<Cancellation> cancellation_ =
      std::make_shared<Cancellation>();
  Latch done_;
};

// Lifetime: its coroutine destroys it after both Finish and the end of the
// call have completed.
template <typename Request, typename Response>
class UnaryCall {
 public:
  explicit UnaryCall(EventLoop& loop)
      : request_(google::protobuf::Arena::CreateMessage<Request>(&arena_)),
        response_(google::protobuf::Arena::CreateMessage<Response>(&arena_)),
        responder_(&context_),
        end_(context_, loop) {
    context_.AsyncNotifyWhenDone(static_cast<CompletionTag*>(&end_));
  }
  UnaryCall(const UnaryCall&) = delete;

  // Waits for the next call of the method. False: the server is shutting
  // down.
  template <typename Service, typename Method>
  Task<bool> Accept(Service& service, Method method,
                    grpc::ServerCompletionQueue* queue) {
    Operation accept([&](void* tag) {
      (service.*method)(&context_, request_, &responder_, queue, queue, tag);
    });
    const bool ok = co_await accept;
    co_return ok;
  }

  // Answers and waits for the call's end; from any thread. Ends on the
  // queue's thread.
  Task<void> Finish(const absl::Status& status) {
    const grpc::Status told = ToGrpcStatus(status);
    Operation finish([&](void* tag) {
      if (told.ok()) {
        responder_.Finish(*response_, told, tag);
      } else {
        responder_.FinishWithError(told, tag);
      }
    });
    co_await finish;
    Latch::WaitAwaiter ended = end_.done().Wait();
    co_await ended;
  }

  grpc::ServerContext& context() { return context_; }
  const Request& request() const { return *request_; }
  Response* response() { return response_; }
  Cancellation& cancellation() { return end_.cancellation(); }
  const CallEnd& end() const { return end_; }

 private:
  google::protobuf::Arena arena_;
  grpc::ServerContext context_;
  Request* const request_;
  Response* const response_;
  grpc::ServerAsyncResponseWriter<Response> responder_;
  CallEnd end_;
};

}  // namespace sluice::rpc

#endif  // SLUICE_SERVER_RPC_UNARY_CALL_H_
