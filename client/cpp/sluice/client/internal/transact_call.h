// The stream of an interactive transaction, to and from the gateway.

#ifndef SLUICE_CLIENT_INTERNAL_TRANSACT_CALL_H_
#define SLUICE_CLIENT_INTERNAL_TRANSACT_CALL_H_

#include <deque>
#include <memory>

#include "absl/status/status.h"
#include "grpcpp/completion_queue.h"
#include "sluice/client/internal/call_context.h"
#include "sluice/client/internal/service.h"
#include "sluice/v1/database.grpc.pb.h"

namespace sluice::client::internal {

// Both directions, moved on by whoever waits: there is no thread behind it.
// A write that can't go on, since the gateway waits for its replies to be read,
// reads them meanwhile.
//
// Threads: one at a time.
class TransactCall {
 public:
  // Starts the call, unless there is no token for it: Finish tells.
  TransactCall(const DatabaseService& service, const CallBounds& bounds);
  TransactCall(const TransactCall&) = delete;
  // One that has not ended is cancelled.
  ~TransactCall();

  // Sends a request behind those before it. Where the call has ended, nothing;
  // Read tells.
  void Write(const v1::TransactRequest& request);

  // Waits for the next reply. False: there is none, Finish says why.
  bool Read(v1::TransactResponse& response);

  // How the call ended; once, after Read returned false.
  absl::Status Finish();

 private:
  // What an event of the queue is about.
  enum class Event : int { kStarted, kRead, kWritten, kFinished };

  void* TagOf(Event event) { return &tags_[static_cast<int>(event)]; }
  // Waits for the next event.
  void Advance();
  void StartRead();

  const std::shared_ptr<v1::Database::StubInterface> stub_;
  // Outlives the context and the stream.
  grpc::CompletionQueue queue_;
  CallContext context_;
  std::unique_ptr<grpc::ClientAsyncReaderWriterInterface<v1::TransactRequest,
                                                         v1::TransactResponse>>
      stream_;
  // Only their addresses count.
  char tags_[4] = {};
  bool is_started_ = false;
  bool is_reading_ = false;
  bool is_writing_ = false;
  // No reply will come, and no request will go.
  bool is_broken_ = false;
  bool is_finished_ = false;
  // Where a read puts its reply.
  v1::TransactResponse incoming_;
  // Replies that came while a request waited to be sent.
  std::deque<v1::TransactResponse> inbox_;
};

}  // namespace sluice::client::internal

#endif  // SLUICE_CLIENT_INTERNAL_TRANSACT_CALL_H_
