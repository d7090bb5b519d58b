// A gateway in this process whose transactions do what a test's statements say.

#ifndef SLUICE_CLIENT_TEST_TRANSACT_GATEWAY_H_
#define SLUICE_CLIENT_TEST_TRANSACT_GATEWAY_H_

#include <google/rpc/error_details.pb.h>
#include <google/rpc/status.pb.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/server_builder.h>

#include <atomic>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "sluice/client/client.h"
#include "sluice/client/test_result.h"

namespace sluice::client {

// A status of a gateway, with a reason.
inline grpc::Status GatewayError(
    grpc::StatusCode code, const std::string& reason,
    const std::map<std::string, std::string>& metadata = {}) {
  google::rpc::ErrorInfo info;
  info.set_domain("sluice");
  info.set_reason(reason);
  info.mutable_metadata()->insert(metadata.begin(), metadata.end());
  google::rpc::Status rich;
  rich.set_code(code);
  rich.add_details()->PackFrom(info);
  return {code, absl::StrCat("it is ", reason), rich.SerializeAsString()};
}

// Statements:
//   value TEXT     one row of it
//   fail REASON    fails with ABORTED, and fails the transaction
//   lose           ends the call with UNAVAILABLE
//   wait           answers nothing
//   rows N         a stream of N rows, each a batch
// Others give no rows. Commits end as `commits` says, one after the other.
class TransactGateway : public v1::Database::Service {
 public:
  using Stream =
      grpc::ServerReaderWriter<v1::TransactResponse, v1::TransactRequest>;

  // Serves `tokens` too, where there are any.
  explicit TransactGateway(grpc::Service* tokens = nullptr)
      : token_use_(tokens == nullptr ? TokenUse::kOff : TokenUse::kAutomatic) {
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(),
                             &port_);
    builder.RegisterService(this);
    if (tokens != nullptr) builder.RegisterService(tokens);
    server_ = builder.BuildAndStart();
  }
  ~TransactGateway() override { server_->Shutdown(); }

  Client MakeClient(ClientOptions options = {}) const {
    options.database = "app";
    options.tokens.use = token_use_;
    options.retry.initial_backoff = absl::Milliseconds(1);
    options.transaction_retry.initial_backoff = absl::Milliseconds(1);
    return {grpc::CreateChannel(absl::StrCat("127.0.0.1:", port_),
                                grpc::InsecureChannelCredentials()),
            options};
  }

  grpc::Status Transact(grpc::ServerContext* context, Stream* stream) override {
    ++open_count;
    grpc::Status status = Serve(*context, *stream);
    was_cancelled = context->IsCancelled();
    --open_count;
    return status;
  }

  grpc::Status GetTransactionOutcome(
      grpc::ServerContext*, const v1::GetTransactionOutcomeRequest* request,
      v1::GetTransactionOutcomeResponse* response) override {
    log.push_back(absl::StrCat("ask ", request->outcome_reference()));
    if (outcomes.empty()) return GatewayError(grpc::INTERNAL, "BACKEND_FAULT");
    response->set_outcome(outcomes.front());
    outcomes.pop_front();
    return grpc::Status::OK;
  }

  grpc::Status RunTransaction(grpc::ServerContext*,
                              const v1::RunTransactionRequest* request,
                              v1::RunTransactionResponse* response) override {
    last_run = *request;
    *response = run_response;
    return NextOf(runs);
  }

  // Requests without their sequences, in the order in which they came.
  std::vector<std::string> log;
  std::deque<grpc::Status> begins;
  std::deque<grpc::Status> commits;
  std::string commit_token = "the token";
  // Takes place before the answer.
  std::function<void()> before_commit;
  std::deque<grpc::Status> runs;
  std::deque<v1::TransactionOutcome> outcomes;
  v1::RunTransactionResponse run_response;
  v1::RunTransactionRequest last_run;
  std::atomic<int> open_count = 0;
  std::atomic<bool> was_cancelled = false;

 private:
  static grpc::Status NextOf(std::deque<grpc::Status>& statuses) {
    if (statuses.empty()) return grpc::Status::OK;
    grpc::Status status = statuses.front();
    statuses.pop_front();
    return status;
  }

