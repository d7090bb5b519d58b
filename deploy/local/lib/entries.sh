# Where the nodes are: the file that the gateway discovers them by, and
# sluice-pgbouncer-sync, which makes pgbouncer's entries of what it proposes.
# shellcheck shell=bash
# Needs progress.sh, layout.sh, process.sh, postgres.sh, roles.sh, pgbouncer.sh,
# gateway.sh, PORT_BASE, PRIMARY.

# node_name NODE: as the gateway calls it.
node_name() { echo "$1_$(node_port "$1")"; }

# As a service registry's renderer writes it.
discovery_yaml() {
  local node
  echo "# Written by up and failover; changes are lost."
  echo "databases:"
  echo "  primary: ${PRIMARY}:$(node_port "${PRIMARY}")"
  echo "  read_only:"
  for node in $(list_replicas); do
    echo "    - ${node}:$(node_port "${node}")"
  done
}

put_discovery() {
  discovery_yaml | put_file "${STATE}/discovery/databases.yaml" \
    "${EUID}:$(id -g)" 0644 >/dev/null
}

# sync_yaml: all that pgbouncer may have entries for.
sync_yaml() {
  local hosts='' ports='' names='' node
  for node in "${NODES[@]}"; do
    hosts+=", ${node}"
    ports+=", $(node_port "${node}")"
    names+=", ${node}: ${node}.sluice.internal"
  done
  cat <<YAML
# Written by up; changes are lost. Every setting: docs/pgbouncer-sync.md.
gateway_user: ${GATEWAY_USER}
interval: 100ms
console:
  socket_folder: ${STATE}/sockets/pgbouncer
  port: $(pgbouncer_port)
clusters:
  - name: main
    proposal_file: ${STATE}/proposals/main.proposal
    include_file: ${STATE}/pgbouncer/entries/main.ini
    hosts: [${hosts#, }]
    ports: [${ports#, }]
    names: {${names#, }}
    databases:
      - name: demo
        roles: [$(printf '%s\n' "${APP_ROLES[@]}" | paste -sd, | sed 's/,/, /g')]
    pool_size: ${POOL_SIZE}
    probe:
      role: ${PROBE_ROLE}
YAML
}

# put_sync_files: prints what changed.
put_sync_files() {
  sync_yaml | put_file "${STATE}/pgbouncer/sync.yaml" \
    "${EUID}:$(id -g "${PGBOUNCER_USER}")" 0640
  put_binary server/pgbouncer_sync/sluice-pgbouncer-sync
}

sync_pid() {
  running_pid "${STATE}/pgbouncer/log/sync.pid" "${STATE}/pgbouncer/sync.yaml"
}

stop_sync() {
  stop_daemon sync "${STATE}/pgbouncer/log/sync.pid" \
    "${STATE}/pgbouncer/sync.yaml" 10
}

# make_entries: the file that pgbouncer includes, with the entries of the nodes
# that were proposed last. A proposal that it refuses says so in the log.
make_entries() {
  local log=${STATE}/pgbouncer/entries.log
  run_as "${PGBOUNCER_USER}" "${STATE}/bin/sluice-pgbouncer-sync" \
    --config "${STATE}/pgbouncer/sync.yaml" --once >"${log}" 2>&1 || true
  [[ -e "${STATE}/pgbouncer/entries/main.ini" ]] || {
    show_tail "${log}"
    fail "sluice-pgbouncer-sync made no entries"
  }
}

start_sync() {
  start_daemon "${PGBOUNCER_USER}" "${STATE}/pgbouncer/log/sync.pid" \
    "${STATE}/pgbouncer/log/sync.log" \
    "${STATE}/bin/sluice-pgbouncer-sync" \
    --config "${STATE}/pgbouncer/sync.yaml"
  if ! wait_until 5 sync_pid; then
    show_tail "${STATE}/pgbouncer/log/sync.log"
    fail "sluice-pgbouncer-sync did not start"
  fi
}

# prepare_entries: before pgbouncer, which does not start without the file that
# it includes.
prepare_entries() {
  local changed
  put_discovery
  changed=$(put_sync_files)
  [[ -z "${changed}" ]] || stop_sync
  [[ -z "${changed}" && -e "${STATE}/pgbouncer/entries/main.ini" ]] ||
    make_entries
}

# Once pgbouncer runs, which it tells of changes.
bring_up_sync() {
  if sync_pid >/dev/null; then
    say sync "runs"
  else
    start_sync
    say sync "started: pgbouncer's entries follow the gateway's proposal"
  fi
}
