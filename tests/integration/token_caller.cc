#include "tests/integration/token_caller.h"

#include <gtest/gtest.h>

#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/support/call_error.h"
#include "tests/support/transact_stream.h"

namespace sluice::testing {
namespace {

constexpr absl::Duration kLimit = absl::Seconds(60);

// Of a caller that adds no token of its own.
ClientOptions OptionsOf(const TestStack& stack, const GatewayProcess& gateway,
                        const std::string& certificate) {
  ClientOptions options = stack.client_options(certificate, gateway.port());
  options.authorization = std::vector<std::string>();
  return options;
}

void Prepare(grpc::ClientContext& context, const std::string& token) {
  SetDeadline(context, kLimit);
  context.AddMetadata("authorization", absl::StrCat("Bearer ", token));
}

}  // namespace

TokenCaller::TokenCaller(const TestStack& stack, const GatewayProcess& gateway,
                         const std::string& certificate)
    : client_(OptionsOf(stack, gateway, certificate)) {}

Outcome<v1::IssueTokenResponse> TokenCaller::Issue(const std::string& scope) {
  v1::IssueTokenRequest request;
  if (!scope.empty()) request.add_scopes(scope);
  return client_.IssueToken(request);
}

std::string TokenCaller::TokenOf(const std::string& scope) {
  const Outcome<v1::IssueTokenResponse> issued = Issue(scope);
  EXPECT_THAT(issued.status, IsOk());
  return issued.response.token();
}

Outcome<v1::RenewTokenResponse> TokenCaller::Renew(const std::string& token) {
  grpc::ClientContext context;
  Prepare(context, token);
  Outcome<v1::RenewTokenResponse> renewed;
  renewed.status = client_.tokens().RenewToken(&context, {}, &renewed.response);
  return renewed;
}

grpc::Status TokenCaller::Query(const std::string& token,
                                const std::string& sql) {
  grpc::ClientContext context;
  Prepare(context, token);
  v1::QueryResponse response;
  return client_.stub().Query(&context, MakeQuery(sql), &response);
}

grpc::Status TokenCaller::Transact(const std::string& token,
                                   const std::string& sql) {
  grpc::ClientContext context;
  Prepare(context, token);
  const auto stream = client_.stub().Transact(&context);
  v1::TransactResponse response;
  v1::TransactRequest begin = MakeBegin();
  begin.set_sequence(1);
  v1::TransactRequest statement = MakeStatement(sql);
  statement.set_sequence(2);
  stream->Write(begin);
  stream->Write(statement);
  // Until the gateway ends it: nobody commits.
  while (stream->Read(&response)) {
  }
  return stream->Finish();
}

grpc::Status TokenCaller::Stream(const std::string& token,
                                 const std::string& sql) {
  grpc::ClientContext context;
  Prepare(context, token);
  const auto stream =
      client_.stub().QueryStream(&context, MakeQueryStream(sql));
  v1::QueryStreamResponse part;
  while (stream->Read(&part)) {
  }
  return stream->Finish();
}

grpc::Status TokenCaller::RevokeToken(const std::string& token) {
  grpc::ClientContext context;
  Prepare(context, token);
  v1::RevokeTokenResponse response;
  return client_.tokens().RevokeToken(&context, {}, &response);
}

Outcome<v1::RevokeTokensResponse> TokenCaller::RevokeTokens(
    const std::string& token, const v1::RevokeTokensRequest& request) {
  grpc::ClientContext context;
  Prepare(context, token);
  Outcome<v1::RevokeTokensResponse> outcome;
  outcome.status =
      client_.admin().RevokeTokens(&context, request, &outcome.response);
  return outcome;
}

v1::IntrospectTokenResponse TokenCaller::Introspect(const std::string& token) {
  grpc::ClientContext context;
  Prepare(context, token);
  v1::IntrospectTokenResponse response;
  EXPECT_THAT(client_.tokens().IntrospectToken(&context, {}, &response),
              IsOk());
  return response;
}

}  // namespace sluice::testing
