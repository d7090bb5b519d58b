"""CPU time of processes, out of /proc/PID/stat (proc(5))."""

import collections
import os
import pathlib

_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")

# Fields behind the command's name, which may hold anything.
_PARENT, _USER, _SYSTEM, _REAPED_USER, _REAPED_SYSTEM = 1, 11, 12, 13, 14


def processor_seconds(roots):
    """Seconds of CPU that each process has used, by name out of `roots` (name
    to pid): with all its descendants, also those that have exited."""
    ticks, children = _read_processes()
    return {name: _tree_ticks(pid, ticks, children) / _TICKS_PER_SECOND
            for name, pid in roots.items()}


def _read_processes():
    """Ticks by pid, and children by pid."""
    ticks, children = {}, collections.defaultdict(list)
    for entry in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue  # It ended meanwhile.
        pid = int(entry.name)
        # A process adds to its own what its children had used when they ended.
        ticks[pid] = sum(int(fields[index]) for index in (
            _USER, _SYSTEM, _REAPED_USER, _REAPED_SYSTEM))
        children[int(fields[_PARENT])].append(pid)
    return ticks, children


def _tree_ticks(pid, ticks, children):
    if pid not in ticks:
        raise ProcessLookupError(f"process {pid} has ended")
    return ticks[pid] + sum(
        _tree_ticks(child, ticks, children) for child in children[pid])
