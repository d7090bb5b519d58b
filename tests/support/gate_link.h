// GateLink: one connection through a SocketGate, client and server side.

#ifndef SLUICE_TESTS_SUPPORT_GATE_LINK_H_
#define SLUICE_TESTS_SUPPORT_GATE_LINK_H_

#include <poll.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "absl/time/time.h"
#include "tests/support/commit_watch.h"

namespace sluice::testing {

// How bytes go through.
struct GateFlow {
  enum class Passage { kOpen, kStalled };
  Passage to_server = Passage::kOpen;
  Passage to_client = Passage::kOpen;
  // Most bytes of a piece, written by itself; 0: as they come.
  size_t piece_bytes = 0;
  // In each direction of a connection; 0: as fast as they come.
  int64_t bytes_per_second = 0;
};

// Where between a COMMIT and its reply a connection is cut.
enum class CommitCut {
  // The server never gets the COMMIT.
  kBeforeServer,
  // It gets the COMMIT; then at some time, whatever it has done by then.
  kAfterServer,
  // When its reply is here.
  kAtReply,
};

// Threads: one at a time.
class GateLink {
 public:
  enum class State { kOpen, kEndedByClient, kEndedByServer };

  // Takes over two connected sockets.
  GateLink(int client, int server);
  ~GateLink();
  GateLink(const GateLink&) = delete;

  // What to wait for.
  pollfd client_poll(const GateFlow& flow, absl::Time now) const;
  pollfd server_poll(const GateFlow& flow, absl::Time now) const;
  // When to come again if nothing happens until then.
  absl::Time next_at(absl::Time now) const;

  // Take notice of what poll found, in this order. Read says how many COMMITs
  // the client has sent with what was read.
  int64_t Read(const pollfd& client, const pollfd& server);
  void Write(const GateFlow& flow, absl::Time now);

  // From now on nothing reaches the client until the link is cut: at `at`, or
  // as `how` says.
  void PlanCut(CommitCut how, absl::Time at);
  bool CutIsDue(absl::Time now) const;
  // Ends both sides at once. What the client has sent until now counts.
  void Cut();

  State state() const { return state_; }
  bool cut() const { return cut_; }
  // Whether a COMMIT waits for its reply, and whether the server has not got
  // all that the client sent.
  bool waits_for_commit() const { return watch_.waiting(); }
  bool keeps_back() const { return !to_server_.bytes.empty(); }
  bool is_cancel_request() const { return watch_.is_cancel_request(); }

 private:
  // What has been read of one side and not been written to the other.
  struct Direction {
    std::string bytes;
    absl::Time next_at = absl::InfinitePast();
  };
  struct Plan {
    CommitCut how;
    absl::Time at;
  };

  bool MayWrite(const Direction& direction, GateFlow::Passage passage,
                absl::Time now) const;
  size_t WriteSome(Direction& direction, int socket, const GateFlow& flow,
                   absl::Time now);

  const int client_;
  const int server_;
  CommitWatch watch_;
  Direction to_server_;
  Direction to_client_;
  bool server_ended_ = false;
  std::optional<Plan> plan_;
  State state_ = State::kOpen;
  bool cut_ = false;
};

}  // namespace sluice::testing

#endif  // SLUICE_TESTS_SUPPORT_GATE_LINK_H_
