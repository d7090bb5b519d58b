// The result of a statement that was sent ahead.

#ifndef SLUICE_CLIENT_PENDING_ROWS_H_
#define SLUICE_CLIENT_PENDING_ROWS_H_

#include <memory>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "sluice/client/internal/transact_exchange.h"
#include "sluice/client/rows.h"

namespace sluice::client {

// Made by Transaction::Send. It may be dropped: the statement runs all the
// same, and where it fails the transaction can't be committed.
//
// Lifetime: one that outlives its transaction has the result if it came.
// Threads: one at a time, that of the transaction.
class PendingRows {
 public:
  PendingRows(std::shared_ptr<internal::TransactExchange> exchange,
              std::shared_ptr<internal::SentRequest> sent)
      : exchange_(std::move(exchange)), sent_(std::move(sent)) {}
  PendingRows(PendingRows&&) = default;
  PendingRows& operator=(PendingRows&&) = default;

  // Waits for the result; called again it gives the same.
  // Errors: those of the statement; ABORTED, reason TRANSACTION_FAILED, where
  // one before it failed; CANCELLED where the transaction is gone;
  // FAILED_PRECONDITION while a RowStream of the transaction is being read,
  // which a later Await may cure.
  const absl::StatusOr<Rows>& Await();

 private:
  std::shared_ptr<internal::TransactExchange> exchange_;
  // Null once `rows_` is the result.
  std::shared_ptr<internal::SentRequest> sent_;
  absl::StatusOr<Rows> rows_ = absl::UnknownError("not awaited");
};

}  // namespace sluice::client

#endif  // SLUICE_CLIENT_PENDING_ROWS_H_
