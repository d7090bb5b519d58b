// An interactive transaction.

#ifndef SLUICE_CLIENT_TRANSACTION_H_
#define SLUICE_CLIENT_TRANSACTION_H_

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "sluice/client/commit_receipt.h"
#include "sluice/client/internal/seen_tokens.h"
#include "sluice/client/internal/transact_exchange.h"
#include "sluice/client/pending_rows.h"
#include "sluice/client/row_stream.h"
#include "sluice/client/rows.h"
#include "sluice/client/savepoint.h"
#include "sluice/client/statement.h"
#include "sluice/client/transaction_options.h"
#include "sluice/v1/database.pb.h"

namespace sluice::client {

// Made by Client::Begin and Client::RunInTransaction. All of it takes place
// with Commit, or nothing.
//
//   absl::StatusOr<Transaction> transaction = client.Begin();
//   if (!transaction.ok()) return transaction.status();
//   const auto rows = transaction->Execute("UPDATE ... RETURNING ...", 7);
//   if (!rows.ok()) return rows.status();
//   return transaction->Commit().status();
//
// A statement that fails fails the transaction: what follows is answered with
// ABORTED, reason TRANSACTION_FAILED, until a Savepoint is rolled back. So a
// result that nobody looked at can't be lost: Commit gives the error that was
// the first.
//
// While a RowStream of it is being read, calls that wait give
// FAILED_PRECONDITION, and nothing is sent.
//
// Lifetime: destroyed before Commit it is rolled back, without a wait. The
// gateway ends one that is left alone for too long (TransactionOptions).
// Threads: one at a time. To end it from another one: CallOptions::stop.
class Transaction {
 public:
  // Opens it, without a wait. `attempt` counts from 1. `seen_tokens` gets that
  // of the commit, unless it is null.
  static Transaction Open(
      std::unique_ptr<internal::TransactCall> call, v1::TransactBegin begin,
      int attempt = 1,
      std::shared_ptr<internal::SeenTokens> seen_tokens = nullptr);
  Transaction(Transaction&&) noexcept = default;
  Transaction& operator=(Transaction&& other) noexcept;
  ~Transaction();

  // Waits until it is open.
  absl::Status AwaitBegun();

  // Runs a statement, be it a read or a write.
  absl::StatusOr<Rows> Execute(const Statement& statement,
                               const ResultLimits& limits = {});
  template <typename... T>
  absl::StatusOr<Rows> Execute(absl::string_view sql, const T&... parameters) {
    return Execute(Statement(sql, parameters...));
  }
  // The same, for code that says what it means.
  absl::StatusOr<Rows> Query(const Statement& statement,
                             const ResultLimits& limits = {}) {
    return Execute(statement, limits);
  }
  template <typename... T>
  absl::StatusOr<Rows> Query(absl::string_view sql, const T&... parameters) {
    return Execute(Statement(sql, parameters...));
  }

  // Runs a statement and gives its rows as they come, in constant memory. One
  // that is dropped before its end is read to it all the same, by the next
  // call.
  absl::StatusOr<RowStream> QueryStream(const Statement& statement,
                                        const ResultLimits& limits = {});
  template <typename... T>
  absl::StatusOr<RowStream> QueryStream(absl::string_view sql,
                                        const T&... parameters) {
    return QueryStream(Statement(sql, parameters...));
  }

  // Sends a statement ahead: it runs behind those before it, while the caller
  // goes on. Many of them take the time of one round trip.
  PendingRows Send(const Statement& statement, const ResultLimits& limits = {});
  template <typename... T>
  PendingRows Send(absl::string_view sql, const T&... parameters) {
    return Send(Statement(sql, parameters...));
  }

  // Sends them all ahead, then waits for their results.
  // Errors: of the first that fails. Where one has a parameter that is none,
  // nothing is sent.
  absl::StatusOr<std::vector<Rows>> ExecuteAll(
      absl::Span<const Statement> statements);

  // Sets a savepoint, without a wait.
  Savepoint OpenSavepoint();

  // Savepoints by names of the caller's choice, for who runs what others wrote;
  // not to be mixed with OpenSavepoint. Each waits.
  // Errors: FAILED_PRECONDITION, reason UNKNOWN_SAVEPOINT.
  absl::Status SetSavepoint(absl::string_view name);
  absl::Status RollBackTo(absl::string_view name);
  absl::Status ReleaseSavepoint(absl::string_view name);

  // Commits, and ends the transaction whatever it returns; called again it
  // gives the same. One that has failed is rolled back.
  //
  // Errors: what failed an earlier statement, or the commit itself;
  // FAILED_PRECONDITION after Rollback, and while a RowStream is being read,
  // which alone does not end it; UNAVAILABLE, reason BACKEND_UNAVAILABLE, where
  // the node is not the primary any more: nothing took place. Reason
  // OUTCOME_UNKNOWN: it may have taken place, `ErrorDetails::outcome_reference`
  // is for Client::GetTransactionOutcome; it is empty where the connection to
  // the gateway was lost, or the call ended by its deadline or stop token.
  absl::StatusOr<CommitReceipt> Commit();

  // Undoes everything, and waits until that is done. Whatever it returns,
  // nothing took place, unless Commit was called before.
  // Errors: of the call; FAILED_PRECONDITION after the end.
  absl::Status Rollback();

  // Where it stands, as the last answer said that was awaited. UNSPECIFIED:
  // the outcome is unknown.
  v1::TransactionState state() const { return exchange_->state(); }

  // What has failed it; OK while nothing has, or a savepoint mended it.
  const absl::Status& failure() const { return exchange_->failure(); }

  // Which run of its function it is in Client::RunInTransaction, from 1.
  int attempt() const { return attempt_; }

  // Whether it is there: it was not moved from. Nothing else is for one that
  // was.
  bool is_valid() const { return exchange_ != nullptr; }

  // Whether it was committed or rolled back, or its call has ended.
  bool has_ended() const { return exchange_->has_ended(); }

  // Whether a statement was sent ahead whose answer was not awaited.
  bool has_unanswered() const { return exchange_->has_unanswered(); }

 private:
  Transaction(std::shared_ptr<internal::TransactExchange> exchange, int attempt)
      : exchange_(std::move(exchange)), attempt_(attempt) {}

  // Takes notice of how the commit ended.
  void NoteCommit(const internal::SeenTokens::Write& write,
                  const absl::StatusOr<CommitReceipt>& receipt) const;
  // Sends a request that is answered with nothing but that it was done.
  absl::Status Ask(v1::TransactRequest request);
  std::shared_ptr<internal::SentRequest> SendStatement(
      const Statement& statement, const ResultLimits& limits,
      v1::ResultDelivery delivery);

  // Null once it is moved from.
  std::shared_ptr<internal::TransactExchange> exchange_;
  int attempt_;
  std::shared_ptr<internal::SeenTokens> seen_tokens_;
  std::string database_;
  std::shared_ptr<internal::SentRequest> begun_;
  // Of the commit that ended it.
  std::optional<absl::StatusOr<CommitReceipt>> receipt_;
};

}  // namespace sluice::client

#endif  // SLUICE_CLIENT_TRANSACTION_H_
