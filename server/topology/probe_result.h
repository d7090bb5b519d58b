// ProbeResult: what came of asking a node about itself once.

#ifndef SLUICE_SERVER_TOPOLOGY_PROBE_RESULT_H_
#define SLUICE_SERVER_TOPOLOGY_PROBE_RESULT_H_

#include <cstdint>
#include <string>

#include "absl/time/time.h"
#include "server/base/deadline.h"
#include "server/topology/topology.h"

namespace sluice::topology {

// What a node says of itself; the fields are those of Node.
struct NodeAnswer {
  NodeRole role = NodeRole::kUnknown;
  uint64_t system_identifier = 0;
  uint32_t timeline = 0;
  uint64_t lsn = 0;
  int streaming_standbys = 0;
  bool is_synchronous = false;
  int max_connections = 0;
  int instances = 0;
};

struct ProbeResult {
  enum class Outcome {
    kAnswered,
    // No answer in time, or a connection lost: the next one may answer.
    kMissed,
    // PostgreSQL takes no connections.
    kRefused,
    // It can't be asked: the pooler has no such entry, or the entry's role is
    // refused. Nothing is known of the node.
    kNotAsked,
    // Nor can any other: the pooler is silent.
    kPoolerDown,
  } outcome = Outcome::kMissed;
  // When the question was sent, and when the result was there.
  SteadyTime asked_at;
  SteadyTime ended_at;
  // With kAnswered.
  NodeAnswer answer;
  // Why there is no answer, or what is wrong with it; for operators.
  std::string fault;
};

}  // namespace sluice::topology

#endif  // SLUICE_SERVER_TOPOLOGY_PROBE_RESULT_H_
