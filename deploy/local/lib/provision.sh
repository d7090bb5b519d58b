# The schema `sluice` of the database demo, by sluice-provision.
# shellcheck shell=bash
# Needs progress.sh, layout.sh, postgres.sh, gateway.sh.

# As superuser, so that the schema is not the app's own role's.
provision_demo() {
  run_as "${POSTGRES_USER}" "${STATE}/bin/sluice-provision" schema served \
    --connect "host=${STATE}/sockets/postgres port=$(node_port pg-1) \
      user=postgres dbname=demo" \
    --grant-to demo
}

bring_up_schema() {
  local output line
  put_binary server/provision/sluice-provision >/dev/null
  output=$(provision_demo) || fail "database demo could not be provisioned"
  while read -r line; do
    say schema "${line}"
  done <<<"${output}"
}
