// Fills requests, makes the calls, takes replies apart.

#include "sluice/client/client.h"

#include <utility>

#include "absl/status/status.h"
#include "absl/time/clock.h"
#include "sluice/client/channel.h"
#include "sluice/client/internal/attempts.h"
#include "sluice/client/internal/call_context.h"
#include "sluice/client/internal/grpc_status.h"
#include "sluice/client/internal/stream_call.h"

namespace sluice::client {
namespace {

using internal::CallBounds;
using internal::CallContext;

CallBounds StreamBounds(const CallOptions& options) {
  return {.deadline = std::min(options.deadline, absl::Now() + options.timeout),
          .stop = options.stop};
}

CallBounds UnaryBounds(const CallOptions& options,
                       const ClientOptions& client_options) {
  CallBounds bounds = StreamBounds(options);
  if (bounds.deadline == absl::InfiniteFuture()) {
    bounds.deadline = absl::Now() + client_options.timeout;
  }
  return bounds;
}

template <typename Request>
Request MakeRequest(const std::string& database, const Statement& statement,
                    const CallOptions& options) {
  Request request;
  request.set_database(database);
  request.mutable_statement()->set_sql(statement.sql());
  request.mutable_parameters()->Add(statement.parameters().begin(),
                                    statement.parameters().end());
  v1::RequestOptions& request_options = *request.mutable_options();
  if (options.consistency.level_case() != v1::Consistency::LEVEL_NOT_SET) {
    *request_options.mutable_consistency() = options.consistency;
  }
  request_options.set_max_rows(options.max_rows);
  request_options.set_max_bytes(options.max_bytes);
  request_options.set_max_value_bytes(options.max_value_bytes);
  request_options.set_on_limit(options.on_limit);
  request_options.set_tag(options.tag);
  return request;
}

template <typename Response>
absl::StatusOr<Rows> MakeRows(Response response) {
  return Rows::Make(std::move(*response.mutable_result_set()),
                    std::move(*response.mutable_summary()));
}

template <typename Request, typename Response>
using UnaryMethod = grpc::Status (v1::Database::StubInterface::*)(
    grpc::ClientContext*, const Request&, Response*);

// Makes a unary call that only reads.
template <typename Request, typename Response>
absl::StatusOr<Response> CallRead(v1::Database::StubInterface& stub,
                                  UnaryMethod<Request, Response> method,
                                  const Request& request,
                                  const RetryPolicy& retry,
                                  const CallBounds& bounds) {
  Response response;
  absl::Status status = internal::RunAttempts(retry, bounds, [&] {
    CallContext context(bounds);
    response.Clear();
    return internal::FromGrpcStatus(
        (stub.*method)(&context.grpc_context(), request, &response));
  });
  if (!status.ok()) return status;
  return response;
}

}  // namespace

absl::StatusOr<Client> Client::Open(const ClientOptions& options) {
  if (options.address.empty() || options.database.empty()) {
    return absl::FailedPreconditionError(
        "ClientOptions lacks an address or a database");
  }
  absl::StatusOr<std::shared_ptr<grpc::Channel>> channel = OpenChannel(options);
  if (!channel.ok()) return channel.status();
  return Client(*std::move(channel), options);
}

absl::StatusOr<Client> Client::OpenFromEnvironment() {
  absl::StatusOr<ClientOptions> options = OptionsFromEnvironment();
  if (!options.ok()) return options.status();
  return Open(*options);
}

Client::Client(const std::shared_ptr<grpc::ChannelInterface>& channel,
               ClientOptions options)
    : stub_(v1::Database::NewStub(channel)), options_(std::move(options)) {}

Client Client::ForDatabase(absl::string_view database) const {
  Client client = *this;
  client.options_.database = std::string(database);
  return client;
}

absl::StatusOr<Rows> Client::Query(const Statement& statement,
                                   const CallOptions& options) const {
  if (!statement.status().ok()) return statement.status();
  absl::StatusOr<v1::QueryResponse> response = CallRead(
      *stub_, &v1::Database::StubInterface::Query,
      MakeRequest<v1::QueryRequest>(options_.database, statement, options),
      options.retry.value_or(options_.retry), UnaryBounds(options, options_));
  if (!response.ok()) return response.status();
  return MakeRows(*std::move(response));
}

absl::StatusOr<Rows> Client::Execute(const Statement& statement,
                                     const CallOptions& options) const {
  if (!statement.status().ok()) return statement.status();
  auto request =
      MakeRequest<v1::ExecuteRequest>(options_.database, statement, options);
  request.set_request_id(options.request_id);
  request.set_read_routing(options.read_routing);
  CallContext context(UnaryBounds(options, options_));
  v1::ExecuteResponse response;
  absl::Status status = internal::FromGrpcStatus(
      stub_->Execute(&context.grpc_context(), request, &response));
  if (!status.ok()) return status;
  return MakeRows(std::move(response));
}

absl::StatusOr<RowStream> Client::QueryStream(
    const Statement& statement, const CallOptions& options) const {
  if (!statement.status().ok()) return statement.status();
  const auto request = MakeRequest<v1::QueryStreamRequest>(options_.database,
                                                           statement, options);
  const CallBounds bounds = StreamBounds(options);
  absl::StatusOr<RowStream> stream = absl::UnknownError("not called");
  absl::Status status = internal::RunAttempts(
      options.retry.value_or(options_.retry), bounds, [&] {
        stream = RowStream::Open(
            std::make_unique<internal::StreamCall>(stub_, request, bounds));
        return stream.status();
      });
  if (!status.ok()) return status;
  return stream;
}

absl::StatusOr<v1::DescribeResponse> Client::Describe(
    const Statement& statement, v1::ExplainMode explain,
    const CallOptions& options) const {
  if (!statement.status().ok()) return statement.status();
  auto request =
      MakeRequest<v1::DescribeRequest>(options_.database, statement, options);
  request.set_explain(explain);
  return CallRead(*stub_, &v1::Database::StubInterface::Describe, request,
                  options.retry.value_or(options_.retry),
                  UnaryBounds(options, options_));
}

absl::StatusOr<v1::GetCapabilitiesResponse> Client::GetCapabilities(
    const CallOptions& options) const {
  return CallRead(*stub_, &v1::Database::StubInterface::GetCapabilities,
                  v1::GetCapabilitiesRequest(),
                  options.retry.value_or(options_.retry),
                  UnaryBounds(options, options_));
}

}  // namespace sluice::client
