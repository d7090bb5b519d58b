// StreamReader: the caller's side of one QueryStream.

#ifndef SLUICE_TESTS_SUPPORT_STREAM_READER_H_
#define SLUICE_TESTS_SUPPORT_STREAM_READER_H_

#include <grpcpp/client_context.h>
#include <grpcpp/support/status.h>
#include <grpcpp/support/sync_stream.h>

#include <chrono>
#include <memory>
#include <string>

#include "sluice/v1/database.grpc.pb.h"

namespace sluice::testing {

// What a stream gave, and how it ended.
struct StreamOutcome {
  grpc::Status status;
  // All rows that came, long values in their places.
  v1::ResultSet result_set;
  // Unset unless it came.
  v1::ExecutionSummary summary;
  int batch_count = 0;
  int fragment_count = 0;
  // Fragments came whose row did not.
  bool has_loose_fragments = false;
  // The first breach of the contract by the parts; empty: none.
  std::string fault;
};

// Threads: one; Cancel from any.
class StreamReader {
 public:
  // Sends the request.
  // Lifetime: the stub's channel outlives it.
  StreamReader(v1::Database::Stub& stub, const v1::QueryStreamRequest& request,
               std::chrono::system_clock::time_point deadline);
  // Cancels what has not ended.
  ~StreamReader();
  StreamReader(const StreamReader&) = delete;

  // Waits for the next part. False: there is none; Finish says why.
  bool Read(v1::QueryStreamResponse& part) { return reader_->Read(&part); }

  // Waits for the end, parts left unread are lost.
  grpc::Status Finish();

  void Cancel() { context_.TryCancel(); }

  // Reads what is left and puts it together.
  StreamOutcome ReadAll();

 private:
  grpc::ClientContext context_;
  const std::unique_ptr<grpc::ClientReader<v1::QueryStreamResponse>> reader_;
  bool finished_ = false;
};

}  // namespace sluice::testing

#endif  // SLUICE_TESTS_SUPPORT_STREAM_READER_H_
