# PostgreSQL's login roles of the apps: one for each app and access. Only pgbouncer
# knows their passwords.
# shellcheck shell=bash
# Needs layout.sh, postgres.sh, PRIMARY, LOCAL.

# What each may do is decided here, by PostgreSQL's own grants. `demo_ddl` owns
# the database and its tables.
readonly APP_ROLES=(demo_read demo_write demo_ddl reader_read)
# Of the gateway itself, in the database of revocations.
readonly CONTROL_ROLE=sluice_control_user
# That by which it asks each node about itself.
readonly PROBE_ROLE=sluice_probe

make_role_secrets() {
  local role
  for role in "${APP_ROLES[@]}" "${CONTROL_ROLE}" "${PROBE_ROLE}"; do
    make_secret "${STATE}/secrets/${role}.password"
  done
}

# make_role ROLE OPTIONS: with a verifier in place of its password.
make_role() {
  local verifier
  verifier=$("${LOCAL}/lib/scram_verifier" <"${STATE}/secrets/$1.password")
  superuser_psql "${PRIMARY}" -d postgres <<<"CREATE ROLE $1 $2 PASSWORD '${verifier}';"
}

make_missing_roles() {
  local role
  for role in "${APP_ROLES[@]}" "${CONTROL_ROLE}"; do
    primary_has pg_roles rolname "${role}" || make_role "${role}" LOGIN
  done
  primary_has pg_roles rolname "${PROBE_ROLE}" ||
    make_role "${PROBE_ROLE}" 'LOGIN IN ROLE pg_read_all_stats'
}

make_database() {  # NAME OWNER
  superuser_psql "${PRIMARY}" -d postgres <<SQL
CREATE DATABASE $1 OWNER $2;
REVOKE ALL ON DATABASE $1 FROM PUBLIC;
SQL
}

# The same each time. Tables that a superuser makes, as $SLUICE_PSQL does, are
# for the apps too.
grant_rights() {
  superuser_psql "${PRIMARY}" -d demo <<'SQL'
BEGIN;
GRANT CONNECT ON DATABASE demo TO demo_read, demo_write, reader_read;
GRANT TEMPORARY ON DATABASE demo TO demo_write;
ALTER DEFAULT PRIVILEGES FOR ROLE demo_ddl, postgres IN SCHEMA public
  GRANT SELECT ON TABLES TO demo_read, demo_write, reader_read;
ALTER DEFAULT PRIVILEGES FOR ROLE demo_ddl, postgres IN SCHEMA public
  GRANT INSERT, UPDATE, DELETE, TRUNCATE ON TABLES TO demo_write;
ALTER DEFAULT PRIVILEGES FOR ROLE demo_ddl, postgres IN SCHEMA public
  GRANT USAGE ON SEQUENCES TO demo_write;
COMMIT;
SQL
  superuser_psql "${PRIMARY}" -d postgres \
    -c "GRANT CONNECT ON DATABASE control TO ${CONTROL_ROLE}"
}

bring_up_roles() {
  make_missing_roles
  primary_has pg_database datname demo || make_database demo demo_ddl
  primary_has pg_database datname control || make_database control postgres
  grant_rights
}
