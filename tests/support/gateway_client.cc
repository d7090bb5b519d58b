#include "tests/support/gateway_client.h"

#include <grpcpp/client_context.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/support/channel_arguments.h>

#include <chrono>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "tests/support/file.h"
#include "tests/support/token_interceptor.h"

namespace sluice::testing {
namespace {

std::shared_ptr<grpc::Channel> MakeChannel(const ClientOptions& options) {
  grpc::SslCredentialsOptions tls;
  tls.pem_root_certs = ReadFile(options.ca_file);
  if (!options.certificate_file.empty()) {
    tls.pem_cert_chain = ReadFile(options.certificate_file);
    tls.pem_private_key = ReadFile(options.key_file);
  }
  grpc::ChannelArguments arguments;
  arguments.SetSslTargetNameOverride(options.server_name);
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  // A server that has been started again is found at once.
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 50);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 200);
  const auto authorization = std::make_shared<ClientAuthorization>(
      options.scopes, options.authorization);
  std::vector<
      std::unique_ptr<grpc::experimental::ClientInterceptorFactoryInterface>>
      interceptors;
  interceptors.push_back(MakeTokenInterceptors(authorization));
  auto channel = grpc::experimental::CreateCustomChannelWithInterceptors(
      absl::StrCat("127.0.0.1:", options.port), grpc::SslCredentials(tls),
      arguments, std::move(interceptors));
  authorization->SetChannel(channel);
  return channel;
}

template <typename Request>
Request MakeRequest(const std::string& sql,
                    const std::vector<v1::Value>& parameters) {
  Request request;
  request.set_database("app");
  request.mutable_statement()->set_sql(sql);
  for (const v1::Value& parameter : parameters) {
    *request.add_parameters() = parameter;
  }
  return request;
}

}  // namespace

v1::QueryRequest MakeQuery(const std::string& sql,
                           const std::vector<v1::Value>& parameters) {
  return MakeRequest<v1::QueryRequest>(sql, parameters);
}

v1::ExecuteRequest MakeExecute(const std::string& sql,
                               const std::vector<v1::Value>& parameters) {
  return MakeRequest<v1::ExecuteRequest>(sql, parameters);
}

v1::QueryStreamRequest MakeQueryStream(
    const std::string& sql, const std::vector<v1::Value>& parameters) {
  return MakeRequest<v1::QueryStreamRequest>(sql, parameters);
}

void SetDeadline(grpc::ClientContext& context, absl::Duration deadline) {
  context.set_deadline(std::chrono::system_clock::now() +
                       absl::ToChronoMicroseconds(deadline));
}

GatewayClient::GatewayClient(const ClientOptions& options)
    : channel_(MakeChannel(options)),
      stub_(v1::Database::NewStub(channel_)),
      tokens_(v1::Tokens::NewStub(channel_)),
      admin_(v1::Admin::NewStub(channel_)) {}

QueryOutcome GatewayClient::Query(const v1::QueryRequest& request,
                                  absl::Duration deadline) {
  grpc::ClientContext context;
  SetDeadline(context, deadline);
  QueryOutcome outcome;
  outcome.status = stub_->Query(&context, request, &outcome.response);
  return outcome;
}

QueryOutcome GatewayClient::Query(const std::string& sql,
                                  const std::vector<v1::Value>& parameters) {
  return Query(MakeQuery(sql, parameters));
}

ExecuteOutcome GatewayClient::Execute(const v1::ExecuteRequest& request,
                                      absl::Duration deadline) {
  grpc::ClientContext context;
  SetDeadline(context, deadline);
  ExecuteOutcome outcome;
  outcome.status = stub_->Execute(&context, request, &outcome.response);
  return outcome;
}

ExecuteOutcome GatewayClient::Execute(
    const std::string& sql, const std::vector<v1::Value>& parameters) {
  return Execute(MakeExecute(sql, parameters));
}

Outcome<v1::DescribeResponse> GatewayClient::Describe(
    const v1::DescribeRequest& request, absl::Duration deadline) {
  grpc::ClientContext context;
  SetDeadline(context, deadline);
  Outcome<v1::DescribeResponse> outcome;
  outcome.status = stub_->Describe(&context, request, &outcome.response);
  return outcome;
}

