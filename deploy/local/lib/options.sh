# The options that `up` and `down` share.
# shellcheck shell=bash
# Needs progress.sh, and SLUICE_ROOT. Sets:
#   RUN_DIR     the folder of the stack, absolute
#   PORT_BASE   first of its six ports; empty when not asked for
#   PURGE       "purge" when everything is to be removed
# shellcheck disable=SC2034

parse_options() {  # USAGE ARGUMENTS...
  local usage=$1 dir=${SLUICE_LOCAL_DIR:-${SLUICE_ROOT}/deploy/local/run}
  shift
  PORT_BASE=${SLUICE_PORT_BASE:-}
  PURGE=''
  while (($# > 0)); do
    case "$1" in
      --dir) dir=$(option_value "$@") || exit 2; shift ;;
      --dir=*) dir=${1#*=} ;;
      --port-base) PORT_BASE=$(option_value "$@") || exit 2; shift ;;
      --port-base=*) PORT_BASE=${1#*=} ;;
      --purge) PURGE=purge ;;
      -h | --help) echo "${usage}"; exit 0 ;;
      *) echo "${usage}" >&2; exit 2 ;;
    esac
    shift
  done
  RUN_DIR=$(realpath -m -- "${dir}")
  [[ -z "${PORT_BASE}" ]] || check_port_base
}

option_value() {
  (($# >= 2)) || fail "$1 needs a value"
  echo "$2"
}

check_port_base() {
  local number=0
  [[ ! "${PORT_BASE}" =~ ^[0-9]{1,5}$ ]] || number=$((10#${PORT_BASE}))
  ((number >= 1024 && number <= 65530)) ||
    fail "--port-base: from 1024 to 65530, not ${PORT_BASE}"
  PORT_BASE=${number}
}

# Runs the script anew under the stack's lock, so that two of them can't work
# on one folder at once. The lock's descriptor is not handed on: daemons would
# keep it.
take_lock() {  # SCRIPT ARGUMENTS...
  [[ "${SLUICE_LOCKED:-}" != "${RUN_DIR}" ]] || return 0
  mkdir -p "${RUN_DIR}"
  SLUICE_LOCKED=${RUN_DIR} exec flock --close "${RUN_DIR}/.lock" "$@"
}
