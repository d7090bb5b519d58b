// UnitInterrupt: ends a statement early, by a cancel request and, where that
// does not help in time, by closing the connection.

#ifndef SLUICE_SERVER_POSTGRES_UNIT_INTERRUPT_H_
#define SLUICE_SERVER_POSTGRES_UNIT_INTERRUPT_H_

#include "server/base/event_loop.h"
#include "server/base/latch.h"
#include "server/base/task.h"
#include "server/postgres/canceller.h"
#include "server/postgres/connection.h"

namespace sluice::postgres {

// For the units of one statement. Threads: belongs to the connection's event
// loop.
class UnitInterrupt {
 public:
  UnitInterrupt(Connection& connection, Canceller& canceller)
      : connection_(connection),
        canceller_(canceller),
        grace_(connection.loop()) {}
  UnitInterrupt(const UnitInterrupt&) = delete;

  // Asks PostgreSQL to stop. Idempotent.
  void Request();

  // To be awaited when the last unit has ended: waits until no cancel request
  // is under way, so that it cannot hit the next statement. Where that is not
  // certain, closes the connection.
  Task<void> Settle();

  bool requested() const { return requested_; }

 private:
  Task<void> SendRequests();

  Connection& connection_;
  Canceller& canceller_;
  Timer grace_;
  bool requested_ = false;
  bool ended_ = false;
  bool uncertain_ = false;
  Latch sent_;
};

}  // namespace sluice::postgres

#endif  // SLUICE_SERVER_POSTGRES_UNIT_INTERRUPT_H_
