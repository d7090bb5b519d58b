#include "sluice/client/internal/transact_exchange.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "sluice/client/error_details.h"
#include "sluice/client/internal/call_error.h"

namespace sluice::client::internal {
namespace {

std::string NameOf(int64_t savepoint) {
  return absl::StrCat("sluice_", savepoint);
}

// Whether a request may mend what failed.
bool Mends(const v1::TransactRequest& request) {
  return request.has_rollback_to() || request.has_rollback();
}

bool IsPart(const v1::TransactResponse& response) {
  return response.has_header() || response.has_batch();
}

}  // namespace

std::shared_ptr<SentRequest> TransactExchange::Send(
    v1::TransactRequest request) {
  auto sent = std::make_shared<SentRequest>();
  sent->sequence = ++last_sequence_;
  sent->is_statement = request.has_statement();
  sent->is_streamed =
      request.statement().delivery() == v1::RESULT_DELIVERY_STREAM;
  if (has_ended()) {
    sent->reply = end_;
  } else if (!refusal_.ok() && !Mends(request)) {
    sent->reply = absl::AbortedError(
        absl::StrCat("an earlier statement of the transaction was refused: ",
                     refusal_.message()));
  } else {
    request.set_sequence(sent->sequence);
    is_commit_sent_ = request.has_commit();
    outstanding_.push_back(sent);
    call_->Write(request);
  }
  return sent;
}

std::shared_ptr<SentRequest> TransactExchange::Refuse(
    const absl::Status& error) {
  auto sent = std::make_shared<SentRequest>();
  sent->sequence = ++last_sequence_;
  sent->reply = error;
  if (!has_ended() && refusal_.ok()) refusal_ = error;
  return sent;
}

absl::StatusOr<v1::TransactResponse> TransactExchange::Await(
    SentRequest& sent) {
  while (!sent.reply.has_value()) {
    absl::Status free = CheckFree();
    if (!free.ok()) return free;
    ReadReply();
  }
  return *std::exchange(sent.reply,
                        absl::FailedPreconditionError("it was taken"));
}

void TransactExchange::AwaitPart(SentRequest& sent) {
  while (!sent.part.has_value() && !sent.reply.has_value()) ReadReply();
}

absl::Status TransactExchange::CheckFree() const {
  if (outstanding_.empty() || !outstanding_.front()->is_streamed) {
    return absl::OkStatus();
  }
  return absl::FailedPreconditionError(
      "a RowStream of this transaction is being read: read it to its end, or "
      "let go of it");
}

void TransactExchange::Cancel() {
  if (has_ended()) return;
  call_.reset();
  End(v1::TRANSACTION_STATE_ROLLED_BACK,
      absl::CancelledError("the transaction was let go of"));
}

v1::TransactionState TransactExchange::state() const {
  if (state_ == v1::TRANSACTION_STATE_ACTIVE && !refusal_.ok()) {
    return v1::TRANSACTION_STATE_FAILED;
  }
  return state_;
}

const absl::Status& TransactExchange::failure() const {
  return failure_.ok() ? refusal_ : failure_;
}

bool TransactExchange::has_unanswered() const {
  return std::any_of(outstanding_.begin(), outstanding_.end(),
                     [](const auto& sent) { return sent->is_statement; });
}

int64_t TransactExchange::SetSavepoint() {
  v1::TransactRequest request;
  request.mutable_savepoint()->set_name(NameOf(last_sequence_ + 1));
  const std::shared_ptr<SentRequest> sent = Send(std::move(request));
  if (!sent->reply.has_value()) savepoints_.push_back(sent->sequence);
  return sent->sequence;
}

void TransactExchange::RollBackTo(int64_t savepoint) {
  v1::TransactRequest request;
  request.mutable_rollback_to()->set_name(NameOf(savepoint));
  Send(std::move(request));
  // Every savepoint was set before it: none can be after.
  refusal_ = absl::OkStatus();
  savepoints_.erase(
      std::upper_bound(savepoints_.begin(), savepoints_.end(), savepoint),
      savepoints_.end());
}

void TransactExchange::Release(int64_t savepoint) {
  v1::TransactRequest request;
  request.mutable_release()->set_name(NameOf(savepoint));
  Send(std::move(request));
  std::erase(savepoints_, savepoint);
}

bool TransactExchange::HasSavepoint(int64_t savepoint) const {
  return !has_ended() &&
         std::binary_search(savepoints_.begin(), savepoints_.end(), savepoint);
}

void TransactExchange::ReadReply() {
  v1::TransactResponse response;
  if (call_->Read(response)) {
    Accept(std::move(response));
    return;
  }
  absl::Status status = call_->Finish();
  EndWithError(status.ok()
                   ? absl::InternalError("malformed transaction: it ended "
                                         "without an answer")
                   : std::move(status));
}

void TransactExchange::Accept(v1::TransactResponse response) {
  if (outstanding_.empty() ||
      outstanding_.front()->sequence != response.sequence()) {
    EndWithError(
        absl::InternalError("malformed transaction: a reply to no request"));
    return;
  }
  const std::shared_ptr<SentRequest> sent = outstanding_.front();
  if (IsPart(response)) {
    if (sent->is_streamed) sent->part = std::move(response);
    return;
  }
  outstanding_.pop_front();
  TakeState(response);
  if (response.has_error()) {
    sent->reply = FromCallError(response.error());
    is_commit_sent_ = false;
    if (failure_.ok() && state_ != v1::TRANSACTION_STATE_ACTIVE) {
      failure_ = sent->reply->status();
    }
    return;
  }
  const bool has_ended = response.has_committed() || response.has_rolled_back();
  sent->reply = std::move(response);
  if (!has_ended) return;
  v1::TransactResponse nothing;
  while (call_->Read(nothing)) {
  }
  call_->Finish().IgnoreError();
  End(state_, absl::FailedPreconditionError("the transaction has ended"));
}

void TransactExchange::TakeState(const v1::TransactResponse& response) {
  state_ = response.state();
  if (response.has_committed()) state_ = v1::TRANSACTION_STATE_COMMITTED;
  if (response.has_rolled_back()) state_ = v1::TRANSACTION_STATE_ROLLED_BACK;
  if (state_ == v1::TRANSACTION_STATE_ACTIVE) failure_ = absl::OkStatus();
}

void TransactExchange::EndWithError(absl::Status status) {
  // In one that has failed a commit does nothing.
  const bool may_have_committed =
      is_commit_sent_ && state_ != v1::TRANSACTION_STATE_FAILED;
  if (may_have_committed) status = WithOpenOutcome(status);
  const bool is_open =
      may_have_committed &&
      ErrorDetails::From(status).reason == v1::ERROR_REASON_OUTCOME_UNKNOWN;
  if (failure_.ok()) failure_ = status;
  End(is_open ? v1::TRANSACTION_STATE_UNSPECIFIED
              : v1::TRANSACTION_STATE_ROLLED_BACK,
      status);
}

void TransactExchange::End(v1::TransactionState state,
                           const absl::Status& status) {
  call_.reset();
  state_ = state;
  end_ = status;
  for (const std::shared_ptr<SentRequest>& sent : outstanding_) {
    sent->reply = status;
  }
  outstanding_.clear();
}

}  // namespace sluice::client::internal
