# The data set: Debian's package index in table `packages` of database demo.
# shellcheck shell=bash
# Needs progress.sh, postgres.sh, packages.sh, PRIMARY, LOCAL.

packages_are_loaded() {
  [[ $(superuser_psql "${PRIMARY}" -d demo \
    -c "SELECT to_regclass('public.packages') IS NOT NULL") == t ]]
}

index_is_empty() {
  [[ -z $(apt-cache dumpavail 2>/dev/null | head -c 1) ]]
}

# Needed where apt's lists were never fetched, or cleaned away.
fetch_index() {
  local log
  log=$(mktemp)
  say data "fetching Debian's package index"
  run_apt "${log}" update || fail "apt-get update failed"
  rm -f "${log}"
  ! index_is_empty || fail "apt-cache dumpavail prints nothing:" \
    "/etc/apt/sources.list has no package source"
}

# One transaction: the table is there only when it is complete.
load_packages() {
  {
    cat "${LOCAL}/lib/packages_before.sql"
    apt-cache dumpavail | "${LOCAL}/lib/package_index"
    printf '\\.\n'
    cat "${LOCAL}/lib/packages_after.sql"
  } | superuser_psql "${PRIMARY}" -d demo
}

bring_up_dataset() {
  if ! packages_are_loaded; then
    ! index_is_empty || fetch_index
    say data "loading Debian's package index"
    load_packages
  fi
  say data "$(superuser_psql "${PRIMARY}" -d demo \
    -c 'SELECT count(*) FROM packages') rows in table packages of database demo"
}
