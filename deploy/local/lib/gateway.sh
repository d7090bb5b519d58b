# The gateway: sluiced, and the command-line client that asks it.
# shellcheck shell=bash
# Needs progress.sh, layout.sh, process.sh, build.sh, certificate_set.sh,
# pgbouncer.sh, entries.sh, PORT_BASE, PRIMARY.

# The primary at first; then whichever of them takes writes.
control_entries_yaml() {
  local names
  names=$(printf ", control.${CONTROL_ROLE}.%s" "${NODES[@]:1}")
  echo "  control_entry: control.${CONTROL_ROLE}.${NODES[0]}"
  ((${#NODES[@]} == 1)) || echo "  fallback_entries: [${names#, }]"
}

gateway_yaml() {
  cat <<YAML
# Written by up; changes are lost. Every setting: docs/configuration.md.
listener:
  address: 127.0.0.1
  port: ${PORT_BASE}
  certificate_file: server.crt
  private_key_file: server.key
  client_ca_file: ca.crt
identity:
  trust_domain: ${TRUST_DOMAIN}
policy_file: policy.yaml
tokens:
  key_folder: keys
backend:
  host: ${STATE}/sockets/pgbouncer
  port: $(pgbouncer_port)
  user: sluice
  password_file: password
clusters:
  - name: main
    discovery:
      file:
        path: ${STATE}/discovery/databases.yaml
    proposal_file: ${STATE}/proposals/main.proposal
    # On a busy machine a switchover step by step takes its time.
    max_write_wait: 20s
databases:
  - name: demo
    cluster: main
pool:
  max_connections: ${POOL_SIZE}
outcome:
  key_files: [outcome.key]
revocation:
$(control_entries_yaml)
audit:
  folder: audit
admin_listener:
  port: $((PORT_BASE + 4))
YAML
}

# put_gateway_files: prints what changed.
put_gateway_files() {
  local folder=${STATE}/gateway owner
  owner=${EUID}:$(id -g "${GATEWAY_USER}")
  put_pair ca gateway "${folder}" server "${GATEWAY_USER}"
  put_file "${folder}/password" "${GATEWAY_USER}" 0600 \
    <"${STATE}/secrets/sluice.password"
  make_secret "${STATE}/secrets/outcome.key"
  put_file "${folder}/outcome.key" "${GATEWAY_USER}" 0600 \
    <"${STATE}/secrets/outcome.key"
  gateway_yaml | put_file "${folder}/gateway.yaml" "${owner}" 0640
}

# Copies, so that services reach them wherever the tree is, and a build does
# not change what runs. Prints what changed.
put_binary() {  # PATH in the build folder
  local built
  built=$(build_folder)
  [[ -x "${built}/$1" ]] || fail "no $1 in ${built}"
  put_file "${STATE}/bin/${1##*/}" "${EUID}:$(id -g)" 0755 <"${built}/$1"
}

gateway_pid() {
  running_pid "${STATE}/gateway/log/gateway.pid" \
    "${STATE}/gateway/gateway.yaml"
}

# with_sluice APP COMMAND...: the environment that leads to the gateway.
with_sluice() {
  local app=$1
  shift
  SLUICE_ADDRESS=127.0.0.1:${PORT_BASE} SLUICE_DATABASE=demo \
    SLUICE_CA=${STATE}/client/ca.crt SLUICE_CERT=${STATE}/client/${app}.crt \
    SLUICE_KEY=${STATE}/client/${app}.key no_grpc_proxy=127.0.0.1 "$@"
}

# sluice_as APP ARGUMENTS...: the command-line client.
sluice_as() { with_sluice "$1" "${STATE}/bin/sluice" "${@:2}"; }

# ask_gateway SQL ARGUMENTS...: a query as the app demo.
ask_gateway() { sluice_as demo query "$@"; }

# Whether the gateway sees every node up, and takes the primary for it.
topology_is_whole() {
  sluice_as admin topology main --format json --timeout 2s |
    /usr/bin/python3 -c '
import json, sys
[cluster] = json.load(sys.stdin)["clusters"]
up = [node for node in cluster["nodes"] if node["state"].endswith("_UP")]
sys.exit(len(up) != int(sys.argv[1]) or cluster["primary"] != sys.argv[2])
' "${#NODES[@]}" "$(node_name "${PRIMARY}")"
}

gateway_answers_or_died() {
  ! gateway_pid >/dev/null || ask_gateway 'SELECT 1' --timeout 2s
}

stop_gateway() {
  stop_daemon gateway "${STATE}/gateway/log/gateway.pid" \
    "${STATE}/gateway/gateway.yaml" 40
}

start_gateway() {
  check_port_is_free "${PORT_BASE}" gateway
  check_port_is_free "$((PORT_BASE + 4))" "the gateway's probes"
  start_daemon "${GATEWAY_USER}" "${STATE}/gateway/log/gateway.pid" \
    "${STATE}/gateway/log/gateway.log" \
    "${STATE}/bin/sluiced" --config "${STATE}/gateway/gateway.yaml"
  wait_until 5 gateway_pid || true
}

bring_up_gateway() {
  local changed
  make_signing_keys
  # It is read anew while the gateway runs.
  put_policy
  changed=$(put_gateway_files)
  changed+=$(put_binary server/sluiced)
  # A new client needs no restart.
  put_binary client/cli/sluice >/dev/null
  [[ -z "${changed}" ]] || stop_gateway
  if gateway_pid >/dev/null; then
    say gateway "runs on 127.0.0.1:${PORT_BASE}"
  else
    start_gateway
    say gateway "started on 127.0.0.1:${PORT_BASE}"
  fi
  wait_until 30 gateway_answers_or_died || true
  if ! gateway_pid >/dev/null || ! ask_gateway 'SELECT 1' >/dev/null; then
    show_tail "${STATE}/gateway/log/gateway.log"
    fail "the gateway does not answer"
  fi
  say gateway "answers over mutual TLS"
  await_entries
  wait_until 20 topology_is_whole ||
    fail "the gateway does not see all nodes; see: sluice topology"
  say gateway "writes to ${PRIMARY}, reads from the others too"
}