  grpc::Status Serve(grpc::ServerContext& context, Stream& stream) {
    v1::TransactRequest request;
    v1::TransactionState state = v1::TRANSACTION_STATE_ACTIVE;
    while (stream.Read(&request)) {
      v1::TransactResponse response;
      response.set_sequence(request.sequence());
      request.clear_sequence();
      log.push_back(request.ShortDebugString());
      const std::string& sql = request.statement().statement().sql();
      if (sql == "lose") return {grpc::StatusCode::UNAVAILABLE, "lost"};
      while (sql == "wait" && !context.IsCancelled()) {
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
      }
      grpc::Status status = Answer(request, stream, state, response);
      if (!status.ok()) return status;
      stream.Write(response);
      if (response.has_committed() || response.has_rolled_back()) break;
    }
    return grpc::Status::OK;
  }

  grpc::Status Answer(const v1::TransactRequest& request, Stream& stream,
                      v1::TransactionState& state,
                      v1::TransactResponse& response) {
    if (request.has_rollback()) {
      response.mutable_rolled_back();
    } else if (request.has_rollback_to()) {
      state = v1::TRANSACTION_STATE_ACTIVE;
      response.mutable_done();
    } else if (state == v1::TRANSACTION_STATE_FAILED && request.has_commit()) {
      return GatewayError(grpc::ABORTED, "TRANSACTION_FAILED");
    } else if (state == v1::TRANSACTION_STATE_FAILED) {
      SetError("TRANSACTION_FAILED", response);
    } else if (request.has_begin()) {
      response.mutable_begun();
      response.set_state(state);
      return NextOf(begins);
    } else if (request.has_commit()) {
      response.mutable_committed()->set_outcome_reference("the reference");
      response.mutable_committed()->set_consistency_token(commit_token);
      if (before_commit != nullptr) before_commit();
      return NextOf(commits);
    } else if (request.has_statement()) {
      Run(request.statement(), stream, state, response);
    } else {
      response.mutable_done();
    }
    response.set_state(state);
    return grpc::Status::OK;
  }

  static void SetError(const std::string& reason,
                       v1::TransactResponse& response) {
    v1::CallError& error = *response.mutable_error();
    error.set_code(grpc::StatusCode::ABORTED);
    error.set_message(absl::StrCat("it is ", reason));
    error.set_reason(reason);
    (*error.mutable_metadata())["executed"] = "no";
    error.mutable_postgres()->set_sqlstate("40001");
  }

  static void Run(const v1::TransactStatement& statement, Stream& stream,
                  v1::TransactionState& state, v1::TransactResponse& response) {
    absl::string_view sql = statement.statement().sql();
    if (absl::ConsumePrefix(&sql, "fail ")) {
      state = v1::TRANSACTION_STATE_FAILED;
      SetError(std::string(sql), response);
    } else if (absl::ConsumePrefix(&sql, "rows ")) {
      StreamRows(std::stoi(std::string(sql)), stream, response);
    } else if (absl::ConsumePrefix(&sql, "value ")) {
      *response.mutable_result()->mutable_result_set() =
          ParseText<v1::ResultSet>(
              "metadata { name: 'c' } columns { texts { } }"
              "row_count: 1");
      response.mutable_result()
          ->mutable_result_set()
          ->mutable_columns(0)
          ->mutable_texts()
          ->add_values(std::string(sql));
    } else {
      response.mutable_result();
    }
  }

  static void StreamRows(int count, Stream& stream,
                         v1::TransactResponse& response) {
    v1::TransactResponse part;
    part.set_sequence(response.sequence());
    part.set_state(v1::TRANSACTION_STATE_ACTIVE);
    part.mutable_header()->add_metadata()->set_name("n");
    stream.Write(part);
    for (int i = 1; i <= count; ++i) {
      v1::RowBatch& batch = *part.mutable_batch();
      batch = ParseText<v1::RowBatch>("columns { int64s { } } row_count: 1");
      batch.mutable_columns(0)->mutable_int64s()->add_values(i);
      stream.Write(part);
    }
    response.mutable_summary()->set_rows_affected(count);
  }

  const TokenUse token_use_;
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace sluice::client

#endif  // SLUICE_CLIENT_TEST_TRANSACT_GATEWAY_H_
