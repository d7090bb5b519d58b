#include "sluice/client/internal/stream_call.h"

namespace sluice::client::internal {

StreamCall::StreamCall(const DatabaseService& service,
                       const v1::QueryStreamRequest& request,
                       const CallBounds& bounds)
    : stub_(service.stub), context_(bounds, service.tokens) {
  if (!context_.status().ok()) return;
  reader_ = stub_->QueryStream(&context_.grpc_context(), request);
}

StreamCall::~StreamCall() {
  if (is_finished_ || reader_ == nullptr) return;
  // gRPC wants every call read to its end, which is near once it is cancelled.
  context_.grpc_context().TryCancel();
  v1::QueryStreamResponse part;
  while (reader_->Read(&part)) {
  }
  reader_->Finish();
}

bool StreamCall::Read(v1::QueryStreamResponse& part) {
  return reader_ != nullptr && reader_->Read(&part);
}

absl::Status StreamCall::Finish() {
  is_finished_ = true;
  if (reader_ == nullptr) return context_.status();
  return context_.Finish(reader_->Finish());
}

}  // namespace sluice::client::internal
