// What a transaction leaves behind that was committed.

#ifndef SLUICE_CLIENT_COMMIT_RECEIPT_H_
#define SLUICE_CLIENT_COMMIT_RECEIPT_H_

#include <string>

namespace sluice::client {

struct CommitReceipt {
  // What Client::GetTransactionOutcome takes. Empty where nothing was written.
  std::string outcome_reference = {};
  // For AtLeast, so that a later read sees the transaction: opaque bytes, 21 of
  // them. Empty where the database has no replica to read from, where the
  // position could not be asked for, and where the answer to the commit was
  // lost and the outcome asked for.
  std::string consistency_token = {};
  // How often Client::RunInTransaction ran its function.
  int attempts = 1;
};

// What a function in Client::RunInTransaction gave, once it is committed.
template <typename T>
struct Committed {
  T value;
  CommitReceipt receipt;
};

}  // namespace sluice::client

#endif  // SLUICE_CLIENT_COMMIT_RECEIPT_H_
