// A part of a transaction that may fail by itself.

#ifndef SLUICE_CLIENT_SAVEPOINT_H_
#define SLUICE_CLIENT_SAVEPOINT_H_

#include <cstdint>
#include <memory>
#include <utility>

#include "sluice/client/internal/transact_exchange.h"

namespace sluice::client {

// Made by Transaction::OpenSavepoint. What is done while it lives is undone
// when it is destroyed, but for what Release keeps. It also mends a transaction
// in which a statement has failed meanwhile:
//
//   {
//     Savepoint savepoint = transaction.OpenSavepoint();
//     if (transaction.Execute("INSERT ...").ok()) savepoint.Release();
//   }
//
// Nothing here waits: it is all sent ahead. What fails of it fails the
// transaction, which the calls that follow tell, at the latest the commit.
//
// Lifetime: may outlive its transaction; then it does nothing. Those of one
// transaction are destroyed in the reverse order, as variables are.
// Threads: one at a time, that of the transaction.
class Savepoint {
 public:
  Savepoint(std::shared_ptr<internal::TransactExchange> exchange,
            int64_t number)
      : exchange_(std::move(exchange)), number_(number) {}
  Savepoint(Savepoint&& other) noexcept = default;
  Savepoint& operator=(Savepoint&& other) noexcept;
  ~Savepoint() { Undo(); }

  // Keeps what was done since, as a part of the transaction. The savepoint is
  // gone then. In a transaction that has failed it does not mend it.
  void Release();

  // Undoes what was done since. The savepoint stays, for another try.
  void RollBack();

 private:
  // Rolls back and releases, unless that is done.
  void Undo();

  // Null once it is released, or moved from.
  std::shared_ptr<internal::TransactExchange> exchange_;
  int64_t number_;
};

}  // namespace sluice::client

#endif  // SLUICE_CLIENT_SAVEPOINT_H_
