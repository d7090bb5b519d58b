#include "server/postgres/pooler_fault.h"

#include "absl/strings/match.h"

namespace sluice::postgres {
namespace {

// Texts that a client gets that never had a server connection, out of the
// sources of pgbouncer 1.18 to 1.24 (disconnect_client, kill_pool_logins).
constexpr absl::string_view kNotExecutedTexts[] = {
    "query_wait_timeout",
    "server login has been failing",
    "server login failed",
    "no more connections allowed",
    "client connections exceeded",
    "client_login_timeout",
    "no such database",
    "no such user",
    "is disabled",
    "login rejected",
    "authentication failed",
    "pause failed",
    "bouncer resources exhaustion",
};

struct FaultText {
  absl::string_view text;
  FaultOrigin origin;
};

// The first that is contained counts. Those of PostgreSQL stand in its sources
// (ProcessStartupPacket, InitPostgres, auth.c); a server that says them in
// another language is of unclear origin.
constexpr FaultText kOrigins[] = {
    {"the database system is", FaultOrigin::kServer},
    // What the server said of the entry's role, database or place in it.
    {"password authentication failed", FaultOrigin::kPooler},
    {"no pg_hba.conf entry", FaultOrigin::kPooler},
    {"does not exist", FaultOrigin::kPooler},
    {"is not permitted to log in", FaultOrigin::kPooler},
    {"is not currently accepting connections", FaultOrigin::kPooler},
    {"too many", FaultOrigin::kPooler},
    {"remaining connection slots are reserved", FaultOrigin::kPooler},
    // pgbouncer, of a server that it can't log in to.
    {"server login has been failing", FaultOrigin::kServer},
    {"server login failed", FaultOrigin::kPooler},
    {"cannot connect to server", FaultOrigin::kServer},
    {"client_login_timeout (server down)", FaultOrigin::kServer},
    // pgbouncer, of itself.
    {"no such database", FaultOrigin::kPooler},
    {"no such user", FaultOrigin::kPooler},
    {"is disabled", FaultOrigin::kPooler},
    {"no more connections allowed", FaultOrigin::kPooler},
    {"client connections exceeded", FaultOrigin::kPooler},
    {"client_login_timeout", FaultOrigin::kPooler},
    {"login rejected", FaultOrigin::kPooler},
    {"authentication failed", FaultOrigin::kPooler},
    {"pause failed", FaultOrigin::kPooler},
    {"bouncer resources exhaustion", FaultOrigin::kPooler},
    {"bouncer config error", FaultOrigin::kPooler},
};

}  // namespace

PoolerFault ClassifyPoolerFault(absl::string_view sqlstate,
                                absl::string_view message) {
  // PostgreSQL itself refuses a new session with these.
  if (sqlstate == "57P03" || sqlstate == "53300" ||
      absl::StartsWith(sqlstate, "28")) {
    return PoolerFault::kNotExecuted;
  }
  for (absl::string_view text : kNotExecutedTexts) {
    if (absl::StrContains(message, text)) return PoolerFault::kNotExecuted;
  }
  return PoolerFault::kOutcomeOpen;
}

FaultOrigin OriginOfFault(absl::string_view message) {
  for (const FaultText& one : kOrigins) {
    if (absl::StrContains(message, one.text)) return one.origin;
  }
  return FaultOrigin::kUnclear;
}

}  // namespace sluice::postgres
