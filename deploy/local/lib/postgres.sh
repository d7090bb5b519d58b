# PostgreSQL: the primary pg-1 and its streaming replica pg-2.
# shellcheck shell=bash
# Needs progress.sh, layout.sh, process.sh, certificate_set.sh, PORT_BASE,
# LOCAL.

readonly REPLICATION_SLOT=pg_2

# find_postgres: sets PG_BIN, the programs of the newest version.
find_postgres() {
  PG_BIN=$(printf '%s\n' /usr/lib/postgresql/*/bin | sort -V | tail -n 1)
  [[ -x "${PG_BIN}/initdb" ]] || fail "no PostgreSQL server is installed"
}

node_port() {  # NODE
  case "$1" in
    pg-1) echo $((PORT_BASE + 1)) ;;
    pg-2) echo $((PORT_BASE + 2)) ;;
  esac
}

# superuser_psql NODE ARGUMENTS...: over the Unix socket, which the unix user
# alone can reach.
superuser_psql() {
  local node=$1
  shift
  run_as "${POSTGRES_USER}" "${PG_BIN}/psql" -X -q -A -t -v ON_ERROR_STOP=1 \
    -h "${STATE}/sockets/postgres" -p "$(node_port "${node}")" -U postgres "$@"
}

# ---- configuration ---------------------------------------------------------

node_conf() {  # NODE
  local node=$1
  cat <<CONF
# Written by up; changes are lost.
data_directory = '${STATE}/${node}/data'
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
# A replica that stays away must not fill the disk.
max_slot_wal_keep_size = 1GB
hot_standby = on
CONF
  [[ "${node}" == pg-1 ]] || cat <<CONF
primary_slot_name = '${REPLICATION_SLOT}'
primary_conninfo = '$(replication_conninfo)'
CONF
}

# Verified by name while connecting by address.
replication_conninfo() {
  echo "host=pg-1.sluice.internal hostaddr=127.0.0.1 port=$(node_port pg-1)" \
    "user=replicator passfile=${STATE}/pg-2/replication.pgpass" \
    "sslmode=verify-full sslrootcert=${STATE}/pg-2/ca.crt" \
    "application_name=pg-2"
}

# A line for each role, and the database that it may log in to.
node_hba_of_roles() {
  local role
  for role in "${APP_ROLES[@]}"; do
    echo "hostssl demo ${role} 127.0.0.1/32 scram-sha-256"
  done
  echo "hostssl control ${CONTROL_ROLE} 127.0.0.1/32 scram-sha-256"
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
  put_pair "${node}" "${folder}" server "${POSTGRES_USER}"
  node_conf "${node}" | put_file "${folder}/postgresql.conf" "${owner}" 0640
  node_hba | put_file "${folder}/pg_hba.conf" "${owner}" 0640
  echo "superuser ${POSTGRES_USER} postgres" |
    put_file "${folder}/pg_ident.conf" "${owner}" 0640
  [[ "${node}" == pg-1 ]] || printf '*:*:*:replicator:%s\n' \
    "$(<"${STATE}/secrets/replicator.password")" |
    put_file "${folder}/replication.pgpass" "${POSTGRES_USER}" 0600
}

# ---- life ------------------------------------------------------------------

node_is_running() {  # NODE
  running_pid "${STATE}/$1/data/postmaster.pid" "${STATE}/$1/data" >/dev/null
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
  node_is_running "${node}" || return 0
  if ! run_as "${POSTGRES_USER}" "${PG_BIN}/pg_ctl" stop -s -w -t 30 -m fast \
    -D "${STATE}/${node}/data" >/dev/null 2>&1; then
    say "${node}" "did not stop within 30 s, stopping at once"
    run_as "${POSTGRES_USER}" "${PG_BIN}/pg_ctl" stop -s -w -t 10 -m immediate \
      -D "${STATE}/${node}/data" >/dev/null 2>&1 ||
      fail "${node} does not stop"
  fi
  say "${node}" "stopped"
}

# keep_node_running NODE CHANGED: restarts it where its files changed.
keep_node_running() {
  local node=$1 changed=$2
  if node_is_running "${node}"; then
    if [[ -z "${changed}" ]]; then
      say "${node}" "runs on 127.0.0.1:$(node_port "${node}")"
      return 0
    fi
    say "${node}" "its configuration changed"
    stop_node "${node}"
  fi
  start_node "${node}"
}

# ---- primary ---------------------------------------------------------------

# A folder that was not finished is not taken for a cluster: it gets its name
# at the end.
make_primary_cluster() {
  local folder=${STATE}/pg-1
  [[ ! -e "${folder}/data" ]] || return 0
  say pg-1 "making the cluster"
  make_folder "${folder}/unfinished" \
    "${POSTGRES_USER}" "$(id -g "${POSTGRES_USER}")" 0700
  rm -rf "${folder}/unfinished/data"
  run_as "${POSTGRES_USER}" "${PG_BIN}/initdb" -D "${folder}/unfinished/data" \
    -U postgres --encoding=UTF8 --locale=C.UTF-8 --data-checksums \
    --auth-local=peer --auth-host=scram-sha-256 \
    >"${folder}/initdb.log" 2>&1 || {
    show_tail "${folder}/initdb.log"
    fail "initdb failed"
  }
  mv "${folder}/unfinished/data" "${folder}/data"
  rmdir "${folder}/unfinished"
}

# The replica's; those of the apps are in roles.sh.
make_replication() {
  make_role replicator 'LOGIN REPLICATION'
  superuser_psql pg-1 -d postgres >/dev/null \
    -c "SELECT pg_create_physical_replication_slot('${REPLICATION_SLOT}', true)"
}

# primary_has CATALOGUE COLUMN NAME
primary_has() {
  [[ $(superuser_psql pg-1 -d postgres \
    -c "SELECT count(*) FROM $1 WHERE $2 = '$3'") == 1 ]]
}

bring_up_primary() {
  local changed
  make_role_secrets
  make_secret "${STATE}/secrets/replicator.password"
  changed=$(put_node_files pg-1)
  make_primary_cluster
  keep_node_running pg-1 "${changed}"
  primary_has pg_replication_slots slot_name "${REPLICATION_SLOT}" ||
    make_replication
  bring_up_roles
}

# ---- replica ---------------------------------------------------------------

make_replica_cluster() {
  local folder=${STATE}/pg-2
  [[ ! -e "${folder}/data" ]] || return 0
  say pg-2 "copying the primary"
  make_folder "${folder}/unfinished" \
    "${POSTGRES_USER}" "$(id -g "${POSTGRES_USER}")" 0700
  rm -rf "${folder}/unfinished/data"
  run_as "${POSTGRES_USER}" "${PG_BIN}/pg_basebackup" -w -X stream -c fast \
    -S "${REPLICATION_SLOT}" -D "${folder}/unfinished/data" \
    -d "$(replication_conninfo)" >"${folder}/basebackup.log" 2>&1 || {
    show_tail "${folder}/basebackup.log"
    fail "the primary could not be copied"
  }
  run_as "${POSTGRES_USER}" touch "${folder}/unfinished/data/standby.signal"
  mv "${folder}/unfinished/data" "${folder}/data"
  rmdir "${folder}/unfinished"
}

replica_streams() {
  [[ $(superuser_psql pg-1 -d postgres -c "SELECT state FROM pg_stat_replication
    WHERE application_name = 'pg-2'") == streaming ]]
}

bring_up_replica() {
  local changed
  changed=$(put_node_files pg-2)
  make_replica_cluster
  keep_node_running pg-2 "${changed}"
  if ! wait_until 60 replica_streams; then
    show_tail "${STATE}/pg-2/log/server.log"
    fail "pg-2 does not stream from pg-1"
  fi
  say pg-2 "streams from pg-1"
}
