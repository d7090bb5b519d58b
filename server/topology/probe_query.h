// What a node is asked about itself, and how its answer is read.

#ifndef SLUICE_SERVER_TOPOLOGY_PROBE_QUERY_H_
#define SLUICE_SERVER_TOPOLOGY_PROBE_QUERY_H_

#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/postgres/text_query.h"
#include "server/topology/probe_result.h"

namespace sluice::topology {

// For PostgreSQL 14 and newer, by a role that has pg_read_all_stats.
postgres::TextQuery ProbeQuery();

// The answer, without `fault` unless the role may not see all that it is to
// tell of; `answer` is of use also then.
struct ParsedAnswer {
  NodeAnswer answer;
  std::string fault;
};

// Errors: INTERNAL for anything else.
absl::StatusOr<ParsedAnswer> ParseProbeAnswer(
    const std::vector<postgres::TextRow>& rows);

}  // namespace sluice::topology

#endif  // SLUICE_SERVER_TOPOLOGY_PROBE_QUERY_H_
