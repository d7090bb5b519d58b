// TransactStream: the caller's side of one Transact.

#ifndef SLUICE_TESTS_SUPPORT_TRANSACT_STREAM_H_
#define SLUICE_TESTS_SUPPORT_TRANSACT_STREAM_H_

#include <grpcpp/client_context.h>
#include <grpcpp/support/status.h>
#include <grpcpp/support/sync_stream.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "sluice/v1/database.grpc.pb.h"

namespace sluice::testing {

// Requests without a sequence. `begin` is of the database "app".
v1::TransactRequest MakeBegin(const v1::TransactionOptions& options = {});
v1::TransactRequest MakeStatement(
    const std::string& sql, const std::vector<v1::Value>& parameters = {});
v1::TransactRequest MakeStreamed(const std::string& sql,
                                 const std::vector<v1::Value>& parameters = {});
v1::TransactRequest MakeSavepoint(const std::string& name);
v1::TransactRequest MakeRollbackTo(const std::string& name);
v1::TransactRequest MakeRelease(const std::string& name);
v1::TransactRequest MakeCommit();
v1::TransactRequest MakeRollback();

// Threads: one reads, one writes; Cancel from any.
class TransactStream {
 public:
  // Lifetime: the stub's channel outlives it.
  explicit TransactStream(v1::Database::Stub& stub);
  // Without a deadline the server's limits hold alone.
  TransactStream(v1::Database::Stub& stub,
                 std::chrono::system_clock::time_point deadline);
  // Cancels what has not ended.
  ~TransactStream();
  TransactStream(const TransactStream&) = delete;

  // Sends a request, under the next number unless it has one; gives that.
  int64_t Send(v1::TransactRequest request);
  // Waits for the next reply. False: there is none; Finish says why.
  bool Read(v1::TransactResponse& response) { return stream_->Read(&response); }
  // Sends, and waits for the next reply; an empty one where there is none.
  v1::TransactResponse Ask(const v1::TransactRequest& request);
  void WritesDone() { stream_->WritesDone(); }
  void Cancel() { context_.TryCancel(); }
  // Waits for the end, replies left unread are lost.
  grpc::Status Finish();

 private:
  grpc::ClientContext context_;
  const std::unique_ptr<
      grpc::ClientReaderWriter<v1::TransactRequest, v1::TransactResponse>>
      stream_;
  int64_t last_sequence_ = 0;
  bool finished_ = false;
};

}  // namespace sluice::testing

#endif  // SLUICE_TESTS_SUPPORT_TRANSACT_STREAM_H_
