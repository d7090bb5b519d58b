#include "server/postgres/unit_interrupt.h"

#include <functional>
#include <utility>

#include "absl/time/time.h"
#include "server/base/deadline.h"

namespace sluice::postgres {
namespace {

// How long PostgreSQL may take to obey.
constexpr absl::Duration kGrace = absl::Seconds(5);
// A request that comes before its statement has no effect, so it is repeated.
constexpr absl::Duration kRepeatInterval = absl::Milliseconds(100);

}  // namespace

void UnitInterrupt::Request() {
  if (requested_ || ended_) return;
  requested_ = true;
  // PostgreSQL does not look for a request while it waits to send.
  connection_.Resume();
  grace_.Start(Deadline::In(kGrace), [this] { connection_.Close(); });
  Spawn(SendRequests());
}

Task<void> UnitInterrupt::SendRequests() {
  while (!ended_ && !connection_.closed()) {
    std::function<bool()> still_wanted = [this] { return !ended_; };
    Task<Canceller::Delivery> cancelling =
        canceller_.Cancel(connection_.cancel_key(), std::move(still_wanted));
    const Canceller::Delivery delivery = co_await std::move(cancelling);
    uncertain_ = uncertain_ || delivery == Canceller::Delivery::kUncertain;
    if (ended_) break;
    SleepAwaiter a_while(connection_.loop(), Deadline::In(kRepeatInterval));
    co_await a_while;
  }
  sent_.Open();
}

Task<void> UnitInterrupt::Settle() {
  ended_ = true;
  grace_.Stop();
  if (!requested_) co_return;
  Latch::WaitAwaiter sent = sent_.Wait();
  co_await sent;
  if (uncertain_) connection_.Close();
}

}  // namespace sluice::postgres
