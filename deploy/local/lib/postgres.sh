# PostgreSQL: a primary and the replicas that stream from it. Which node is the
# primary is for their data folders to tell: a failover changes it.
# shellcheck shell=bash
# Needs progress.sh, layout.sh, process.sh, certificate_set.sh, PORT_BASE, LOCAL.
# Sets PG_BIN and PRIMARY.

# The one that is made first.
readonly FIRST_NODE=pg-1

# find_postgres: sets PG_BIN, the programs of the newest version.
find_postgres() {
  PG_BIN=$(printf '%s\n' /usr/lib/postgresql/*/bin | sort -V | tail -n 1)
  [[ -x "${PG_BIN}/initdb" ]] || fail "no PostgreSQL server is installed"
}

node_port() {  # NODE
  case "$1" in
    pg-1) echo $((PORT_BASE + 1)) ;;
    pg-2) echo $((PORT_BASE + 2)) ;;
    pg-3) echo $((PORT_BASE + 5)) ;;
  esac
}

# superuser_psql NODE ARGUMENTS...: over the Unix socket, which the unix user
# alone can reach. It waits for no replica: what it does `up` would do again.
superuser_psql() {
  local node=$1
  shift
  PGOPTIONS='-c synchronous_commit=local' run_as "${POSTGRES_USER}" \
    "${PG_BIN}/psql" -X -q -A -t -v ON_ERROR_STOP=1 \
    -h "${STATE}/sockets/postgres" -p "$(node_port "${node}")" -U postgres "$@"
}

# ---- which is the primary --------------------------------------------------

node_has_data() { [[ -e "${STATE}/$1/data" ]]; }  # NODE

node_is_standby() { [[ -e "${STATE}/$1/data/standby.signal" ]]; }  # NODE

# node_timeline NODE: of one that is no standby. The history of its timeline is
# there before standby.signal is gone.
node_timeline() {
  local newest
  newest=$(find "${STATE}/$1/data/pg_wal" -maxdepth 1 -name '????????.history' \
    -printf '%f\n' | sort | tail -n 1)
  newest=${newest%.history}
  echo $((16#${newest:-1}))
}

# find_primary: sets PRIMARY to the node that was promoted last. An old primary
# that died, or lives, has an earlier timeline.
find_primary() {
  local node timeline newest=0 has_data=''
  PRIMARY=${FIRST_NODE}
  for node in "${NODES[@]}"; do
    node_has_data "${node}" || continue
    has_data=yes
    ! node_is_standby "${node}" || continue
    timeline=$(node_timeline "${node}")
    if ((timeline > newest)); then
      newest=${timeline}
      PRIMARY=${node}
    fi
  done
  ((newest > 0)) || [[ -z "${has_data}" ]] ||
    fail "each node is a standby; promote one of them: pg_ctl promote"
}

# list_replicas: the other nodes.
list_replicas() {
  local node
  for node in "${NODES[@]}"; do
    [[ "${node}" == "${PRIMARY}" ]] || echo "${node}"
  done
}

# ---- configuration ---------------------------------------------------------

# A commit is acknowledged once one replica, any, has it on its disk: so what was
# acknowledged outlives the primary, and one replica may be away.
synchronous_standbys() {
  local names
  ((${#NODES[@]} > 1)) || return 0
  names=$(printf ', "%s"' "${NODES[@]}")
  echo "ANY 1 (${names#, })"
}

node_conf() {  # NODE
  local node=$1
  cat <<CONF
# Written by up; changes are lost.
hba_file = '${STATE}/${node}/pg_hba.conf'
ident_file = '${STATE}/${node}/pg_ident.conf'
cluster_name = '${node}'
listen_addresses = '127.0.0.1'
port = $(node_port "${node}")
unix_socket_directories = '${STATE}/sockets/postgres'
unix_socket_permissions = 0700
max_connections = 200
ssl = on
ssl_cert_file = '${STATE}/${node}/server.crt'
ssl_key_file = '${STATE}/${node}/server.key'
ssl_ca_file = '${STATE}/${node}/ca.crt'
ssl_min_protocol_version = 'TLSv1.2'
password_encryption = 'scram-sha-256'
timezone = 'UTC'
log_timezone = 'UTC'
log_line_prefix = '%m [%p] %q%u@%d '
shared_buffers = 128MB
wal_level = replica
max_wal_size = 512MB
# For replicas that were away. One that lacks more is copied anew.
wal_keep_size = 256MB
max_slot_wal_keep_size = 1GB
hot_standby = on
synchronous_standby_names = '$(synchronous_standbys)'
# A replica finds its new primary at once.
wal_retrieve_retry_interval = 200ms
CONF
  [[ "${node}" == "${PRIMARY}" ]] ||
    echo "primary_conninfo = '$(replication_conninfo "${node}")'"
}

# Verified by name while connecting by address.
replication_conninfo() {  # NODE
  echo "host=${PRIMARY}.sluice.internal hostaddr=127.0.0.1" \
    "port=$(node_port "${PRIMARY}") user=replicator" \
    "passfile=${STATE}/$1/replication.pgpass" \
    "sslmode=verify-full sslrootcert=${STATE}/$1/ca.crt application_name=$1"
}

# A line for each role, and the database that it may log in to.
node_hba_of_roles() {
  local role
  for role in "${APP_ROLES[@]}"; do
    echo "hostssl demo ${role} 127.0.0.1/32 scram-sha-256"
  done
  echo "hostssl control ${CONTROL_ROLE} 127.0.0.1/32 scram-sha-256"
  echo "hostssl postgres ${PROBE_ROLE} 127.0.0.1/32 scram-sha-256"
}

node_hba() {
  cat <<HBA
# Written by up; changes are lost. What no line names is refused.
local   all         postgres                peer map=superuser
$(node_hba_of_roles)
hostssl replication replicator 127.0.0.1/32 scram-sha-256
HBA
}

# put_node_files NODE: prints what changed.
put_node_files() {
  local node=$1 folder=${STATE}/$1 owner
  owner=${EUID}:$(id -g "${POSTGRES_USER}")
  put_pair postgres-ca "${node}" "${folder}" server "${POSTGRES_USER}"
  node_conf "${node}" | put_file "${folder}/postgresql.conf" "${owner}" 0640
  node_hba | put_file "${folder}/pg_hba.conf" "${owner}" 0640
  echo "superuser ${POSTGRES_USER} postgres" |
    put_file "${folder}/pg_ident.conf" "${owner}" 0640
  printf '*:*:*:replicator:%s\n' "$(<"${STATE}/secrets/replicator.password")" |
    put_file "${folder}/replication.pgpass" "${POSTGRES_USER}" 0600
}

# ---- life ------------------------------------------------------------------

node_pid() {  # NODE
  running_pid "${STATE}/$1/data/postmaster.pid" "${STATE}/$1/data"
}

# A killed postmaster that init has not reaped yet still holds its lock file.
node_is_reaped() {  # NODE
  local pid
  pid=$(head -n 1 "${STATE}/$1/data/postmaster.pid" 2>/dev/null) || return 0
  ! grep -q '^State:.*zombie' "/proc/${pid}/status" 2>/dev/null
}

start_node() {  # NODE
  local node=$1 port
  port=$(node_port "${node}")
  check_port_is_free "${port}" "${node}"
  wait_until 15 node_is_reaped "${node}" || true
  if ! run_as "${POSTGRES_USER}" "${PG_BIN}/pg_ctl" start -s -w -t 60 \
    -D "${STATE}/${node}/data" -l "${STATE}/${node}/log/server.log" \
    -o "-c config_file=${STATE}/${node}/postgresql.conf" >/dev/null 2>&1; then
    show_tail "${STATE}/${node}/log/server.log"
    fail "${node} did not start"
  fi
  say "${node}" "started on 127.0.0.1:${port}"
}

stop_node() {  # NODE
  local node=$1
  node_pid "${node}" >/dev/null || return 0
  if ! run_as "${POSTGRES_USER}" "${PG_BIN}/pg_ctl" stop -s -w -t 30 -m fast \
    -D "${STATE}/${node}/data" >/dev/null 2>&1; then
    say "${node}" "did not stop within 30 s, stopping at once"
    run_as "${POSTGRES_USER}" "${PG_BIN}/pg_ctl" stop -s -w -t 10 -m immediate \
      -D "${STATE}/${node}/data" >/dev/null 2>&1 ||
      fail "${node} does not stop"
  fi
  say "${node}" "stopped"
}

# stop_nodes: the replicas first, which need the primary no more.
stop_nodes() {
  local node
  for node in "${NODES[@]}"; do
    ! node_is_standby "${node}" || stop_node "${node}"
  done
  for node in "${NODES[@]}"; do
    stop_node "${node}"
  done
}

reload_node() {  # NODE
  run_as "${POSTGRES_USER}" "${PG_BIN}/pg_ctl" reload -s \
    -D "${STATE}/$1/data" >/dev/null || fail "$1 does not reload"
}

# keep_node_running NODE CHANGED: restarts it where its files changed.
keep_node_running() {
  local node=$1 changed=$2
  if node_pid "${node}" >/dev/null; then
    if [[ -z "${changed}" ]]; then
      say "${node}" "runs on 127.0.0.1:$(node_port "${node}")"
      return 0
    fi
    say "${node}" "its configuration changed"
    stop_node "${node}"
  fi
  start_node "${node}"
}

# begin_data NODE: an empty folder `unfinished`. What is not finished is not
# taken for a cluster: it gets its name at the end.
begin_data() {
  local folder=${STATE}/$1
  make_folder "${folder}/unfinished" \
    "${POSTGRES_USER}" "$(id -g "${POSTGRES_USER}")" 0700
  rm -rf "${folder}/unfinished/data"
}

finish_data() {  # NODE
  mv "${STATE}/$1/unfinished/data" "${STATE}/$1/data"
  rmdir "${STATE}/$1/unfinished"
}

# ---- primary ---------------------------------------------------------------

make_primary_cluster() {
  local folder=${STATE}/${PRIMARY}
  ! node_has_data "${PRIMARY}" || return 0
  say "${PRIMARY}" "making the cluster"
  begin_data "${PRIMARY}"
  run_as "${POSTGRES_USER}" "${PG_BIN}/initdb" -D "${folder}/unfinished/data" \
    -U postgres --encoding=UTF8 --locale=C.UTF-8 --data-checksums \
    --auth-local=peer --auth-host=scram-sha-256 \
    >"${folder}/initdb.log" 2>&1 || {
    show_tail "${folder}/initdb.log"
    fail "initdb failed"
  }
  finish_data "${PRIMARY}"
}

# primary_has CATALOGUE COLUMN NAME
primary_has() {
  [[ $(superuser_psql "${PRIMARY}" -d postgres \
    -c "SELECT count(*) FROM $1 WHERE $2 = '$3'") == 1 ]]
}

bring_up_primary() {
  local changed
  find_primary
  make_role_secrets
  make_secret "${STATE}/secrets/replicator.password"
  changed=$(put_node_files "${PRIMARY}")
  make_primary_cluster
  keep_node_running "${PRIMARY}" "${changed}"
  primary_has pg_roles rolname replicator ||
    make_role replicator 'LOGIN REPLICATION'
  bring_up_roles
}

# ---- replicas --------------------------------------------------------------

copy_primary() {  # NODE
  local node=$1 folder=${STATE}/$1
  say "${node}" "copying ${PRIMARY}"
  begin_data "${node}"
  run_as "${POSTGRES_USER}" "${PG_BIN}/pg_basebackup" -w -X stream -c fast \
    -D "${folder}/unfinished/data" -d "$(replication_conninfo "${node}")" \
    >"${folder}/basebackup.log" 2>&1 || {
    show_tail "${folder}/basebackup.log"
    fail "${PRIMARY} could not be copied"
  }
  run_as "${POSTGRES_USER}" touch "${folder}/unfinished/data/standby.signal"
  finish_data "${node}"
}

# rewind_node NODE: takes back what a node that was a primary has and the primary
# has not. It becomes a standby; without data, where it can't be rewound.
rewind_node() {
  local node=$1 folder=${STATE}/$1
  stop_node "${node}"
  wait_until 15 node_is_reaped "${node}" || true
  # pg_rewind goes by the timeline of the last checkpoint.
  superuser_psql "${PRIMARY}" -d postgres -c CHECKPOINT
  begin_data "${node}"
  mv "${folder}/data" "${folder}/unfinished/data"
  if ! run_as "${POSTGRES_USER}" "${PG_BIN}/pg_rewind" \
    -D "${folder}/unfinished/data" --config-file "${folder}/postgresql.conf" \
    --source-server "host=${STATE}/sockets/postgres port=$(node_port "${PRIMARY}") user=postgres dbname=postgres" \
    >"${folder}/rewind.log" 2>&1; then
    say "${node}" "can't be rewound: $(grep -m 1 -o 'error: .*\|fatal: .*' \
      "${folder}/rewind.log" || tail -n 1 "${folder}/rewind.log")"
    rm -rf "${folder}/unfinished"
    return 0
  fi
  run_as "${POSTGRES_USER}" touch "${folder}/unfinished/data/standby.signal"
  finish_data "${node}"
  say "${node}" "rewound to ${PRIMARY}, and its standby now"
}

replica_streams() {  # NODE
  [[ $(superuser_psql "${PRIMARY}" -d postgres -c "SELECT state
    FROM pg_stat_replication WHERE application_name = '$1'") == streaming ]]
}

bring_up_replica() {  # NODE
  local node=$1 changed
  changed=$(put_node_files "${node}")
  if node_has_data "${node}" && ! node_is_standby "${node}"; then
    rewind_node "${node}"
  fi
  node_has_data "${node}" || copy_primary "${node}"
  keep_node_running "${node}" "${changed}"
  if ! wait_until 15 replica_streams "${node}"; then
    say "${node}" "lacks what ${PRIMARY} does not keep any more"
    stop_node "${node}"
    rm -rf "${STATE:?}/${node}/data"
    copy_primary "${node}"
    start_node "${node}"
  fi
  if ! wait_until 60 replica_streams "${node}"; then
    show_tail "${STATE}/${node}/log/server.log"
    fail "${node} does not stream from ${PRIMARY}"
  fi
  say "${node}" "streams from ${PRIMARY}"
}

# Stacks of one replica had it, and it would keep WAL for nobody.
drop_old_slot() {
  superuser_psql "${PRIMARY}" -d postgres >/dev/null \
    -c "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots
      WHERE slot_name = 'pg_2' AND NOT active"
}

bring_up_replicas() {
  local node
  for node in $(list_replicas); do
    bring_up_replica "${node}"
  done
  drop_old_slot
}
