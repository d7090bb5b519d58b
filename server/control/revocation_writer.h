// RevocationWriter: revokes in the control database, and keeps it in order.

#ifndef SLUICE_SERVER_CONTROL_REVOCATION_WRITER_H_
#define SLUICE_SERVER_CONTROL_REVOCATION_WRITER_H_

#include <cstddef>
#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/base/cancellation.h"
#include "server/base/deadline.h"
#include "server/base/event_loop.h"
#include "server/base/jitter.h"
#include "server/base/latch.h"
#include "server/base/task.h"
#include "server/control/control_queries.h"
#include "server/control/control_settings.h"
#include "server/control/revocation.h"
#include "server/postgres/pool.h"
#include "server/postgres/text_query.h"

namespace sluice::control {

// Threads: belongs to one event loop.
class RevocationWriter {
 public:
  RevocationWriter(EventLoop& loop, const ControlSettings& settings);
  // Stopped by then.
  ~RevocationWriter() = default;
  RevocationWriter(const RevocationWriter&) = delete;

  // What it does goes to the first of the entries, and from one that is gone,
  // or is no primary, to the next: after a failover a former replica takes it.
  //
  // Prunes now and then, and makes heartbeats where there are replicas.
  void Start();
  Task<void> Stop();

  struct Result {
    RevocationRecord record;
    int64_t revision = 0;
  };
  // Once more is as good as once.
  // Errors: those of ControlError, RESOURCE_EXHAUSTED (QUEUE_FULL),
  // DEADLINE_EXCEEDED.
  Task<absl::StatusOr<Result>> Revoke(const Revocation& revocation,
                                      Deadline deadline);

 private:
  using Rows = std::vector<postgres::TextRow>;

  absl::Time ExpireTimeOf(const Revocation& revocation) const;
  // Errors: those of the last entry that was tried.
  Task<absl::StatusOr<Rows>> Run(const postgres::TextQuery& query,
                                 Deadline deadline);
  Task<absl::StatusOr<Rows>> RunAt(size_t entry,
                                   const postgres::TextQuery& query,
                                   Deadline deadline);
  void StartTimer();
  Task<void> Maintain();

  EventLoop& loop_;
  const ControlSettings settings_;
  // One an entry.
  std::vector<std::unique_ptr<postgres::Pool>> pools_;
  // That which took the last query.
  size_t current_ = 0;
  Timer timer_;
  SteadyTime next_prune_;
  bool maintaining_ = false;
  bool stopping_ = false;
  Latch ended_;
  Jitter jitter_;
};

}  // namespace sluice::control

#endif  // SLUICE_SERVER_CONTROL_REVOCATION_WRITER_H_
