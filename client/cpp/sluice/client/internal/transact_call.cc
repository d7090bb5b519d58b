#include "sluice/client/internal/transact_call.h"

#include <utility>

namespace sluice::client::internal {

TransactCall::TransactCall(const DatabaseService& service,
                           const CallBounds& bounds)
    : stub_(service.stub), context_(bounds, service.tokens) {
  if (!context_.status().ok()) {
    is_broken_ = is_started_ = true;
    return;
  }
  stream_ = stub_->AsyncTransact(&context_.grpc_context(), &queue_,
                                 TagOf(Event::kStarted));
}

TransactCall::~TransactCall() {
  if (!is_finished_) {
    // gRPC wants every call read to its end, which is near once it is
    // cancelled.
    context_.grpc_context().TryCancel();
    v1::TransactResponse response;
    while (Read(response)) {
    }
    Finish().IgnoreError();
  }
  queue_.Shutdown();
  void* tag;
  bool ok;
  while (queue_.Next(&tag, &ok)) {
  }
}

void TransactCall::Write(const v1::TransactRequest& request) {
  while (!is_broken_ && (!is_started_ || is_writing_)) {
    StartRead();
    Advance();
  }
  if (is_broken_) return;
  is_writing_ = true;
  stream_->Write(request, TagOf(Event::kWritten));
}

bool TransactCall::Read(v1::TransactResponse& response) {
  while (inbox_.empty()) {
    StartRead();
    if (!is_reading_ && is_started_) return false;
    Advance();
  }
  response = std::move(inbox_.front());
  inbox_.pop_front();
  return true;
}

absl::Status TransactCall::Finish() {
  if (stream_ == nullptr) {
    is_finished_ = true;
    return context_.status();
  }
  // The call is over: a write that is under way ends now.
  while (is_writing_) Advance();
  grpc::Status status;
  stream_->Finish(&status, TagOf(Event::kFinished));
  while (!is_finished_) Advance();
  return context_.Finish(status);
}

void TransactCall::StartRead() {
  if (!is_started_ || is_reading_ || is_broken_) return;
  is_reading_ = true;
  stream_->Read(&incoming_, TagOf(Event::kRead));
}

void TransactCall::Advance() {
  void* tag;
  bool ok;
  queue_.Next(&tag, &ok);
  if (tag == TagOf(Event::kStarted)) {
    // One that could not start is told by its first read.
    is_started_ = true;
  } else if (tag == TagOf(Event::kWritten)) {
    // One that failed: the reads go on to the end, and the status.
    is_writing_ = false;
  } else if (tag == TagOf(Event::kFinished)) {
    is_finished_ = true;
  } else {
    is_reading_ = false;
    is_broken_ = !ok;
    if (ok) inbox_.push_back(std::move(incoming_));
  }
}

}  // namespace sluice::client::internal
