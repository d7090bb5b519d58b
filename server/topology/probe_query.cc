#include "server/topology/probe_query.h"

#include <cstddef>
#include <optional>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"

namespace sluice::topology {
namespace {

using postgres::TextQuery;
using postgres::TextRow;

// The timeline of a primary is that of the WAL it writes: its control file has
// the new one only after a checkpoint. A standby's is that which it receives;
// its control file remembers one while it receives nothing.
//
// Instances are told by the sessions of the probe's own role: what an app calls
// its sessions is for the app to say.
//
// Standbys are told from pg_receivewal, which replays nothing, and from
// subscribers, whose slots are logical.
constexpr absl::string_view kSql = R"(
SELECT CASE WHEN in_recovery THEN 'replica' ELSE 'primary' END,
 (SELECT system_identifier FROM pg_catalog.pg_control_system()),
 CASE WHEN in_recovery THEN (SELECT GREATEST(
   (SELECT received_tli FROM pg_catalog.pg_stat_wal_receiver),
   (SELECT timeline_id FROM pg_catalog.pg_control_checkpoint()),
   (SELECT min_recovery_end_timeline FROM pg_catalog.pg_control_recovery()))
   ::pg_catalog.text)
  ELSE ('x' OPERATOR(pg_catalog.||) pg_catalog.left(pg_catalog.pg_walfile_name(
   pg_catalog.pg_current_wal_lsn()), 8)) END,
 COALESCE(pg_catalog.pg_wal_lsn_diff(CASE WHEN in_recovery
  THEN pg_catalog.pg_last_wal_replay_lsn()
  ELSE pg_catalog.pg_current_wal_flush_lsn() END, '0/0'), 0),
 (SELECT pg_catalog.count(*) FROM pg_catalog.pg_stat_replication AS standby
  WHERE state OPERATOR(pg_catalog.=) 'streaming' AND replay_lsn IS NOT NULL
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_replication_slots AS slot
   WHERE slot.active_pid OPERATOR(pg_catalog.=) standby.pid
   AND slot.slot_type OPERATOR(pg_catalog.=) 'logical')),
 pg_catalog.current_setting('synchronous_standby_names')
  OPERATOR(pg_catalog.<>) '',
 pg_catalog.current_setting('max_connections')::pg_catalog.int4
  OPERATOR(pg_catalog.-) pg_catalog.current_setting(
   'superuser_reserved_connections')::pg_catalog.int4
  OPERATOR(pg_catalog.-) COALESCE(pg_catalog.current_setting(
   'reserved_connections', true), '0')::pg_catalog.int4,
 (SELECT pg_catalog.count(DISTINCT application_name)
  FROM pg_catalog.pg_stat_activity
  WHERE usename OPERATOR(pg_catalog.=) SESSION_USER
  AND pg_catalog.starts_with(application_name, 'sluice/')),
 pg_catalog.pg_has_role('pg_read_all_stats', 'USAGE')
FROM pg_catalog.pg_is_in_recovery() AS r(in_recovery))";

enum Column : size_t {
  kRole,
  kSystemIdentifier,
  kTimeline,
  kLsn,
  kStreamingStandbys,
  kIsSynchronous,
  kMaxConnections,
  kInstances,
  kMaySee,
  kColumns,
};

// "4" of a standby, "x00000004" of a primary.
bool ParseTimeline(absl::string_view text, uint32_t& timeline) {
  if (absl::StartsWith(text, "x")) {
    return absl::SimpleHexAtoi(text.substr(1), &timeline);
  }
  return absl::SimpleAtoi(text, &timeline);
}

bool ParseRow(const TextRow& row, NodeAnswer& answer) {
  if (row.size() != kColumns) return false;
  for (const std::optional<std::string>& value : row) {
    if (!value.has_value()) return false;
  }
  if (*row[kRole] == "primary") answer.role = NodeRole::kPrimary;
  if (*row[kRole] == "replica") answer.role = NodeRole::kReplica;
  answer.is_synchronous = *row[kIsSynchronous] == "t";
  int64_t identifier = 0;
  const bool ok =
      absl::SimpleAtoi(*row[kSystemIdentifier], &identifier) &&
      ParseTimeline(*row[kTimeline], answer.timeline) &&
      absl::SimpleAtoi(*row[kLsn], &answer.lsn) &&
      absl::SimpleAtoi(*row[kStreamingStandbys], &answer.streaming_standbys) &&
      absl::SimpleAtoi(*row[kMaxConnections], &answer.max_connections) &&
      absl::SimpleAtoi(*row[kInstances], &answer.instances);
  // PostgreSQL shows it with a sign.
  answer.system_identifier = static_cast<uint64_t>(identifier);
  return ok && answer.role != NodeRole::kUnknown && identifier != 0 &&
         answer.timeline != 0;
}

}  // namespace

TextQuery ProbeQuery() { return TextQuery(kSql, {}); }

absl::StatusOr<ParsedAnswer> ParseProbeAnswer(
    const std::vector<TextRow>& rows) {
  ParsedAnswer parsed;
  if (rows.size() != 1 || !ParseRow(rows[0], parsed.answer)) {
    return absl::InternalError("the node gave an unknown answer");
  }
  if (rows[0][kMaySee] != "t") {
    parsed.fault = "the role of the probe's entry lacks pg_read_all_stats";
  }
  return parsed;
}

}  // namespace sluice::topology
