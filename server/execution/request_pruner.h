// RequestPruner: deletes the records of requests that are older than a day, in
// the background.

#ifndef SLUICE_SERVER_EXECUTION_REQUEST_PRUNER_H_
#define SLUICE_SERVER_EXECUTION_REQUEST_PRUNER_H_

#include <memory>
#include <random>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/time/time.h"
#include "server/base/cancellation.h"
#include "server/base/event_loop.h"
#include "server/base/latch.h"
#include "server/base/task.h"
#include "server/postgres/pool.h"

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

  // Prunes in that pool as long as it is there.
  void NoteUse(const std::string& database,
               const std::shared_ptr<postgres::Pool>& pool);

  // Ends what is in progress, and does nothing from now on.
  Task<void> Stop();

 private:
  void StartTimer(absl::Duration around);
  Task<void> PruneAll();
  Task<void> Prune(std::string database, std::shared_ptr<postgres::Pool> pool);

  EventLoop& loop_;
  Timer timer_;
  absl::flat_hash_map<std::string, std::weak_ptr<postgres::Pool>> pools_;
  bool stopping_ = false;
  bool running_ = false;
  // Of the statement in progress.
  Cancellation* current_ = nullptr;
  Latch ended_;
  std::minstd_rand random_;
};

}  // namespace sluice::execution

#endif  // SLUICE_SERVER_EXECUTION_REQUEST_PRUNER_H_
