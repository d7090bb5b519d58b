# pgbouncer beside the gateway: the one process that knows the real passwords.
# shellcheck shell=bash
# Needs progress.sh, layout.sh, process.sh, postgres.sh, roles.sh, entries.sh,
# PORT_BASE, LOCAL.

# Connections per entry; the gateway's own cap, so that nobody waits inside
# pgbouncer.
readonly POOL_SIZE=20

pgbouncer_port() { echo $((PORT_BASE + 3)); }

# One entry per (database, role, node), never a host list: a failover changes
# the entry that the gateway uses. Those of the cluster are included. A forced
# user without a password takes it from auth_file. Comments stand at the start of
# a line.
pgbouncer_ini() {
  local folder=${STATE}/pgbouncer
  cat <<INI
; Written by up; changes are lost.
[databases]
$(control_entries)
%include ${folder}/entries/main.ini

[pgbouncer]
logfile = ${folder}/log/pgbouncer.log
pidfile = ${folder}/log/pgbouncer.pid
; A Unix socket in a folder that two users can enter, and nothing else.
listen_addr =
listen_port = $(pgbouncer_port)
unix_socket_dir = ${STATE}/sockets/pgbouncer
unix_socket_mode = 0770
auth_type = scram-sha-256
auth_file = ${folder}/users.txt
admin_users =
stats_users = sluice
pool_mode = session
max_client_conn = 500
; In pieces of 4 KiB, its default, a streamed row costs a quarter more of its
; time and a sixth more of the gateway's.
pkt_buf = 65536
ignore_startup_parameters =
server_tls_sslmode = verify-full
server_tls_ca_file = ${folder}/ca.crt
; Its own defaults (120 s, 15 s, ...) hide outages.
query_wait_timeout = 3
server_login_retry = 1
server_connect_timeout = 3
server_check_delay = 5
server_fast_close = 0
; A connection that the gateway gives back is closed, so that the node has it
; free for another role or another instance.
server_lifetime = 0
tcp_user_timeout = 8000
tcp_keepalive = 1
tcp_keepidle = 5
tcp_keepintvl = 2
tcp_keepcnt = 3
INI
}

# Those of the control database, which the gateway's configuration names.
control_entries() {
  local node
  for node in "${NODES[@]}"; do
    echo "control.${CONTROL_ROLE}.${node} = host=${node}.sluice.internal" \
      "port=$(node_port "${node}") dbname=control user=${CONTROL_ROLE}" \
      "pool_size=${POOL_SIZE}"
  done
}

# Names of all entries of a node.
entry_names() {  # NODE
  local role
  for role in "${APP_ROLES[@]}"; do
    echo "demo.${role}.$(node_name "$1")"
  done
  echo "control.${CONTROL_ROLE}.$1"
  echo "probe.$(node_name "$1")"
}

# Of the gateway's password the verifier is enough here; those of the roles must
# be plain, pgbouncer logs in with them.
pgbouncer_users() {
  local role
  printf '"sluice" "%s"\n' "$(<"${STATE}/secrets/sluice.verifier")"
  for role in "${APP_ROLES[@]}" "${CONTROL_ROLE}" "${PROBE_ROLE}"; do
    printf '"%s" "%s"\n' "${role}" "$(<"${STATE}/secrets/${role}.password")"
  done
}

# put_pgbouncer_files: prints what changed.
put_pgbouncer_files() {
  local folder=${STATE}/pgbouncer owner
  owner=${EUID}:$(id -g "${PGBOUNCER_USER}")
  put_file "${folder}/ca.crt" "${owner}" 0644 <"${STATE}/ca/postgres-ca.crt"
  pgbouncer_ini | put_file "${folder}/pgbouncer.ini" "${owner}" 0640
  pgbouncer_users | put_file "${folder}/users.txt" "${PGBOUNCER_USER}" 0600
  printf '127.0.0.1 %s\n' localhost "${NODES[@]/%/.sluice.internal}" |
    put_file "${folder}/hosts" "${owner}" 0644
}

make_gateway_password() {
  make_secret "${STATE}/secrets/sluice.password"
  [[ -s "${STATE}/secrets/sluice.verifier" ]] || (
    umask 077
    "${LOCAL}/lib/scram_verifier" <"${STATE}/secrets/sluice.password" \
      >"${STATE}/secrets/sluice.verifier"
  )
}

pgbouncer_pid() {
  running_pid "${STATE}/pgbouncer/log/pgbouncer.pid" \
    "${STATE}/pgbouncer/pgbouncer.ini"
}

# As the gateway does: its user, its password, its socket.
query_through_pgbouncer() {  # ENTRY
  PGPASSWORD=$(<"${STATE}/secrets/sluice.password") run_as "${GATEWAY_USER}" \
    "${PG_BIN}/psql" -X -q -A -t -w -h "${STATE}/sockets/pgbouncer" \
    -p "$(pgbouncer_port)" -U sluice -d "$1" -c 'SELECT 1'
}

stop_pgbouncer() {
  # SIGTERM is its immediate, orderly end.
  stop_daemon pgbouncer "${STATE}/pgbouncer/log/pgbouncer.pid" \
    "${STATE}/pgbouncer/pgbouncer.ini" 10
}

# A pid file that is left over would keep it from starting while its process is
# a zombie, or the pid someone else's.
start_pgbouncer() {
  local folder=${STATE}/pgbouncer
  rm -f "${folder}/log/pgbouncer.pid"
  "${LOCAL}/lib/with_hosts" "${folder}/hosts" "${PGBOUNCER_USER}" \
    /usr/sbin/pgbouncer -q -d "${folder}/pgbouncer.ini" </dev/null \
    >"${folder}/start.log" 2>&1 || {
    show_tail "${folder}/start.log"
    show_tail "${folder}/log/pgbouncer.log"
    fail "pgbouncer did not start"
  }
}

bring_up_pgbouncer() {
  local changed
  make_gateway_password
  prepare_entries
  changed=$(put_pgbouncer_files)
  [[ -z "${changed}" ]] || stop_pgbouncer
  if pgbouncer_pid >/dev/null; then
    say pgbouncer "runs"
  else
    start_pgbouncer
    say pgbouncer "started on ${STATE}/sockets/pgbouncer"
  fi
  bring_up_sync
}

# Once the gateway has proposed the nodes.
await_entries() {
  local node entry
  for node in "${NODES[@]}"; do
    for entry in $(entry_names "${node}"); do
      wait_until 20 query_through_pgbouncer "${entry}" && continue
      show_tail "${STATE}/pgbouncer/log/sync.log"
      show_tail "${STATE}/pgbouncer/log/pgbouncer.log"
      fail "pgbouncer does not reach PostgreSQL for ${entry}"
    done
  done
  say pgbouncer "reaches ${NODES[*]}, certificates verified by name"
}
