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

}  // namespace sluice::postgres
