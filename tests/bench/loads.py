"""The loads: a command that calls, and how what it prints is read.

A load's output is read line by line. `read` says what a line means: BEGIN and
END are the ends of the time that is counted. After END it gets `stop_signal`,
where it has one.
"""

import json
import os
import re
import signal

from row import BASELINE, SLUICE, Row

BEGIN, END = "begin", "end"
WARM_UP_SECONDS = 1
# Most that connecting may take: pgbench's duration includes it.
CONNECT_SECONDS = 60


def point_read_row(stack, in_flight, arguments):
    """`SELECT abalance FROM pgbench_accounts WHERE aid = $1`, unary."""
    return Row(f"unary point read, {in_flight} in flight", {
        BASELINE: PgbenchLoad(stack, in_flight, arguments.seconds),
        SLUICE: SluiceLoad(stack, in_flight, arguments),
    })


class PgbenchLoad:
    """pgbench's select-only script through the baseline's pooler.

    Of its progress lines, one a second, the first ends the warm-up.
    """

    _PROGRESS = re.compile(
        r"progress: ([\d.]+) s, ([\d.]+) tps, lat ([\d.]+) ms .*?(\d+) failed")

    # What its own timer sends: it lets the calls in flight end.
    stop_signal = signal.SIGALRM

    def __init__(self, stack, clients, seconds):
        duration = CONNECT_SECONDS + WARM_UP_SECONDS + seconds
        self.command = [
            stack.facts["pgbench"], "-n", "-M", "extended", "-S",
            "-c", str(clients), "-j", "2", "-T", str(duration), "-P", "1"]
        self.environment = stack.pgbench_environment()
        self._seconds = seconds

    def start(self):
        self._lines = []

    def read(self, line):
        found = self._PROGRESS.match(line)
        if found is None or len(self._lines) > self._seconds:
            return None
        self._lines.append(tuple(map(float, found.groups())))
        if len(self._lines) == WARM_UP_SECONDS:
            return BEGIN
        return END if len(self._lines) == WARM_UP_SECONDS + self._seconds else None

    def result(self):
        """Calls, seconds, failed calls, latencies."""
        calls = seconds = waited_ms = failed = 0
        for before, (at, rate, latency_ms, fails) in zip(self._lines, self._lines[1:]):
            calls += rate * (at - before[0])
            waited_ms += latency_ms * rate * (at - before[0])
            seconds += at - before[0]
            failed += fails
        return {"calls": calls, "seconds": seconds, "errors": failed,
                "latencies_ms": {"mean": waited_ms / max(calls, 1)}}


class SluiceLoad:
    """Database.Query by sluice_bench_client."""

    stop_signal = None

    def __init__(self, stack, in_flight, arguments):
        self.command = [
            stack.facts["load_client"],
            f"--address=127.0.0.1:{stack.facts['gateway_port']}",
            f"--ca={stack.client_file('ca.crt')}",
            f"--cert={stack.client_file('demo.crt')}",
            f"--key={stack.client_file('demo.key')}",
            f"--rows={stack.facts['rows']}", f"--in_flight={in_flight}",
            f"--channels={arguments.channels}", f"--threads={arguments.threads}",
            f"--warm_up={WARM_UP_SECONDS}s", f"--duration={arguments.seconds}s"]
        self.environment = os.environ

    def start(self):
        self._summary = {}

    def read(self, line):
        try:
            told = json.loads(line)
        except ValueError:
            return None
        if "mark" in told:
            return told["mark"]
        self._summary = told
        return None

    def result(self):
        """Calls, seconds, failed calls, latencies."""
        told = self._summary
        return {"calls": told["calls"], "seconds": told["seconds"],
                "errors": told["errors"],
                "latencies_ms": {name: told[f"latency_{name}_us"] / 1000
                                 for name in ("mean", "p50", "p99")}}
