// RevocationWatcher: follows the revocations in the control database.

#ifndef SLUICE_SERVER_CONTROL_REVOCATION_WATCHER_H_
#define SLUICE_SERVER_CONTROL_REVOCATION_WATCHER_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "server/base/event_loop.h"
#include "server/base/jitter.h"
#include "server/base/latch.h"
#include "server/base/task.h"
#include "server/base/wake_up.h"
#include "server/control/control_queries.h"
#include "server/control/control_settings.h"
#include "server/control/freshness.h"
#include "server/control/known_revocations.h"
#include "server/identity/revocations.h"
#include "server/postgres/connection.h"

namespace sluice::control {

// Asks one server at a time for the revision: every `poll_interval`, and on a
// primary at each notification too. Reads all revocations when it has changed.
// Where the primary does not answer it asks the replicas in turn, and tries the
// primary again every few seconds.
// Threads: belongs to one event loop, but for what says otherwise.
class RevocationWatcher {
 public:
  using Listener = std::function<void(identity::Revocations)>;

  // `listener` gets all revocations of the control database whenever they have
  // changed.
  RevocationWatcher(EventLoop& loop, const ControlSettings& settings,
                    Listener listener);
  // Stopped by then.
  ~RevocationWatcher() = default;
  RevocationWatcher(const RevocationWatcher&) = delete;

  void Start();
  Task<void> Stop();

  // What was just revoked from here.
  void AddOwn(RevocationRecord record, int64_t revision);

  // Threads: any.
  const Freshness& freshness() const { return freshness_; }

 private:
  class Session;

  Task<void> Watch();
  // Follows a server until it fails or there may be a better one. Whether it
  // served.
  Task<bool> Follow(size_t entry);
  // Opens `session` and asks on.
  Task<absl::Status> Serve(Session& session);
  Task<absl::Status> AskOnce(Session& session);
  Task<absl::Status> Listen(Session& session);
  Task<absl::Status> Read(Session& session);
  Task<void> Pause(Session& session);
  // Or until the next signal.
  Task<void> WaitUntil(Deadline until);
  void Take(const RevocationList& list, Session& session);
  void Publish();
  void NoteServing(Session& session);
  void NoteFailure(size_t entry, const absl::Status& failure);
  void WatchAge();
  Deadline AnswerDeadline() const;

  EventLoop& loop_;
  const ControlSettings settings_;
  const Listener listener_;
  KnownRevocations known_;
  Freshness freshness_;
  Timer age_timer_;
  enum class AgeState {
    kUnknown,
    kFresh,
    kStale
  } age_state_ = AgeState::kUnknown;
  WakeUp wake_up_;
  // The server that is followed, null between two.
  Session* session_ = nullptr;
  // The entry that served last.
  std::optional<size_t> followed_;
  // How entries fail, as it has been logged.
  absl::flat_hash_map<size_t, std::string> failures_;
  bool running_ = false;
  bool stopping_ = false;
  Latch ended_;
  Jitter jitter_;
};

}  // namespace sluice::control

#endif  // SLUICE_SERVER_CONTROL_REVOCATION_WATCHER_H_
