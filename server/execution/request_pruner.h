// RequestPruner: deletes the records of requests that are older than a day, in
// the background.

#ifndef SLUICE_SERVER_EXECUTION_REQUEST_PRUNER_H_
#define SLUICE_SERVER_EXECUTION_REQUEST_PRUNER_H_

#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "server/base/cancellation.h"
#include "server/base/event_loop.h"
#include "server/base/jitter.h"
#include "server/base/latch.h"
#include "server/base/task.h"
#include "server/execution/placement.h"

namespace sluice::execution {

// Prunes the databases whose request ids have been used through this worker:
// soon after the first use, then about every five minutes. Others may prune
// them at the same time.
// Threads: belongs to one event loop.
class RequestPruner {
 public:
  explicit RequestPruner(EventLoop& loop);
  // Stopped by then.
  ~RequestPruner() = default;
  RequestPruner(const RequestPruner&) = delete;

  // Prunes in that database, under that role or another one that was noted.
  void NoteUse(const GrantedDatabase& used);

  // Ends what is in progress, and does nothing from now on.
  Task<void> Stop();

 private:
  struct Use {
    Database* database = nullptr;
    // Under the first one it is pruned.
    std::vector<std::string> roles;
    // For one that may, since no other does.
    bool is_waiting = true;
  };

  void StartTimer(absl::Duration around);
  Task<void> PruneAll();
  Task<void> PruneDatabase(const std::string& name);
  Task<absl::Status> Prune(const GrantedDatabase& where);

  EventLoop& loop_;
  Timer timer_;
  // By the name of the database.
  absl::flat_hash_map<std::string, Use> used_;
  bool stopping_ = false;
  bool running_ = false;
  // Of the statement in progress.
  Cancellation* current_ = nullptr;
  Latch ended_;
  Jitter jitter_;
};

}  // namespace sluice::execution

#endif  // SLUICE_SERVER_EXECUTION_REQUEST_PRUNER_H_
