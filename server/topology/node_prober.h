// NodeProber: asks one node about itself, again and again.

#ifndef SLUICE_SERVER_TOPOLOGY_NODE_PROBER_H_
#define SLUICE_SERVER_TOPOLOGY_NODE_PROBER_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/base/deadline.h"
#include "server/base/event_loop.h"
#include "server/base/jitter.h"
#include "server/base/latch.h"
#include "server/base/task.h"
#include "server/base/wake_up.h"
#include "server/postgres/connection.h"
#include "server/postgres/connection_settings.h"
#include "server/postgres/text_query.h"
#include "server/topology/probe_result.h"

namespace sluice::topology {

// Keeps one connection open. When it is lost, and when somebody suspects the
// node, it asks at once, though not more often than every 10 ms; every 100 ms
// while it gets no answers.
// Threads: belongs to one event loop.
class NodeProber {
 public:
  struct Pace {
    // From one question to the next; in truth up to a fifth less, so that
    // instances do not ask in step. After a missed answer at most `timeout`.
    absl::Duration interval;
    // For an answer, a new connection included.
    absl::Duration timeout;
  };
  // Called once for each question.
  using Listener = std::function<void(const ProbeResult&)>;

  // `entry`: the node's entry of the pooler.
  NodeProber(EventLoop& loop, const postgres::ConnectionSettings& entry,
             const Pace& pace, Listener listener);
  // Stopped by then.
  ~NodeProber() = default;
  NodeProber(const NodeProber&) = delete;

  void Start();
  // The listener is not called any more.
  void Cease();
  // Ceases, and ends when nothing runs any more.
  Task<void> Stop();
  bool ended() const { return ended_.is_open(); }

  // Counts from the last question.
  void SetInterval(absl::Duration interval);
  // Asks at once, unless it is asking.
  void Hurry();

 private:
  using Rows = std::vector<postgres::TextRow>;

  Task<void> Run();
  Task<ProbeResult> Probe();
  // Over the open connection, or a new one.
  Task<absl::StatusOr<Rows>> Ask(SteadyTime& asked_at, Deadline deadline);
  Task<absl::Status> Open(Deadline deadline);
  // Whose fault it is that there is no answer.
  Task<ProbeResult::Outcome> Blame(const absl::Status& failure);
  Task<void> Pause(SteadyTime started_at);
  void CloseConnection();

  EventLoop& loop_;
  const postgres::ConnectionSettings entry_;
  Pace pace_;
  const Listener listener_;
  std::shared_ptr<postgres::Connection> connection_;
  WakeUp wake_up_;
  bool hurried_ = false;
  ProbeResult::Outcome last_outcome_ = ProbeResult::Outcome::kAnswered;
  bool asking_ = false;
  bool running_ = false;
  bool ceasing_ = false;
  Latch ended_;
  Jitter jitter_;
};

}  // namespace sluice::topology

#endif  // SLUICE_SERVER_TOPOLOGY_NODE_PROBER_H_
