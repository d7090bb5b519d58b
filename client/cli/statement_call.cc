// Fills the request and takes the reply apart; Query and Execute differ in
// their messages' names alone.

#include "client/cli/statement_call.h"

#include "absl/time/clock.h"
#include "grpcpp/client_context.h"

namespace sluice::cli {
namespace {

template <typename Request>
Request MakeRequest(const Options& options) {
  Request request;
  request.set_database(options.database);
  request.mutable_statement()->set_sql(options.sql);
  request.mutable_parameters()->Add(options.parameters.begin(),
                                    options.parameters.end());
  v1::RequestOptions& request_options = *request.mutable_options();
  request_options.set_max_rows(options.max_rows);
  request_options.set_max_bytes(options.max_bytes);
  request_options.set_on_limit(options.on_limit);
  return request;
}

template <typename Response>
Outcome MakeOutcome(grpc::Status status, Response&& response) {
  Outcome outcome = {.status = std::move(status)};
  outcome.result_set.Swap(response.mutable_result_set());
  outcome.summary.Swap(response.mutable_summary());
  return outcome;
}

}  // namespace

Outcome RunStatement(v1::Database::StubInterface& stub,
                     const Options& options) {
  grpc::ClientContext context;
  if (options.timeout != absl::InfiniteDuration()) {
    context.set_deadline(absl::ToChronoTime(absl::Now() + options.timeout));
  }
  if (options.command == Command::kExec) {
    v1::ExecuteResponse response;
    const auto request = MakeRequest<v1::ExecuteRequest>(options);
    grpc::Status status = stub.Execute(&context, request, &response);
    return MakeOutcome(std::move(status), std::move(response));
  }
  v1::QueryResponse response;
  const auto request = MakeRequest<v1::QueryRequest>(options);
  grpc::Status status = stub.Query(&context, request, &response);
  return MakeOutcome(std::move(status), std::move(response));
}

}  // namespace sluice::cli