Outcome<v1::GetCapabilitiesResponse> GatewayClient::GetCapabilities() {
  grpc::ClientContext context;
  SetDeadline(context, kDeadline);
  Outcome<v1::GetCapabilitiesResponse> outcome;
  outcome.status = stub_->GetCapabilities(&context, {}, &outcome.response);
  return outcome;
}

Outcome<v1::GetTransactionOutcomeResponse> GatewayClient::GetTransactionOutcome(
    const std::string& outcome_reference, const std::string& database) {
  v1::GetTransactionOutcomeRequest request;
  request.set_database(database);
  request.set_outcome_reference(outcome_reference);
  grpc::ClientContext context;
  SetDeadline(context, kDeadline);
  Outcome<v1::GetTransactionOutcomeResponse> outcome;
  outcome.status =
      stub_->GetTransactionOutcome(&context, request, &outcome.response);
  return outcome;
}

Outcome<v1::IssueTokenResponse> GatewayClient::IssueToken(
    const v1::IssueTokenRequest& request) {
  grpc::ClientContext context;
  SetDeadline(context, kDeadline);
  Outcome<v1::IssueTokenResponse> outcome;
  outcome.status = tokens_->IssueToken(&context, request, &outcome.response);
  return outcome;
}

StreamOutcome GatewayClient::QueryStream(const v1::QueryStreamRequest& request,
                                         absl::Duration deadline) {
  return OpenStream(request, deadline)->ReadAll();
}

StreamOutcome GatewayClient::QueryStream(
    const std::string& sql, const std::vector<v1::Value>& parameters) {
  return QueryStream(MakeQueryStream(sql, parameters));
}

std::unique_ptr<StreamReader> GatewayClient::OpenStream(
    const v1::QueryStreamRequest& request, absl::Duration deadline) {
  return std::make_unique<StreamReader>(
      *stub_, request,
      std::chrono::system_clock::now() + absl::ToChronoMicroseconds(deadline));
}

std::unique_ptr<StreamReader> GatewayClient::OpenStream(
    const std::string& sql, const std::vector<v1::Value>& parameters) {
  return OpenStream(MakeQueryStream(sql, parameters));
}

std::unique_ptr<TransactStream> GatewayClient::OpenTransact(
    absl::Duration deadline) {
  return std::make_unique<TransactStream>(
      *stub_,
      std::chrono::system_clock::now() + absl::ToChronoMicroseconds(deadline));
}

Outcome<grpc::health::v1::HealthCheckResponse> GatewayClient::CheckHealth(
    const std::string& service) {
  grpc::ClientContext context;
  SetDeadline(context, kDeadline);
  grpc::health::v1::HealthCheckRequest request;
  request.set_service(service);
  Outcome<grpc::health::v1::HealthCheckResponse> outcome;
  outcome.status = grpc::health::v1::Health::NewStub(channel_)->Check(
      &context, request, &outcome.response);
  return outcome;
}

grpc::Status GatewayClient::CallByPath(const std::string& path) {
  grpc::ClientContext context;
  SetDeadline(context, kDeadline);
  grpc::CompletionQueue queue;
  grpc::GenericStub stub(channel_);
  auto call = stub.PrepareCall(&context, path, &queue);
  void* tag = nullptr;
  bool ok = false;
  call->StartCall(nullptr);
  queue.Next(&tag, &ok);
  const grpc::Slice empty;
  call->WriteLast(grpc::ByteBuffer(&empty, 1), grpc::WriteOptions(), nullptr);
  queue.Next(&tag, &ok);
  grpc::ByteBuffer reply;
  call->Read(&reply, nullptr);
  queue.Next(&tag, &ok);
  grpc::Status status;
  call->Finish(&status, nullptr);
  queue.Next(&tag, &ok);
  queue.Shutdown();
  while (queue.Next(&tag, &ok)) {
  }
  return status;
}

}  // namespace sluice::testing
