#include "sluice/client/internal/stream_call.h"

#include <utility>

#include "sluice/client/internal/grpc_status.h"

namespace sluice::client::internal {

StreamCall::StreamCall(std::shared_ptr<v1::Database::StubInterface> stub,
                       const v1::QueryStreamRequest& request,
                       const CallBounds& bounds)
    : stub_(std::move(stub)),
      context_(bounds),
      reader_(stub_->QueryStream(&context_.grpc_context(), request)) {}

StreamCall::~StreamCall() {
  if (is_finished_) return;
  // gRPC wants every call read to its end, which is near once it is cancelled.
  context_.grpc_context().TryCancel();
  v1::QueryStreamResponse part;
  while (reader_->Read(&part)) {
  }
  reader_->Finish();
}

bool StreamCall::Read(v1::QueryStreamResponse& part) {
  return reader_->Read(&part);
}

absl::Status StreamCall::Finish() {
  is_finished_ = true;
  return FromGrpcStatus(reader_->Finish());
}

}  // namespace sluice::client::internal
