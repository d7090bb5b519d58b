// A Tokens service of a test: it counts, and does what it is told.

#ifndef SLUICE_CLIENT_TEST_TOLD_TOKENS_H_
#define SLUICE_CLIENT_TEST_TOLD_TOKENS_H_

#include <google/rpc/error_details.pb.h>
#include <google/rpc/status.pb.h>
#include <grpcpp/server_context.h>

#include <condition_variable>
#include <deque>
#include <mutex>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "sluice/v1/tokens.grpc.pb.h"

namespace sluice::client {

// What a gateway answers to a token that it does not take.
inline grpc::Status TokenRefusal(const std::string& executed = "no") {
  google::rpc::ErrorInfo info;
  info.set_domain("sluice");
  info.set_reason("TOKEN_INVALID");
  (*info.mutable_metadata())["executed"] = executed;
  google::rpc::Status rich;
  rich.set_code(grpc::StatusCode::UNAUTHENTICATED);
  rich.add_details()->PackFrom(info);
  return {grpc::StatusCode::UNAUTHENTICATED, "the token is not valid",
          rich.SerializeAsString()};
}

// The token that a call carries; empty: none.
inline std::string TokenOf(const grpc::ServerContext& context) {
  const auto entry = context.client_metadata().find("authorization");
  if (entry == context.client_metadata().end()) return "";
  return {entry->second.begin(), entry->second.end()};
}

// Its tokens are "token 1", "token 2" and so on, valid for three minutes. Each
// call takes the next status that was told it, if any.
//
// Threads: any.
class ToldTokens : public v1::Tokens::Service {
 public:
  grpc::Status IssueToken(grpc::ServerContext* context,
                          const v1::IssueTokenRequest* request,
                          v1::IssueTokenResponse* response) override {
    std::unique_lock<std::mutex> lock(mutex_);
    ++issue_count_;
    last_issue_ = *request;
    return Answer(*context, issues_, *response, lock);
  }

  grpc::Status RenewToken(grpc::ServerContext* context,
                          const v1::RenewTokenRequest* request,
                          v1::RenewTokenResponse* response) override {
    std::unique_lock<std::mutex> lock(mutex_);
    ++renewal_count_;
    last_renewal_ = *request;
    renewed_ = TokenOf(*context);
    return Answer(*context, renewals_, *response, lock);
  }

  void TellIssue(const grpc::Status& status) {
    const std::unique_lock<std::mutex> lock(mutex_);
    issues_.push_back(status);
  }
  void TellRenewal(const grpc::Status& status) {
    const std::unique_lock<std::mutex> lock(mutex_);
    renewals_.push_back(status);
  }
  // Calls wait until they are let go.
  void Hold() {
    const std::unique_lock<std::mutex> lock(mutex_);
    is_held_ = true;
  }
  void LetGo() {
    const std::unique_lock<std::mutex> lock(mutex_);
    is_held_ = false;
    changed_.notify_all();
  }

  int issue_count() const { return Read(issue_count_); }
  int renewal_count() const { return Read(renewal_count_); }
  int waiting_count() const { return Read(waiting_count_); }
  v1::IssueTokenRequest last_issue() const { return Read(last_issue_); }
  v1::RenewTokenRequest last_renewal() const { return Read(last_renewal_); }
  // The metadata of the last RenewToken.
  std::string renewed() const { return Read(renewed_); }

 private:
  template <typename T>
  T Read(const T& field) const {
    const std::unique_lock<std::mutex> lock(mutex_);
    return field;
  }

  template <typename Response>
  grpc::Status Answer(const grpc::ServerContext& context,
                      std::deque<grpc::Status>& statuses, Response& response,
                      std::unique_lock<std::mutex>& lock) {
    ++waiting_count_;
    while (is_held_ && !context.IsCancelled()) {
      changed_.wait_for(lock, std::chrono::milliseconds(1));
    }
    --waiting_count_;
    if (!statuses.empty()) {
      grpc::Status status = statuses.front();
      statuses.pop_front();
      if (!status.ok()) return status;
    }
    response.set_token(absl::StrCat("token ", ++token_count_));
    // By a clock of its own: of January 1970.
    response.mutable_renew_time()->set_seconds(1'000'120);
    response.mutable_expire_time()->set_seconds(1'000'180);
    return grpc::Status::OK;
  }

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  // The rest is guarded by `mutex_`.
  bool is_held_ = false;
  std::deque<grpc::Status> issues_;
  std::deque<grpc::Status> renewals_;
  int issue_count_ = 0;
  int renewal_count_ = 0;
  int token_count_ = 0;
  int waiting_count_ = 0;
  v1::IssueTokenRequest last_issue_;
  v1::RenewTokenRequest last_renewal_;
  std::string renewed_;
};

}  // namespace sluice::client

#endif  // SLUICE_CLIENT_TEST_TOLD_TOKENS_H_
