// CallBatch: calls in progress at the same time, on one completion queue.

#ifndef SLUICE_TESTS_SUPPORT_CALL_BATCH_H_
#define SLUICE_TESTS_SUPPORT_CALL_BATCH_H_

#include <grpcpp/client_context.h>
#include <grpcpp/completion_queue.h>
#include <grpcpp/support/async_unary_call.h>

#include <chrono>
#include <cstddef>
#include <deque>
#include <memory>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "tests/support/gateway_client.h"

namespace sluice::testing {

// Threads: one.
template <typename Response>
class CallBatch {
 public:
  // Lifetime: `client` outlives it.
  explicit CallBatch(GatewayClient& client) : client_(client) {}
  // Cancels what has not ended.
  ~CallBatch() {
    CancelAll();
    queue_.Shutdown();
    void* tag = nullptr;
    bool ok = false;
    while (queue_.Next(&tag, &ok)) {
    }
  }
  CallBatch(const CallBatch&) = delete;

  // Sends a request and does not wait.
  template <typename Request>
  void Start(const Request& request,
             absl::Duration deadline = GatewayClient::kDeadline) {
    Call& call = calls_.emplace_back();
    SetDeadline(call.context, deadline);
    call.reader = Send(call, request);
    call.reader->Finish(&call.outcome.response, &call.outcome.status, &call);
  }

  // Takes notice of the calls that end within `limit`, until no more than
  // `left` of them are in progress. Whether that came true.
  bool Await(size_t left, absl::Duration limit) {
    const auto deadline =
        std::chrono::system_clock::now() + absl::ToChronoMicroseconds(limit);
    void* tag = nullptr;
    bool ok = false;
    while (in_progress() > left && queue_.AsyncNext(&tag, &ok, deadline) ==
                                       grpc::CompletionQueue::GOT_EVENT) {
      ++ended_;
    }
    return in_progress() <= left;
  }
  bool AwaitAll(absl::Duration limit = GatewayClient::kDeadline) {
    return Await(0, limit);
  }

  void CancelAll() {
    for (Call& call : calls_) call.context.TryCancel();
  }

  size_t size() const { return calls_.size(); }
  size_t in_progress() const { return calls_.size() - ended_; }

  // How the call of that index ended; all have ended.
  const Outcome<Response>& outcome(size_t index) const {
    return calls_[index].outcome;
  }

 private:
  struct Call {
    grpc::ClientContext context;
    Outcome<Response> outcome;
    std::unique_ptr<grpc::ClientAsyncResponseReader<Response>> reader;
  };

  auto Send(Call& call, const v1::QueryRequest& request) {
    return client_.stub().AsyncQuery(&call.context, request, &queue_);
  }
  auto Send(Call& call, const v1::ExecuteRequest& request) {
    return client_.stub().AsyncExecute(&call.context, request, &queue_);
  }

  GatewayClient& client_;
  grpc::CompletionQueue queue_;
  std::deque<Call> calls_;  // Never moved: gRPC points into them.
  size_t ended_ = 0;
};

using QueryBatch = CallBatch<v1::QueryResponse>;
using ExecuteBatch = CallBatch<v1::ExecuteResponse>;

}  // namespace sluice::testing

#endif  // SLUICE_TESTS_SUPPORT_CALL_BATCH_H_
