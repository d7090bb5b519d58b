#include "sluice/client/transaction.h"

#include <utility>

#include "sluice/client/internal/transact_parts.h"

namespace sluice::client {
namespace {

using internal::SeenTokens;
using internal::SentRequest;
using internal::TransactExchange;

absl::Status Malformed() {
  return absl::InternalError(
      "malformed transaction: an answer of another kind");
}

}  // namespace

Transaction Transaction::Open(std::unique_ptr<internal::TransactCall> call,
                              v1::TransactBegin begin, int attempt,
                              std::shared_ptr<SeenTokens> seen_tokens) {
  Transaction transaction(std::make_shared<TransactExchange>(std::move(call)),
                          attempt);
  transaction.seen_tokens_ = std::move(seen_tokens);
  transaction.database_ = begin.database();
  v1::TransactRequest request;
  *request.mutable_begin() = std::move(begin);
  transaction.begun_ = transaction.exchange_->Send(std::move(request));
  return transaction;
}

Transaction& Transaction::operator=(Transaction&& other) noexcept {
  if (this == &other) return *this;
  if (exchange_ != nullptr) exchange_->Cancel();
  exchange_ = std::move(other.exchange_);
  attempt_ = other.attempt_;
  seen_tokens_ = std::move(other.seen_tokens_);
  database_ = std::move(other.database_);
  begun_ = std::move(other.begun_);
  receipt_ = std::move(other.receipt_);
  return *this;
}

Transaction::~Transaction() {
  if (exchange_ != nullptr) exchange_->Cancel();
}

absl::Status Transaction::AwaitBegun() {
  if (begun_ == nullptr) return exchange_->failure();
  const absl::StatusOr<v1::TransactResponse> reply =
      exchange_->Await(*std::exchange(begun_, nullptr));
  if (!reply.ok()) return reply.status();
  return reply->has_begun() ? absl::OkStatus() : Malformed();
}

absl::StatusOr<Rows> Transaction::Execute(const Statement& statement,
                                          const ResultLimits& limits) {
  absl::Status free = exchange_->CheckFree();
  if (!free.ok()) return free;
  return Send(statement, limits).Await();
}

PendingRows Transaction::Send(const Statement& statement,
                              const ResultLimits& limits) {
  return {exchange_,
          SendStatement(statement, limits, v1::RESULT_DELIVERY_WHOLE)};
}

absl::StatusOr<RowStream> Transaction::QueryStream(const Statement& statement,
                                                   const ResultLimits& limits) {
  absl::Status free = exchange_->CheckFree();
  if (!free.ok()) return free;
  return RowStream::Open(std::make_unique<internal::TransactParts>(
      exchange_, SendStatement(statement, limits, v1::RESULT_DELIVERY_STREAM)));
}

absl::StatusOr<std::vector<Rows>> Transaction::ExecuteAll(
    absl::Span<const Statement> statements) {
  absl::Status free = exchange_->CheckFree();
  if (!free.ok()) return free;
  for (const Statement& statement : statements) {
    if (!statement.status().ok()) {
      exchange_->Refuse(statement.status());
      return statement.status();
    }
  }
  std::vector<PendingRows> pending;
  pending.reserve(statements.size());
  for (const Statement& statement : statements) {
    pending.push_back(Send(statement));
  }
  std::vector<Rows> results;
  results.reserve(statements.size());
  for (PendingRows& rows : pending) {
    if (!rows.Await().ok()) return rows.Await().status();
    results.push_back(*rows.Await());
  }
  return results;
}

Savepoint Transaction::OpenSavepoint() {
  return {exchange_, exchange_->SetSavepoint()};
}

absl::Status Transaction::SetSavepoint(absl::string_view name) {
  v1::TransactRequest request;
  request.mutable_savepoint()->set_name(std::string(name));
  return Ask(std::move(request));
}

absl::Status Transaction::RollBackTo(absl::string_view name) {
  v1::TransactRequest request;
  request.mutable_rollback_to()->set_name(std::string(name));
  return Ask(std::move(request));
}

absl::Status Transaction::ReleaseSavepoint(absl::string_view name) {
  v1::TransactRequest request;
  request.mutable_release()->set_name(std::string(name));
  return Ask(std::move(request));
}

absl::Status Transaction::Ask(v1::TransactRequest request) {
  absl::Status free = exchange_->CheckFree();
  if (!free.ok()) return free;
  const absl::StatusOr<v1::TransactResponse> reply =
      exchange_->Await(*exchange_->Send(std::move(request)));
  if (!reply.ok()) return reply.status();
  return reply->has_done() ? absl::OkStatus() : Malformed();
}

absl::StatusOr<CommitReceipt> Transaction::Commit() {
  if (receipt_.has_value()) return *receipt_;
  absl::Status free = exchange_->CheckFree();
  if (!free.ok()) return free;
  v1::TransactRequest request;
  request.mutable_commit();
  SeenTokens::Write write;
  if (seen_tokens_ != nullptr) write = seen_tokens_->Start(database_);
  const absl::StatusOr<v1::TransactResponse> reply =
      exchange_->Await(*exchange_->Send(std::move(request)));
  absl::StatusOr<CommitReceipt> receipt = Malformed();
  if (!reply.ok()) {
    receipt = reply.status();
  } else if (reply->has_committed()) {
    receipt = CommitReceipt{
        .outcome_reference = reply->committed().outcome_reference(),
        .consistency_token = reply->committed().consistency_token(),
        .attempts = attempt_};
  }
  // It is not, where a statement could not even be sent.
  if (!exchange_->has_ended()) Rollback().IgnoreError();
  if (!receipt.ok() && !exchange_->failure().ok()) {
    receipt = exchange_->failure();
  }
  NoteCommit(write, receipt);
  receipt_ = receipt;
  return receipt;
}

void Transaction::NoteCommit(
    const SeenTokens::Write& write,
    const absl::StatusOr<CommitReceipt>& receipt) const {
  if (seen_tokens_ == nullptr) return;
  if (receipt.ok()) {
    seen_tokens_->Note(
        write, {.token = receipt->consistency_token,
                .may_have_written = !receipt->outcome_reference.empty()});
  } else if (state() == v1::TRANSACTION_STATE_UNSPECIFIED) {
    seen_tokens_->NoteLost(database_);
  }
}

absl::Status Transaction::Rollback() {
  if (!exchange_->CheckFree().ok()) {
    exchange_->Cancel();
    return absl::OkStatus();
  }
  v1::TransactRequest request;
  request.mutable_rollback();
  const absl::StatusOr<v1::TransactResponse> reply =
      exchange_->Await(*exchange_->Send(std::move(request)));
  if (!reply.ok()) return reply.status();
  return reply->has_rolled_back() ? absl::OkStatus() : Malformed();
}

std::shared_ptr<SentRequest> Transaction::SendStatement(
    const Statement& statement, const ResultLimits& limits,
    v1::ResultDelivery delivery) {
  if (!statement.status().ok()) return exchange_->Refuse(statement.status());
  v1::TransactRequest request;
  v1::TransactStatement& fields = *request.mutable_statement();
  fields.mutable_statement()->set_sql(statement.sql());
  fields.mutable_parameters()->Add(statement.parameters().begin(),
                                   statement.parameters().end());
  fields.set_delivery(delivery);
  v1::RequestOptions& options = *fields.mutable_options();
  options.set_max_rows(limits.max_rows);
  options.set_max_bytes(limits.max_bytes);
  options.set_max_value_bytes(limits.max_value_bytes);
  options.set_on_limit(limits.on_limit);
  return exchange_->Send(std::move(request));
}

}  // namespace sluice::client
