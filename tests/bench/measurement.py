"""One load run once, and what it cost every process."""

import dataclasses
import subprocess

from loads import BEGIN, END
from processor_time import processor_seconds

LOAD = "load client"


class LoadFailed(Exception):
    """A load ended badly, or calls of it failed: no figure would be right."""


@dataclasses.dataclass
class Sample:
    rate: float  # Calls or rows per second.
    processor_us: dict  # CPU per call in microseconds, by process.
    latencies_ms: dict  # By "mean", "p50", "p99"; what the load can tell.

    def servers_us(self):
        """CPU per call of all but the load itself."""
        return sum(time for name, time in self.processor_us.items() if name != LOAD)


def measure(load, server_pids):
    """Runs the load; CPU counts between its marks.

    Errors: LoadFailed.
    """
    load.start()
    readings, output = {}, []
    with subprocess.Popen(
            load.command, env=load.environment, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        try:
            roots = server_pids | {LOAD: process.pid}
            for line in process.stdout:
                output.append(line)
                mark = load.read(line)
                if mark is not None:
                    readings[mark] = processor_seconds(roots)
                if mark == END and load.stop_signal is not None:
                    process.send_signal(load.stop_signal)
            code = process.wait()
        finally:
            process.kill()
    if code != 0 or set(readings) != {BEGIN, END}:
        raise LoadFailed(f"exit code {code} of {' '.join(load.command)}\n"
                         + "".join(output[-20:]))
    return make_sample(load.result(), readings, output)


def make_sample(result, readings, output):
    if result["errors"] or not result["calls"]:
        raise LoadFailed(f"{result['errors']} of {result['calls']} calls failed\n"
                         + "".join(output[-20:]))
    return Sample(
        rate=result["calls"] / result["seconds"],
        processor_us={
            name: (readings[END][name] - before) * 1e6 / result["calls"]
            for name, before in readings[BEGIN].items()},
        latencies_ms=result["latencies_ms"])
