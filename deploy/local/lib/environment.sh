# The file that callers source: where the stack is and how to ask it.
# shellcheck shell=bash
# Needs layout.sh, postgres.sh, PORT_BASE.

# psql_command: words without quoting; the state folder's path has none.
psql_command() {
  echo "${PG_BIN}/psql -X -h ${STATE}/sockets/postgres" \
    "-p $(node_port pg-1) -U postgres -d demo"
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
    echo "export SLUICE_PSQL='$(psql_command)'"
    return 0
  fi
  cat <<ENV
if [ "\$(id -u)" = 0 ]; then
  export SLUICE_PSQL='env -C / setpriv --reuid postgres --regid postgres --init-groups -- $(psql_command)'
else
  export SLUICE_PSQL='sudo -u postgres -- env -C / $(psql_command)'
fi
ENV
}

write_environment() {
  environment | put_file "${RUN_DIR}/env" "${EUID}:$(id -g)" 0644 >/dev/null
}
