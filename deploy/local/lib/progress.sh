# Progress lines and failures, for the scripts that people run.
# shellcheck shell=bash

# say WHAT WORDS...: one line of progress.
say() {
  printf '  %-11s %s\n' "$1" "${*:2}"
}

fail() {
  printf '%s: %s\n' "$(basename "$0")" "$*" >&2
  exit 1
}

# show_tail FILE: the end of a log, where a failure points at it.
show_tail() {
  [[ -s "$1" ]] || return 0
  printf -- '--- the end of %s\n' "$1" >&2
  tail -n 25 "$1" >&2
}

# wait_until SECONDS COMMAND...: polls until the command succeeds; fails when
# the time is over. The command's output is dropped.
wait_until() {
  local deadline=$((SECONDS + $1))
  shift
  until "$@" >/dev/null 2>&1; do
    ((SECONDS < deadline)) || return 1
    sleep 0.1
  done
}
