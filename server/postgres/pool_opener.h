// PoolOpener: opens the connections of a pool, and knows how that went last.

#ifndef SLUICE_SERVER_POSTGRES_POOL_OPENER_H_
#define SLUICE_SERVER_POSTGRES_POOL_OPENER_H_

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/base/backoff.h"
#include "server/base/deadline.h"
#include "server/base/event_loop.h"
#include "server/base/jitter.h"
#include "server/base/task.h"
#include "server/postgres/connection.h"
#include "server/postgres/connection_settings.h"

namespace sluice::postgres {

// Threads: belongs to one event loop; the constructor may run on any.
class PoolOpener {
 public:
  // What it opens is to serve for about `lifetime`.
  PoolOpener(EventLoop& loop, ConnectionSettings settings,
             absl::Duration lifetime);
  PoolOpener(const PoolOpener&) = delete;

  // Not for a while after each failure, longer from one to the next.
  bool MayTry() const { return SteadyNow() >= next_try_at_; }
  // Errors: as Connection::Open; logged when it went well before.
  Task<absl::StatusOr<std::shared_ptr<Connection>>> Open(Access access);

  bool last_failed() const { return last_failed_; }
  // PostgreSQL's, as the last connection told it; empty before the first.
  const std::string& server_version() const { return server_version_; }
  const ConnectionSettings& settings() const { return settings_; }

 private:
  void NoteSuccess(Connection& connection);
  void NoteFailure(const absl::Status& status);
  // Logs, once, what the role may call that it had better not.
  Task<void> WarnOfFunctions(Connection& connection);

  EventLoop& loop_;
  const ConnectionSettings settings_;
  const absl::Duration lifetime_;
  bool functions_checked_ = false;
  bool last_failed_ = false;
  std::string server_version_;
  SteadyTime next_try_at_ = SteadyTime::min();
  Backoff backoff_;
  Jitter jitter_;
};

}  // namespace sluice::postgres

#endif  // SLUICE_SERVER_POSTGRES_POOL_OPENER_H_
