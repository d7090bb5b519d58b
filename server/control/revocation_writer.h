// RevocationWriter: revokes in the control database, and keeps it in order.

#ifndef SLUICE_SERVER_CONTROL_REVOCATION_WRITER_H_
#define SLUICE_SERVER_CONTROL_REVOCATION_WRITER_H_

#include <random>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/base/cancellation.h"
#include "server/base/deadline.h"
#include "server/base/event_loop.h"
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
  Task<absl::StatusOr<Rows>> Run(const postgres::TextQuery& query,
                                 Deadline deadline);
  void StartTimer();
  Task<void> Maintain();

  EventLoop& loop_;
  const ControlSettings settings_;
  postgres::Pool pool_;
  Timer timer_;
  SteadyTime next_prune_;
  bool maintaining_ = false;
  bool stopping_ = false;
  Latch ended_;
  std::minstd_rand random_;
};

}  // namespace sluice::control

#endif  // SLUICE_SERVER_CONTROL_REVOCATION_WRITER_H_
