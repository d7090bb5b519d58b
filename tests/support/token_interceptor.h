// TokenInterceptor: gives each call of a channel a token of its app, on the
// thread that makes the call.

#ifndef SLUICE_TESTS_SUPPORT_TOKEN_INTERCEPTOR_H_
#define SLUICE_TESTS_SUPPORT_TOKEN_INTERCEPTOR_H_

#include <grpcpp/channel.h>
#include <grpcpp/support/client_interceptor.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/time/time.h"
#include "server/base/mutex.h"

namespace sluice::testing {

// What the calls of one client carry as `authorization`: a token that its first
// call has issued, and another when the server says that it is time; or what is
// given.
// Threads: any.
class ClientAuthorization {
 public:
  ClientAuthorization(std::vector<std::string> scopes,
                      std::optional<std::vector<std::string>> given)
      : scopes_(std::move(scopes)), given_(std::move(given)) {}

  // The channel that tokens are issued over. Before the first call.
  void SetChannel(const std::shared_ptr<grpc::Channel>& channel) {
    channel_ = channel;
  }

  // None where the server gives no token: what the call itself is told then
  // says why.
  std::vector<std::string> Get();

 private:
  const std::vector<std::string> scopes_;
  const std::optional<std::vector<std::string>> given_;
  std::weak_ptr<grpc::Channel> channel_;
  Mutex mutex_;
  std::string token_ ABSL_GUARDED_BY(mutex_);
  absl::Time renew_time_ ABSL_GUARDED_BY(mutex_);
};

// Makes what adds it to each call, but for those that take none.
std::unique_ptr<grpc::experimental::ClientInterceptorFactoryInterface>
MakeTokenInterceptors(std::shared_ptr<ClientAuthorization> authorization);

}  // namespace sluice::testing

#endif  // SLUICE_TESTS_SUPPORT_TOKEN_INTERCEPTOR_H_
