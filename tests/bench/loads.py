"""The loads: a command that calls, and how what it prints is read.

A load's output is read line by line. `read` says what a line means: BEGIN and
END are the ends of the time that is counted. After END it gets `stop_signal`,
where it has one.
"""

import json
import os
import pathlib
import re
import signal

from row import BASELINE, SLUICE, Row

BEGIN, END = "begin", "end"
WARM_UP_SECONDS = 1
# Most that connecting may take: pgbench's duration includes it.
CONNECT_SECONDS = 60
ACCOUNTS_PER_SCALE = 100000


def point_read_row(stack, in_flight, arguments):
    """`SELECT abalance FROM pgbench_accounts WHERE aid = $1`, unary."""
    return Row(f"unary point read, {in_flight} in flight", {
        BASELINE: PgbenchLoad(stack, ["-S"], in_flight, arguments.seconds),
        SLUICE: SluiceLoad(stack, "point_read", in_flight, arguments),
    })


def tpcb_row(stack, in_flight, arguments):
    """pgbench's tpcb-like script: three updates, a read, an insert."""
    return Row(f"TPC-B transaction, {in_flight} in flight", {
        BASELINE: PgbenchLoad(stack, ["-b", "tpcb-like"], in_flight,
                              arguments.seconds),
        SLUICE: SluiceLoad(stack, "tpcb", in_flight, arguments),
    })


def insert_row(stack, in_flight, arguments):
    """The script's insert alone, as a transaction of its own."""
    script = str(pathlib.Path(__file__).with_name("single_insert.sql"))
    # pgbench knows its scale of its own scripts only.
    scale = stack.facts["rows"] // ACCOUNTS_PER_SCALE
    return Row(f"single insert, {in_flight} in flight", {
        BASELINE: PgbenchLoad(stack, ["-f", script, "-D", f"scale={scale}"],
                              in_flight, arguments.seconds),
        SLUICE: SluiceLoad(stack, "insert", in_flight, arguments),
    })


def stream_row(stack, arguments):
    """All rows of the table `stream_rows`: bigint, int, text."""
    return Row("stream of a million rows", {
        BASELINE: PsqlCopyLoad(stack, arguments.seconds),
        SLUICE: StreamLoad(stack, arguments.seconds),
    })


class PsqlCopyLoad:
    """psql's \\copy of the table to /dev/null, through the baseline's pooler.

    The first one warms up.
    """

    _ROWS = re.compile(r"COPY (\d+)")
    _TIME = re.compile(r"Time: ([\d.]+) ms")
    stop_signal = None

    def __init__(self, stack, copies):
        # Its lines are marks: none may wait in a buffer.
        self.command = ["stdbuf", "-oL", stack.facts["psql"], "-X", "-c", "\\timing on"]
        for _ in range(1 + copies):
            self.command += ["-c", "\\copy stream_rows to '/dev/null'"]
        self.environment = stack.pgbench_environment()
        self._copies = copies

    def start(self):
        self._rows, self._times_ms = [], []

    def read(self, line):
        if found := self._ROWS.match(line):
            self._rows.append(int(found.group(1)))
        if found := self._TIME.match(line):
            self._times_ms.append(float(found.group(1)))
            return {1: BEGIN, 1 + self._copies: END}.get(len(self._times_ms))
        return None

    def result(self):
        """Rows, seconds, failed rows, time of a copy."""
        return {"calls": sum(self._rows[1:]), "errors": 0,
                "seconds": sum(self._times_ms[1:]) / 1000,
                "latencies_ms": {"mean": sum(self._times_ms[1:]) / self._copies}}


class PgbenchLoad:
    """A script of pgbench through the baseline's pooler.

    Of its progress lines, one a second, the first ends the warm-up.
    """

    _PROGRESS = re.compile(
        r"progress: ([\d.]+) s, ([\d.]+) tps, lat ([\d.]+) ms .*?(\d+) failed")

    # What its own timer sends: it lets the calls in flight end.
    stop_signal = signal.SIGALRM

    def __init__(self, stack, script, clients, seconds):
        duration = CONNECT_SECONDS + WARM_UP_SECONDS + seconds
        self.command = [
            stack.facts["pgbench"], "-n", "-M", "extended", *script,
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


def client_command(stack):
    return [
        stack.facts["load_client"],
        f"--address=127.0.0.1:{stack.facts['gateway_port']}",
        f"--ca={stack.client_file('ca.crt')}",
        f"--cert={stack.client_file('demo.crt')}",
        f"--key={stack.client_file('demo.key')}"]


class SluiceLoad:
    """Unary calls by sluice_bench_client."""

    stop_signal = None

    def __init__(self, stack, calls, in_flight, arguments):
        self.command = client_command(stack) + [
            f"--calls={calls}", f"--rows={stack.facts['rows']}",
            f"--in_flight={in_flight}",
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


class StreamLoad(SluiceLoad):
    """Database.QueryStream by sluice_bench_client; it warms up with one."""

    def __init__(self, stack, streams):
        self.command = client_command(stack) + [
            "--stream=SELECT id, number, word FROM stream_rows",
            f"--streams={streams}"]
        self.environment = os.environ
        self._streams = streams

    def result(self):
        """Rows, seconds, failed rows, time of a stream."""
        told = self._summary
        return {"calls": told["calls"], "seconds": told["seconds"], "errors": 0,
                "latencies_ms": {"mean": told["seconds"] * 1000 / self._streams}}
