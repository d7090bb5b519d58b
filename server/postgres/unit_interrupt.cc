#include "server/postgres/unit_interrupt.h"

#include <functional>
#include <utility>

#include "absl/time/time.h"
#include "server/base/deadline.h"

namespace sluice::postgres {
namespace {

// How long PostgreSQL may take to obey.
constexpr absl::Duration kGrace = absl::Seconds(5);

}  // namespace

void UnitInterrupt::Request() {
  if (requested_ || ended_) return;
  requested_ = true;
  grace_.Start(Deadline::In(kGrace), [this] { connection_.Close(); });
  Spawn(SendRequest());
}

Task<void> UnitInterrupt::SendRequest() {
  std::function<bool()> still_wanted = [this] { return !ended_; };
  Task<void> cancelling =
      canceller_.Cancel(connection_.cancel_key(), std::move(still_wanted));
  co_await std::move(cancelling);
  sent_.Open();
}

Task<void> UnitInterrupt::Settle() {
  ended_ = true;
  grace_.Stop();
  if (!requested_) co_return;
  Latch::WaitAwaiter sent = sent_.Wait();
  co_await sent;
}

}  // namespace sluice::postgres
