# The schemas of the databases demo and control, by sluice-provision.
# shellcheck shell=bash
# Needs progress.sh, layout.sh, postgres.sh, gateway.sh, PRIMARY.

# As superuser, so that a schema is no role's that the gateway uses.
provision() {  # SCHEMA DATABASE ROLE...
  local schema=$1 database=$2 output line
  shift 2
  output=$(run_as "${POSTGRES_USER}" "${STATE}/bin/sluice-provision" \
    schema "${schema}" "${@/#/--grant-to=}" \
    --connect "host=${STATE}/sockets/postgres port=$(node_port "${PRIMARY}") \
      user=postgres dbname=${database}") ||
    fail "database ${database} could not be provisioned"
  while read -r line; do
    say schema "${line}"
  done <<<"${output}"
}

bring_up_schemas() {
  put_binary server/provision/sluice-provision >/dev/null
  provision served demo demo_write demo_ddl
  provision control control "${CONTROL_ROLE}"
}
