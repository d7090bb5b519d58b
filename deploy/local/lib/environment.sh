# The file that callers source: where the stack is and how to ask it.
# shellcheck shell=bash
# Needs layout.sh, postgres.sh, PORT_BASE.

# psql_command: words without quoting; the state folder's path has none. Of the
# nodes it takes the one that is the primary then.
psql_command() {
  local node hosts='' ports=''
  for node in "${NODES[@]}"; do
    hosts+=${hosts:+,}${STATE}/sockets/postgres
    ports+=${ports:+,}$(node_port "${node}")
  done
  echo "PGTARGETSESSIONATTRS=primary ${PG_BIN}/psql -X -h ${hosts} -p ${ports}" \
    "-U postgres -d demo"
}

environment() {
  cat <<ENV
# Written by up. source this file, then: sluice query 'SELECT 1'
export SLUICE_ADDRESS=127.0.0.1:${PORT_BASE}
export SLUICE_CA=${STATE}/client/ca.crt
export SLUICE_CERT=${STATE}/client/demo.crt
export SLUICE_KEY=${STATE}/client/demo.key
export SLUICE_DATABASE=demo
# gRPC would ask a proxy even for this machine.
export no_grpc_proxy=127.0.0.1\${no_proxy:+,\${no_proxy}}
# Another app in place of demo: sluice_as reader query 'SELECT 1'
sluice_as() {
  sluice_app=\$1
  shift
  SLUICE_CERT=${STATE}/client/\${sluice_app}.crt \\
    SLUICE_KEY=${STATE}/client/\${sluice_app}.key sluice "\$@"
}
case ":\${PATH}:" in
  *:${STATE}/bin:*) ;;
  *) export PATH=${STATE}/bin:\${PATH} ;;
esac
# Reaches the primary as superuser: \$SLUICE_PSQL -c 'SELECT 1'
ENV
  if ((EUID != 0)); then
    echo "export SLUICE_PSQL='env $(psql_command)'"
    return 0
  fi
  cat <<ENV
if [ "\$(id -u)" = 0 ]; then
  export SLUICE_PSQL='setpriv --reuid postgres --regid postgres --init-groups -- env -C / $(psql_command)'
else
  export SLUICE_PSQL='sudo -u postgres -- env -C / $(psql_command)'
fi
ENV
}

write_environment() {
  environment | put_file "${RUN_DIR}/env" "${EUID}:$(id -g)" 0644 >/dev/null
}
