#include "sluice/client/pending_rows.h"

namespace sluice::client {

const absl::StatusOr<Rows>& PendingRows::Await() {
  if (sent_ == nullptr) return rows_;
  if (!sent_->reply.has_value()) {
    absl::Status free = exchange_->CheckFree();
    if (!free.ok()) {
      rows_ = free;
      return rows_;
    }
  }
  absl::StatusOr<v1::TransactResponse> reply = exchange_->Await(*sent_);
  sent_.reset();
  exchange_.reset();
  if (!reply.ok()) {
    rows_ = reply.status();
  } else if (!reply->has_result()) {
    rows_ = absl::InternalError(
        "malformed transaction: a statement was answered without a result");
  } else {
    v1::TransactResult& result = *reply->mutable_result();
    rows_ = Rows::Make(std::move(*result.mutable_result_set()),
                       std::move(*result.mutable_summary()));
  }
  return rows_;
}

}  // namespace sluice::client
