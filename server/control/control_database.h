// ControlDatabase: the database by which instances share their revocations.

#ifndef SLUICE_SERVER_CONTROL_CONTROL_DATABASE_H_
#define SLUICE_SERVER_CONTROL_CONTROL_DATABASE_H_

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/base/deadline.h"
#include "server/base/event_loop.h"
#include "server/base/task.h"
#include "server/control/control_settings.h"
#include "server/control/revocation.h"
#include "server/control/revocation_watcher.h"
#include "server/control/revocation_writer.h"

namespace sluice::control {

// Threads: any, but for the listener, which is called on the loop's.
// Lifetime: the loop outlives it.
class ControlDatabase {
 public:
  // Begins to follow it: `listener` gets its revocations whenever they have
  // changed.
  ControlDatabase(EventLoop& loop, const ControlSettings& settings,
                  RevocationWatcher::Listener listener);
  // Stops. Nobody waits for a Revoke by then. Not from the loop's thread.
  ~ControlDatabase();
  ControlDatabase(const ControlDatabase&) = delete;

  // Waits for the first answer of a server, for at most so long. Not from the
  // loop's thread.
  void AwaitFirstAnswer(absl::Duration limit) const;

  // When it was revoked, by the database's clock: from then on also here, once
  // the listener has been called, and on the other instances as soon as they
  // are told. Ends on the loop's thread.
  // Lifetime: `revocation` outlives it.
  // Errors: those of RevocationWriter::Revoke.
  Task<absl::StatusOr<absl::Time>> Revoke(const Revocation& revocation,
                                          Deadline deadline);

  // How long ago the revocations of this instance were known to be complete;
  // infinite before the first answer. A replica's answer is as old as the last
  // commit that it knows.
  absl::Duration Age() const { return watcher_.freshness().Age(); }

 private:
  Task<void> StopParts();

  EventLoop& loop_;
  RevocationWatcher watcher_;
  RevocationWriter writer_;
};

}  // namespace sluice::control

#endif  // SLUICE_SERVER_CONTROL_CONTROL_DATABASE_H_
