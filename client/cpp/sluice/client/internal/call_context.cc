#include "sluice/client/internal/call_context.h"

#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "sluice/client/internal/grpc_status.h"

namespace sluice::client::internal {

CallContext::CallContext(const CallBounds& bounds,
                         std::shared_ptr<TokenSource> tokens)
    : tokens_(std::move(tokens)), on_stop_(bounds.stop, Cancel{context_}) {
  if (bounds.deadline != absl::InfiniteFuture()) {
    context_.set_deadline(absl::ToChronoTime(bounds.deadline));
  }
  absl::StatusOr<std::string> token =
      tokens_->Get(bounds.deadline, bounds.stop);
  status_ = token.status();
  if (!token.ok() || token->empty()) return;
  token_ = *std::move(token);
  context_.AddMetadata("authorization", absl::StrCat("Bearer ", token_));
}

absl::Status CallContext::Finish(const grpc::Status& status) {
  absl::Status finished = FromGrpcStatus(status);
  if (WasTokenRefused(finished)) tokens_->Reject(token_);
  return finished;
}

}  // namespace sluice::client::internal
