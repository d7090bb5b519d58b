#include "sluice/client/internal/transact_parts.h"

#include <utility>

namespace sluice::client::internal {

TransactParts::TransactParts(std::shared_ptr<TransactExchange> exchange,
                             std::shared_ptr<SentRequest> sent)
    : exchange_(std::move(exchange)), sent_(std::move(sent)) {}

TransactParts::~TransactParts() {
  sent_->is_streamed = false;
  sent_->part.reset();
}

bool TransactParts::Read(v1::QueryStreamResponse& part) {
  if (has_summary_) return false;
  exchange_->AwaitPart(*sent_);
  if (sent_->part.has_value()) {
    if (sent_->part->has_header()) {
      *part.mutable_header() = std::move(*sent_->part->mutable_header());
    } else {
      *part.mutable_batch() = std::move(*sent_->part->mutable_batch());
    }
    sent_->part.reset();
    return true;
  }
  if (!sent_->reply->ok() || !(*sent_->reply)->has_summary()) return false;
  *part.mutable_summary() = std::move(*(*sent_->reply)->mutable_summary());
  has_summary_ = true;
  return true;
}

absl::Status TransactParts::Finish() { return sent_->reply->status(); }

}  // namespace sluice::client::internal
