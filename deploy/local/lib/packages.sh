# Debian packages: what running, building and testing need, and how they are
# installed without side effects on the machine.
# shellcheck shell=bash
# Needs progress.sh.
# shellcheck disable=SC2034  # the lists are for those who source this

# Running the local stack.
readonly RUN_PACKAGES=(
  iproute2 openssl passwd pgbouncer postgresql postgresql-client procps python3
  util-linux
)
# Building server and command-line client.
readonly BUILD_PACKAGES=(
  binutils ccache cmake g++ git golang-github-gogo-googleapis-dev libabsl-dev
  libasio-dev libc-ares-dev libcurl4-openssl-dev libedit-dev libgmock-dev
  libgrpc++-dev libgtest-dev libpg-query-dev libpq-dev libpqxx-dev
  libprotobuf-dev libssl-dev libyaml-cpp-dev ninja-build nlohmann-json3-dev
  pkg-config protobuf-compiler protobuf-compiler-grpc
)
# Running the examples in Python and Node.
readonly EXAMPLE_PACKAGES=(nodejs npm python3-grpcio python3-protobuf)
# What the tests need beyond that.
readonly TEST_PACKAGES=(
  clang clang-format clang-tidy etcd-server golang-go golang-google-grpc-dev
  golang-google-protobuf-dev libclang-rt-dev llvm nsd patroni protoc-gen-go
  protoc-gen-go-grpc shellcheck
)

readonly CREATECLUSTER_CONF=/etc/postgresql-common/createcluster.conf
readonly POLICY_RC=/usr/sbin/policy-rc.d

as_root() {
  if ((EUID == 0)); then "$@"; else sudo -- "$@"; fi
}

# Some are there in another form: PostgreSQL without Debian's metapackage,
# Node.js from elsewhere (whose package conflicts with Debian's npm).
package_is_there() {  # PACKAGE
  case "$1" in
    nodejs) command -v node >/dev/null ;;
    npm) command -v npm >/dev/null ;;
    postgresql) compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null ;;
    postgresql-client) compgen -G '/usr/lib/postgresql/*/bin/psql' >/dev/null ;;
    *)
      [[ $(dpkg-query -W -f='${db:Status-Status}\n' "$1" 2>/dev/null |
        sort -u) == installed ]]
      ;;
  esac
}

# missing_packages PACKAGE...: prints those that are not there.
missing_packages() {
  local package
  for package in "$@"; do
    package_is_there "${package}" || echo "${package}"
  done
}

# Runs apt-get, and again while another apt holds a lock: for up to five
# minutes. Output goes to the log.
run_apt() {  # LOG ARGUMENTS...
  local log=$1 deadline=$((SECONDS + 300))
  shift
  until as_root env DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 apt-get \
    -q -y -o DPkg::Lock::Timeout=300 "$@" >"${log}" 2>&1 </dev/null; do
    if ! grep -q 'Could not get lock\|Unable to lock' "${log}" ||
      ((SECONDS > deadline)); then
      show_tail "${log}"
      return 1
    fi
    sleep 2
  done
}

# Keeps packages from starting their services while they are installed
# (invoke-rc.d's policy layer). A policy that is already there stays.
block_services() {
  [[ -e "${POLICY_RC}" ]] && return 0
  printf '#!/bin/sh\n# Written by sluice while it installs packages.\nexit 101\n' |
    as_root tee "${POLICY_RC}" >/dev/null
  as_root chmod 0755 "${POLICY_RC}"
}

unblock_services() {
  if grep -qs 'Written by sluice' "${POLICY_RC}"; then
    as_root rm -f "${POLICY_RC}"
  fi
}

# postgresql's installation would make and start a cluster of its own.
forbid_main_cluster() {
  local pattern='^[#[:space:]]*create_main_cluster[[:space:]]*=.*'
  if grep -q "${pattern}" "${CREATECLUSTER_CONF}"; then
    as_root sed -i "s/${pattern}/create_main_cluster = false/" \
      "${CREATECLUSTER_CONF}"
  else
    echo 'create_main_cluster = false' |
      as_root tee -a "${CREATECLUSTER_CONF}" >/dev/null
  fi
}

install_now() {  # LOG PACKAGE...
  local log=$1
  shift
  run_apt "${log}" update || return 1
  if [[ " $* " == *' postgresql '* ]]; then
    run_apt "${log}" install --no-install-recommends postgresql-common ||
      return 1
    forbid_main_cluster
  fi
  run_apt "${log}" install --no-install-recommends "$@" || return 1
  # Nor at the next boot: the stack runs a pgbouncer of its own, and the tests
  # an etcd.
  command -v systemctl >/dev/null || return 0
  if [[ " $* " == *' pgbouncer '* ]]; then
    as_root systemctl disable --quiet pgbouncer.service >/dev/null 2>&1 || true
  fi
  if [[ " $* " == *' etcd-server '* ]]; then
    as_root systemctl disable --quiet etcd.service >/dev/null 2>&1 || true
  fi
}

# install_packages PACKAGE...: installs what is missing; nothing is asked, no
# service is started.
install_packages() {
  local missing log
  mapfile -t missing < <(missing_packages "$@")
  if ((${#missing[@]} == 0)); then
    say packages "all there"
    return 0
  fi
  if ((EUID != 0)) && ! command -v sudo >/dev/null; then
    fail "packages are missing and there is no sudo; as root, run:" \
      "apt-get install --no-install-recommends ${missing[*]}"
  fi
  say packages "installing ${missing[*]}"
  log=$(mktemp)
  (
    trap unblock_services EXIT
    trap 'exit 130' INT TERM
    block_services
    install_now "${log}" "${missing[@]}"
  ) || fail "packages could not be installed: ${missing[*]}"
  rm -f "${log}"
  say packages "installed"
}
