#include "tests/support/token_interceptor.h"

#include <grpcpp/client_context.h>

#include <chrono>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "sluice/v1/tokens.grpc.pb.h"

namespace sluice::testing {
namespace {

using ::grpc::experimental::ClientInterceptorFactoryInterface;
using ::grpc::experimental::ClientRpcInfo;
using ::grpc::experimental::InterceptionHookPoints;
using ::grpc::experimental::Interceptor;
using ::grpc::experimental::InterceptorBatchMethods;

constexpr std::chrono::seconds kDeadline(20);
constexpr absl::string_view kIssueToken = "/sluice.v1.Tokens/IssueToken";
constexpr absl::string_view kHealth = "/grpc.health.v1.Health/";

class TokenInterceptor final : public Interceptor {
 public:
  explicit TokenInterceptor(std::shared_ptr<ClientAuthorization> authorization)
      : authorization_(std::move(authorization)) {}

  void Intercept(InterceptorBatchMethods* methods) override {
    if (methods->QueryInterceptionHookPoint(
            InterceptionHookPoints::PRE_SEND_INITIAL_METADATA)) {
      for (const std::string& value : authorization_->Get()) {
        methods->GetSendInitialMetadata()->emplace("authorization", value);
      }
    }
    methods->Proceed();
  }

 private:
  const std::shared_ptr<ClientAuthorization> authorization_;
};

class Factory final : public ClientInterceptorFactoryInterface {
 public:
  explicit Factory(std::shared_ptr<ClientAuthorization> authorization)
      : authorization_(std::move(authorization)) {}

  Interceptor* CreateClientInterceptor(ClientRpcInfo* call) override {
    const absl::string_view method = call->method();
    if (method == kIssueToken || absl::StartsWith(method, kHealth)) {
      return nullptr;
    }
    return new TokenInterceptor(authorization_);
  }

 private:
  const std::shared_ptr<ClientAuthorization> authorization_;
};

}  // namespace

std::vector<std::string> ClientAuthorization::Get() {
  if (given_.has_value()) return *given_;
  MutexLock lock(&mutex_);
  const std::shared_ptr<grpc::Channel> channel = channel_.lock();
  if (channel != nullptr && (token_.empty() || absl::Now() >= renew_time_)) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + kDeadline);
    v1::IssueTokenRequest request;
    request.mutable_scopes()->Assign(scopes_.begin(), scopes_.end());
    v1::IssueTokenResponse issued;
    if (v1::Tokens::NewStub(channel)
            ->IssueToken(&context, request, &issued)
            .ok()) {
      token_ = issued.token();
      renew_time_ = absl::FromUnixSeconds(issued.renew_time().seconds());
    }
  }
  if (token_.empty()) return {};
  return {absl::StrCat("Bearer ", token_)};
}

std::unique_ptr<ClientInterceptorFactoryInterface> MakeTokenInterceptors(
    std::shared_ptr<ClientAuthorization> authorization) {
  return std::make_unique<Factory>(std::move(authorization));
}

}  // namespace sluice::testing
