#include "server/postgres/risky_functions.h"

#include "absl/strings/string_view.h"
#include "server/postgres/setup_reply.h"
#include "server/postgres/wire.h"

namespace sluice::postgres {
namespace {

// By name, which pg_proc has an index on.
constexpr absl::string_view kSql =
    "SELECT pg_catalog.string_agg(DISTINCT proname::pg_catalog.text, ', ')"
    " FROM pg_catalog.pg_proc"
    " WHERE proname OPERATOR(pg_catalog.=) ANY (ARRAY["
    "'pg_advisory_lock', 'pg_advisory_lock_shared', 'pg_try_advisory_lock',"
    "'pg_try_advisory_lock_shared',"
    "'lo_creat', 'lo_create', 'lo_export', 'lo_from_bytea', 'lo_get',"
    "'lo_import', 'lo_open', 'lo_put', 'lo_unlink', 'loread', 'lowrite',"
    "'pg_read_file', 'pg_read_binary_file', 'pg_stat_file', 'pg_ls_dir',"
    "'pg_ls_logdir', 'pg_ls_waldir', 'pg_ls_tmpdir',"
    "'pg_ls_archive_statusdir', 'pg_ls_logicalsnapdir',"
    "'pg_ls_logicalmapdir', 'pg_ls_replslotdir',"
    "'pg_reload_conf', 'pg_rotate_logfile', 'pg_promote', 'pg_switch_wal',"
    "'pg_wal_replay_pause']::pg_catalog.name[])"
    " AND pronamespace OPERATOR(pg_catalog.=)"
    " 'pg_catalog'::pg_catalog.regnamespace::pg_catalog.oid"
    " AND pg_catalog.has_function_privilege(oid, 'EXECUTE')";

}  // namespace

Task<std::string> FindRiskyFunctions(Connection& connection) {
  std::string messages;
  MessageWriter(messages).Query(kSql);
  SetupReply reply;
  Connection::ExchangeAwaiter exchange = connection.Exchange(messages, reply);
  const Connection::UnitEnd end = co_await exchange;
  co_return end == Connection::UnitEnd::kReady ? reply.Value(0) : "";
}

}  // namespace sluice::postgres
