// The parts of a QueryStream, from the gateway.

#ifndef SLUICE_CLIENT_INTERNAL_STREAM_CALL_H_
#define SLUICE_CLIENT_INTERNAL_STREAM_CALL_H_

#include <memory>

#include "absl/status/status.h"
#include "sluice/client/internal/call_context.h"
#include "sluice/client/internal/part_source.h"
#include "sluice/client/internal/service.h"
#include "sluice/v1/database.grpc.pb.h"

namespace sluice::client::internal {

class StreamCall : public PartSource {
 public:
  // Starts the call, unless there is no token for it: Finish tells.
  StreamCall(const DatabaseService& service,
             const v1::QueryStreamRequest& request, const CallBounds& bounds);
  StreamCall(const StreamCall&) = delete;
  ~StreamCall() override;

  bool Read(v1::QueryStreamResponse& part) override;
  absl::Status Finish() override;

 private:
  const std::shared_ptr<v1::Database::StubInterface> stub_;
  CallContext context_;
  // Null where the call was not started.
  std::unique_ptr<grpc::ClientReaderInterface<v1::QueryStreamResponse>> reader_;
  bool is_finished_ = false;
};

}  // namespace sluice::client::internal

#endif  // SLUICE_CLIENT_INTERNAL_STREAM_CALL_H_
