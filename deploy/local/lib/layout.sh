# Where the stack's files are and whose they are.
# shellcheck shell=bash
# Needs progress.sh, RUN_DIR. Sets NODES, STATE and the three users.
#
#   RUN_DIR/env                what callers source
#   RUN_DIR/state              STATE, or a link to it
#   STATE/bin/                 sluiced, sluice, sluice-operator,
#                              sluice-provision, sluice-pgbouncer-sync
#   STATE/ca/                  the two internal CAs, all certificates and keys
#   STATE/secrets/             passwords and their verifiers, the key of outcomes
#   STATE/client/              certificates and keys of the apps
#   STATE/pg-1/ to pg-3/       configuration, data/, log/
#   STATE/discovery/           where the nodes are, for the gateway
#   STATE/proposals/           what the gateway makes of it
#   STATE/pgbouncer/           configuration, passwords, entries/, log/
#   STATE/failover/            of the failovers: writes and their endings
#   STATE/gateway/             configuration, policy, certificate, keys/, audit/,
#                              log/
#   STATE/sockets/             Unix sockets of PostgreSQL and of pgbouncer
#
# Configuration belongs to whoever runs `up`; a service may read its own and
# write its data/ and log/ alone.
# shellcheck disable=SC2034

# Set in a state folder, so that no other folder is ever removed.
readonly STATE_MARK=.sluice-local-state
# A socket's whole path has at most 107 bytes (unix(7)), of which
# "/sockets/pgbouncer/.s.PGSQL.65535" takes 33.
readonly STATE_PATH_BYTES_MAX=74
# PostgreSQL's; any of them may be the primary.
NODES=(pg-1 pg-2 pg-3)

# choose_users: as root each service has its own unix user; an ordinary user
# is all three.
choose_users() {
  if ((EUID == 0)); then
    POSTGRES_USER=postgres
    PGBOUNCER_USER=sluice-pgbouncer
    GATEWAY_USER=sluice
  else
    POSTGRES_USER=$(id -un)
    PGBOUNCER_USER=${POSTGRES_USER}
    GATEWAY_USER=${POSTGRES_USER}
  fi
  # Who may use the client certificate: through sudo, the user behind it.
  CALLER_UID=${EUID}
  ((EUID != 0)) || CALLER_UID=${SUDO_UID:-0}
}

create_users() {
  ((EUID == 0)) || return 0
  local user
  for user in "${PGBOUNCER_USER}" "${GATEWAY_USER}"; do
    ! id "${user}" >/dev/null 2>&1 || continue
    useradd --system --user-group --no-create-home --home-dir /nonexistent \
      --shell /usr/sbin/nologin "${user}"
    say users "made system user ${user}"
  done
}

# run_as USER COMMAND...: the working folder may be closed to USER, so it is
# left; the caller's home has nothing for the stack (libpq would look there for
# a client certificate).
run_as() {
  local user=$1
  shift
  if ((EUID == 0)) && [[ "${user}" != root ]]; then
    env -C / HOME=/nonexistent setpriv --reuid "${user}" --regid "$(id -g "${user}")" \
      --init-groups -- "$@"
  else
    env -C / HOME=/nonexistent "$@"
  fi
}

