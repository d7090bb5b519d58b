// Requests of an interactive transaction and their replies.

#ifndef SLUICE_CLIENT_INTERNAL_TRANSACT_EXCHANGE_H_
#define SLUICE_CLIENT_INTERNAL_TRANSACT_EXCHANGE_H_

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "sluice/client/internal/transact_call.h"
#include "sluice/v1/database.pb.h"

namespace sluice::client::internal {

// A request that was sent. Its reply is kept here until somebody wants it, or
// nobody holds it any more.
struct SentRequest {
  int64_t sequence = 0;
  bool is_statement = false;
  // Parts of a streamed result are read by TransactParts, which clears this
  // when it lets go: then they are thrown away.
  bool is_streamed = false;
  // Of a streamed result, the part that came last.
  std::optional<v1::TransactResponse> part;
  // The last reply, or why there is none.
  std::optional<absl::StatusOr<v1::TransactResponse>> reply;
};

// Knows where the transaction stands.
//
// Lifetime: shared by the transaction and all that came of it; the call itself
// ends with the transaction (End).
// Threads: one at a time.
class TransactExchange {
 public:
  explicit TransactExchange(std::unique_ptr<TransactCall> call)
      : call_(std::move(call)) {}
  TransactExchange(const TransactExchange&) = delete;

  // Sends ahead. Where the call has ended the reply is there at once: why.
  std::shared_ptr<SentRequest> Send(v1::TransactRequest request);

  // Takes note of a request that could not be sent. It is as if it had failed:
  // the transaction can't be committed, but for a rollback to a savepoint that
  // was set before it.
  std::shared_ptr<SentRequest> Refuse(const absl::Status& error);

  // Waits for the reply, and reads those before it.
  // Errors: of the request; of the call; FAILED_PRECONDITION while a streamed
  // result is being read.
  absl::StatusOr<v1::TransactResponse> Await(SentRequest& sent);

  // Waits for the next part of a streamed result, or its reply.
  void AwaitPart(SentRequest& sent);

  // OK, or what stands against sending something that is waited for.
  absl::Status CheckFree() const;

  // Cancels the call, and with it the transaction.
  void Cancel();

  // As the last reply said.
  v1::TransactionState state() const;
  // What has failed the transaction, or ended the call; OK where nothing has,
  // or a rollback to a savepoint mended it.
  const absl::Status& failure() const;
  // Whether a statement is not answered yet.
  bool has_unanswered() const;
  // Whether all was said.
  bool has_ended() const { return call_ == nullptr; }

  // Sets a savepoint of a new name, and gives its number. All of them are sent
  // ahead; what fails, fails the transaction.
  int64_t SetSavepoint();
  void RollBackTo(int64_t savepoint);
  void Release(int64_t savepoint);
  // Whether it was set, and neither released nor undone by a rollback to an
  // earlier one.
  bool HasSavepoint(int64_t savepoint) const;

 private:
  // Reads one reply and gives it to its request, or ends.
  void ReadReply();
  void Accept(v1::TransactResponse response);
  void TakeState(const v1::TransactResponse& response);
  // Lets go of the call. All requests without a reply get `status`.
  void End(v1::TransactionState state, const absl::Status& status);
  void EndWithError(absl::Status status);

  // Null after the end.
  std::unique_ptr<TransactCall> call_;
  int64_t last_sequence_ = 0;
  // In the order of their replies.
  std::deque<std::shared_ptr<SentRequest>> outstanding_;
  v1::TransactionState state_ = v1::TRANSACTION_STATE_ACTIVE;
  absl::Status failure_;
  bool is_commit_sent_ = false;
  // After the end: what further requests are answered.
  absl::Status end_;
  // Of Refuse.
  absl::Status refusal_;
  // Those that are set, by the sequence of their request.
  std::vector<int64_t> savepoints_;
};

}  // namespace sluice::client::internal

#endif  // SLUICE_CLIENT_INTERNAL_TRANSACT_EXCHANGE_H_
