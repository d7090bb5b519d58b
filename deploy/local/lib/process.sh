# Daemons: starting, recognizing and stopping them.
# shellcheck shell=bash
# Needs progress.sh and layout.sh.
#
# A pid file can be older than the process that now has its pid. So a process
# counts as ours only if its command line has the argument that names the
# stack's own file or folder.

# running_pid PIDFILE ARGUMENT: prints the pid, fails when it does not run.
running_pid() {
  local pid
  pid=$(head -n 1 "$1" 2>/dev/null) || return 1
  [[ "${pid}" =~ ^[1-9][0-9]*$ && -r "/proc/${pid}/cmdline" ]] || return 1
  tr '\0' '\n' <"/proc/${pid}/cmdline" | grep -qxF -e "$2" || return 1
  echo "${pid}"
}

# start_daemon USER PIDFILE LOG COMMAND...: detached from terminal and caller.
# PIDFILE and LOG are opened as USER.
start_daemon() {
  local user=$1 pidfile=$2 log=$3
  shift 3
  # shellcheck disable=SC2016  # the inner shell's parameters
  run_as "${user}" setsid --fork bash -c '
    echo "$$" >"$1" && exec "${@:3}" </dev/null >>"$2" 2>&1
  ' sluice-daemon "${pidfile}" "${log}" "$@" </dev/null >/dev/null 2>&1
}

process_is_gone() {  # PIDFILE ARGUMENT
  ! running_pid "$1" "$2" >/dev/null
}

# stop_daemon NAME PIDFILE ARGUMENT SECONDS: SIGTERM, and SIGKILL when it has
# not ended after SECONDS.
stop_daemon() {
  local name=$1 pidfile=$2 argument=$3 seconds=$4 pid
  if ! pid=$(running_pid "${pidfile}" "${argument}"); then
    rm -f "${pidfile}"
    return 0
  fi
  kill -TERM "${pid}" 2>/dev/null || true
  if ! wait_until "${seconds}" process_is_gone "${pidfile}" "${argument}"; then
    say "${name}" "did not stop within ${seconds} s, killed"
    kill -KILL "${pid}" 2>/dev/null || true
    wait_until 5 process_is_gone "${pidfile}" "${argument}" ||
      fail "${name}: process ${pid} can't be ended"
  fi
  rm -f "${pidfile}"
  say "${name}" "stopped"
}

# check_port_is_free PORT WHAT
check_port_is_free() {
  [[ -z $(ss -Hltn "sport = :$1") ]] ||
    fail "port $1, for $2, is taken; choose others with --port-base"
}