# folder_is_trusted FOLDER: whether nobody but root and this user can write it or
# a folder above it. Of other folders sluice-pgbouncer-sync takes no settings.
folder_is_trusted() {
  local folder=$1 owner mode
  while [[ "${folder}" != / ]]; do
    read -r owner mode < <(stat -c '%u %a' -- "${folder}")
    ((owner == 0 || owner == EUID)) || return 1
    # A folder with the sticky bit keeps what is in it from others.
    ((!(8#${mode} & 8#022) || 8#${mode} & 8#1000)) || return 1
    folder=$(dirname "${folder}")
  done
}

# A state folder must be short enough for sockets, plain enough to stand in
# configuration files unquoted, out of others' hands, and reachable by the
# services' users.
state_folder_is_usable() {  # FOLDER
  ((${#1} <= STATE_PATH_BYTES_MAX)) || return 1
  [[ "$1" =~ ^[A-Za-z0-9/._-]+$ ]] || return 1
  folder_is_trusted "$(dirname "$1")" || return 1
  ((EUID != 0)) || run_as nobody test -x "$(dirname "$1")"
}

# Beside the tree where that can serve, else under the machine's folder for
# state, named by a digest of RUN_DIR.
make_state_folder() {
  local digest base
  mkdir -p "${RUN_DIR}"
  if [[ -e "${RUN_DIR}/state" ]]; then
    STATE=$(realpath "${RUN_DIR}/state")
    folder_is_trusted "${STATE}" ||
      fail "others than you can write ${STATE} or a folder above it; make a" \
        "new stack: down --purge, then up"
    return 0
  fi
  STATE=${RUN_DIR}/state
  if ! state_folder_is_usable "${STATE}"; then
    base=/var/lib/sluice-local
    ((EUID == 0)) || base=${HOME}/.local/state/sluice-local
    digest=$(printf '%s' "${RUN_DIR}" | sha256sum | cut -c 1-12)
    STATE=${base}/${digest}
    mkdir -p "${base}"
    state_folder_is_usable "${STATE}" ||
      fail "the path of ${RUN_DIR} can't hold the stack; use --dir"
    ln -sfn "${STATE}" "${RUN_DIR}/state"
  fi
  mkdir -p "${STATE}"
  touch "${STATE}/${STATE_MARK}"
}

# find_state_folder: for `down`; fails when there is none.
find_state_folder() {
  STATE=$(realpath -e "${RUN_DIR}/state" 2>/dev/null) &&
    [[ -e "${STATE}/${STATE_MARK}" ]]
}

# check_state_owner: what root has started only root can stop.
check_state_owner() {
  local owner
  owner=$(stat -c %u "${STATE}")
  [[ "${owner}" == "${EUID}" ]] ||
    fail "${RUN_DIR} belongs to $(id -un "${owner}" 2>/dev/null ||
      echo "user ${owner}"); run this as that user"
}

# make_folder PATH OWNER GROUP MODE
make_folder() {
  if ((EUID == 0)); then
    install -d -o "$2" -g "$3" -m "$4" "$1"
  else
    install -d -m "$4" "$1"
  fi
}

make_folders() {
  local postgres_group pgbouncer_group gateway_group own node part
  own=$(id -g)
  postgres_group=$(id -g "${POSTGRES_USER}")
  pgbouncer_group=$(id -g "${PGBOUNCER_USER}")
  gateway_group=$(id -g "${GATEWAY_USER}")
  make_folder "${STATE}/bin" "${EUID}" "${own}" 0755
  make_folder "${STATE}/ca" "${EUID}" "${own}" 0700
  make_folder "${STATE}/secrets" "${EUID}" "${own}" 0700
  make_folder "${STATE}/client" "${CALLER_UID}" "${own}" 0700
  for node in "${NODES[@]}"; do
    make_folder "${STATE}/${node}" "${EUID}" "${postgres_group}" 0750
    make_folder "${STATE}/${node}/log" "${POSTGRES_USER}" "${postgres_group}" 0700
  done
  make_folder "${STATE}/pgbouncer" "${EUID}" "${pgbouncer_group}" 0750
  make_folder "${STATE}/pgbouncer/log" \
    "${PGBOUNCER_USER}" "${pgbouncer_group}" 0700
  make_folder "${STATE}/pgbouncer/entries" \
    "${PGBOUNCER_USER}" "${pgbouncer_group}" 0700
  make_folder "${STATE}/discovery" "${EUID}" "${own}" 0755
  make_folder "${STATE}/proposals" "${GATEWAY_USER}" "${gateway_group}" 0755
  make_folder "${STATE}/failover" "${EUID}" "${own}" 0700
  make_folder "${STATE}/gateway" "${EUID}" "${gateway_group}" 0750
  for part in log audit keys; do
    make_folder "${STATE}/gateway/${part}" \
      "${GATEWAY_USER}" "${gateway_group}" 0700
  done
  make_folder "${STATE}/sockets" "${EUID}" "${own}" 0755
  make_folder "${STATE}/sockets/postgres" \
    "${POSTGRES_USER}" "${postgres_group}" 0700
  # The set-group-id bit gives pgbouncer's socket the gateway's group: these
  # two users enter, nobody else.
  make_folder "${STATE}/sockets/pgbouncer" \
    "${PGBOUNCER_USER}" "${gateway_group}" 2750
}

# put_file PATH OWNER[:GROUP] MODE: writes standard input where it differs from
# what is there. Prints the path when it was changed.
put_file() {
  local path=$1 owner=$2 mode=$3 fresh
  fresh=$(mktemp "${path}.XXXXXX")
  cat >"${fresh}"
  if cmp -s "${fresh}" "${path}"; then
    rm -f "${fresh}"
    return 0
  fi
  [[ "${owner}" == *:* ]] || owner+=:$(id -g "${owner}")
  ((EUID != 0)) || chown "${owner}" "${fresh}"
  chmod "${mode}" "${fresh}"
  mv -f "${fresh}" "${path}"
  echo "${path}"
}

# make_secret PATH: 32 random bytes in hex, made once, readable by nobody else.
make_secret() {
  [[ -s "$1" ]] || (umask 077 && openssl rand -hex 32 >"$1")
}
