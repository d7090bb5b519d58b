// SocketGate: stands between a client of PostgreSQL's protocol and its server,
// and lets through what it is told to.

#ifndef SLUICE_TESTS_SUPPORT_SOCKET_GATE_H_
#define SLUICE_TESTS_SUPPORT_SOCKET_GATE_H_

#include <poll.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/base/mutex.h"
#include "tests/support/gate_link.h"
#include "tests/support/temp_dir.h"

namespace sluice::testing {

// Where a server listens, as libpq takes it: the folder of a Unix socket, or
// 127.0.0.1, and the number of its port.
struct SocketAddress {
  std::string host;
  uint16_t port = 0;
};

// When the gate cuts connections by itself, at random.
struct GateCuts {
  // Between one cut of any connection and the next, on average.
  absl::Duration mean_interval = absl::InfiniteDuration();
  // Of how many of all COMMITs, 0 to 1, it cuts the connection before the
  // reply; each CommitCut is as likely.
  double commit_share = 0;
};

// How connections ended so far. Cuts are the gate's own.
struct GateCounts {
  int64_t connections = 0;
  int64_t commits = 0;
  int64_t cuts = 0;
  // Of `cuts`, those of connections whose client had sent a COMMIT and had got
  // no reply to it.
  int64_t commit_cuts = 0;
  // Of `commit_cuts`, those where the server has not got the COMMIT either.
  int64_t commits_kept_back = 0;
  // Connections that the server ended between a COMMIT and its reply.
  int64_t commit_losses = 0;
};

// Everything is forwarded by a thread of its own; connections without TLS are
// watched for COMMIT. Cancel requests are never cut: pgbouncer 1.18 ends itself
// ("bad client state") when the client of one leaves before it is passed on.
//
// Threads: any.
class SocketGate {
 public:
  // Listens on a Unix socket in a folder of its own, or on a free port, as the
  // server does.
  static absl::StatusOr<std::unique_ptr<SocketGate>> Start(
      const SocketAddress& server, uint64_t seed = 1);
  // Cuts everything.
  ~SocketGate();
  SocketGate(const SocketGate&) = delete;

  // Where clients are to connect.
  const SocketAddress& address() const { return address_; }

  // No new connections (ECONNREFUSED), and again.
  void Refuse();
  absl::Status Admit();

  void SetFlow(const GateFlow& flow);
  void SetCuts(const GateCuts& cuts);
  // Both sides of each at once, one so long after the other in random order;
  // nothing gets through meanwhile. How many there were.
  int CutAll(absl::Duration apart = absl::ZeroDuration());
  // Cuts the connection of the next COMMIT.
  void CutNextCommit(CommitCut how);

  GateCounts counts() const;

 private:
  SocketGate(TempDir folder, const SocketAddress& server, uint64_t seed);

  absl::Status Listen();
  void CloseListener() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Run();
  // The wake-up, the listener, and two for each link.
  std::vector<pollfd> MakePolls(absl::Time now) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Time NextWakeUp(absl::Time now) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Forward(const std::vector<pollfd>& polls, absl::Time now)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Accept() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void CutDue(absl::Time now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void RemoveEnded() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Cut(GateLink& link) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void ScheduleCut(absl::Time now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  std::optional<CommitCut> DrawCommitCut()
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Wake() const;

  const TempDir folder_;
  const SocketAddress server_;
  SocketAddress address_;
  const int wake_up_;

  mutable Mutex mutex_;
  int listener_ ABSL_GUARDED_BY(mutex_) = -1;
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
  std::mt19937_64 random_ ABSL_GUARDED_BY(mutex_);
  GateFlow flow_ ABSL_GUARDED_BY(mutex_);
  GateCuts cuts_ ABSL_GUARDED_BY(mutex_);
  absl::Time next_cut_ ABSL_GUARDED_BY(mutex_) = absl::InfiniteFuture();
  std::optional<CommitCut> next_commit_cut_ ABSL_GUARDED_BY(mutex_);
  GateCounts counts_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::unique_ptr<GateLink>> links_ ABSL_GUARDED_BY(mutex_);

  std::thread thread_;
};

}  // namespace sluice::testing

#endif  // SLUICE_TESTS_SUPPORT_SOCKET_GATE_H_
