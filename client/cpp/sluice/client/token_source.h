// The tokens of a client's calls: issued, kept, renewed.

#ifndef SLUICE_CLIENT_TOKEN_SOURCE_H_
#define SLUICE_CLIENT_TOKEN_SOURCE_H_

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "grpcpp/channel.h"
#include "sluice/client/internal/token_refresh.h"
#include "sluice/client/token_options.h"
#include "sluice/v1/tokens.grpc.pb.h"

namespace sluice::client {

// Gives each call the token that is valid then. A Client has one; who calls by
// the stubs asks it too:
//
//   const auto token = tokens->Get(deadline);
//   if (!token.ok()) return token.status();
//   context.AddMetadata("authorization", absl::StrCat("Bearer ", *token));
//
// The first call waits for a token. Once two thirds of its time are over the
// next call starts its renewal, behind its back: calls wait again only where
// the token has ended meanwhile. A renewal that fails is tried again by later
// calls, after 0.1 s, 0.2 s and so on up to 10 s, each less a random part. A
// client that makes no calls asks for no tokens.
//
// Times are measured from when a token was asked for, so the clock need not
// agree with the server's.
//
// Lifetime: shared by all who make calls; the last one ends a refresh that is
// under way.
// Threads: any, at once.
class TokenSource {
 public:
  using Clock = std::function<absl::Time()>;

  // Asks by `channel`, the one that the calls go by: a token is bound to the
  // certificate of its connection.
  TokenSource(const std::shared_ptr<grpc::ChannelInterface>& channel,
              TokenOptions options, Clock clock = absl::Now);
  TokenSource(const TokenSource&) = delete;
  ~TokenSource();

  // The token to send, without "Bearer"; empty: send none. Waits only where
  // there is no valid one.
  // Errors: those of IssueToken; DEADLINE_EXCEEDED or CANCELLED where the
  // caller's own bounds end the wait.
  absl::StatusOr<std::string> Get(absl::Time deadline = absl::InfiniteFuture(),
                                  const std::stop_token& stop = {});

  // Tells that the server refused a call for its token: the next Get has a new
  // one issued. Nothing if `token` was replaced meanwhile.
  void Reject(absl::string_view token);

 private:
  struct Token {
    std::string text;
    // When to renew it, and from when on not to use it.
    absl::Time renewal;
    absl::Time end = absl::InfinitePast();
  };

  bool HasToken(absl::Time now) const { return now < token_.end; }
  bool IsRenewalDue(absl::Time now) const;
  // Begins a refresh; `lock` is let go of meanwhile.
  void Start(absl::Time now, std::unique_lock<std::mutex>& lock);
  void Finish(absl::StatusOr<internal::IssuedToken> issued, absl::Time asked);
  // Waits for the end of the refresh.
  absl::Status Await(absl::Time deadline, const std::stop_token& stop,
                     std::unique_lock<std::mutex>& lock);

  const std::shared_ptr<v1::Tokens::StubInterface> stub_;
  const TokenOptions options_;
  const Clock clock_;

  std::mutex mutex_;
  std::condition_variable_any refreshed_;
  // The rest is guarded by `mutex_`.
  Token token_;
  // The one under way, or the last one.
  std::shared_ptr<internal::TokenRefresh> refresh_;
  bool is_refreshing_ = false;
  // How the last refresh ended.
  absl::Status outcome_;
  absl::Duration backoff_;
  absl::Time next_attempt_ = absl::InfinitePast();
};

}  // namespace sluice::client

#endif  // SLUICE_CLIENT_TOKEN_SOURCE_H_
