#include "tests/support/transact_stream.h"

#include <utility>

namespace sluice::testing {

v1::TransactRequest MakeBegin(const v1::TransactionOptions& options) {
  v1::TransactRequest request;
  request.mutable_begin()->set_database("app");
  *request.mutable_begin()->mutable_transaction() = options;
  return request;
}

v1::TransactRequest MakeStatement(const std::string& sql,
                                  const std::vector<v1::Value>& parameters) {
  v1::TransactRequest request;
  request.mutable_statement()->mutable_statement()->set_sql(sql);
  for (const v1::Value& parameter : parameters) {
    *request.mutable_statement()->add_parameters() = parameter;
  }
  return request;
}

v1::TransactRequest MakeStreamed(const std::string& sql,
                                 const std::vector<v1::Value>& parameters) {
  v1::TransactRequest request = MakeStatement(sql, parameters);
  request.mutable_statement()->set_delivery(v1::RESULT_DELIVERY_STREAM);
  return request;
}

v1::TransactRequest MakeSavepoint(const std::string& name) {
  v1::TransactRequest request;
  request.mutable_savepoint()->set_name(name);
  return request;
}

v1::TransactRequest MakeRollbackTo(const std::string& name) {
  v1::TransactRequest request;
  request.mutable_rollback_to()->set_name(name);
  return request;
}

v1::TransactRequest MakeRelease(const std::string& name) {
  v1::TransactRequest request;
  request.mutable_release()->set_name(name);
  return request;
}

v1::TransactRequest MakeCommit() {
  v1::TransactRequest request;
  request.mutable_commit();
  return request;
}

v1::TransactRequest MakeRollback() {
  v1::TransactRequest request;
  request.mutable_rollback();
  return request;
}

TransactStream::TransactStream(v1::Database::Stub& stub)
    : stream_(stub.Transact(&context_)) {}

TransactStream::TransactStream(v1::Database::Stub& stub,
                               std::chrono::system_clock::time_point deadline)
    : stream_((context_.set_deadline(deadline), stub.Transact(&context_))) {}

TransactStream::~TransactStream() {
  if (finished_) return;
  Cancel();
  Finish();
}

int64_t TransactStream::Send(v1::TransactRequest request) {
  if (request.sequence() == 0) request.set_sequence(last_sequence_ + 1);
  last_sequence_ = request.sequence();
  stream_->Write(request);
  return last_sequence_;
}

v1::TransactResponse TransactStream::Ask(const v1::TransactRequest& request) {
  Send(request);
  v1::TransactResponse response;
  if (!Read(response)) response.Clear();
  return response;
}

grpc::Status TransactStream::Finish() {
  finished_ = true;
  v1::TransactResponse lost;
  while (Read(lost)) {
  }
  return stream_->Finish();
}

}  // namespace sluice::testing
