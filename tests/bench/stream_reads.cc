#include "tests/bench/stream_reads.h"

#include <google/protobuf/arena.h>
#include <grpcpp/client_context.h>

namespace sluice::bench {

StreamReads::StreamReads(const std::shared_ptr<grpc::Channel>& channel,
                         const std::string& database, const std::string& sql)
    : stub_(v1::Database::NewStub(channel)) {
  request_.set_database(database);
  request_.mutable_statement()->set_sql(sql);
}

absl::Status StreamReads::Read() {
  grpc::ClientContext context;
  const auto reader = stub_->QueryStream(&context, request_);
  google::protobuf::Arena arena;
  bool complete = false;
  auto* part =
      google::protobuf::Arena::CreateMessage<v1::QueryStreamResponse>(&arena);
  while (reader->Read(part)) {
    row_count_ += part->batch().row_count();
    complete = part->has_summary();
    arena.Reset();
    part =
        google::protobuf::Arena::CreateMessage<v1::QueryStreamResponse>(&arena);
  }
  const grpc::Status status = reader->Finish();
  if (!status.ok()) {
    return absl::Status(static_cast<absl::StatusCode>(status.error_code()),
                        status.error_message());
  }
  return complete ? absl::OkStatus()
                  : absl::InternalError("the stream has no summary");
}

}  // namespace sluice::bench
