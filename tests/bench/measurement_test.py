"""Tests of what turns readings into figures."""

import signal
import subprocess
import sys
import unittest

import report
from loads import (BEGIN, END, PgbenchLoad, PsqlCopyLoad, SluiceLoad,
                   StreamLoad)
from measurement import LoadFailed, Sample, make_sample, measure
from processor_time import processor_seconds
from row import BASELINE, SLUICE, Row

# Uses 0.3 s of CPU.
SPIN = "import time\nwhile time.process_time() < 0.3: pass\n"
# The same, tells so, and waits for the end of its standard input.
SPIN_AND_WAIT = SPIN + "import sys\nprint(flush=True)\nsys.stdin.read()\n"


def started(load_class, **fields):
    """A load that has not been made for a stack."""
    load = load_class.__new__(load_class)
    load.__dict__.update(fields)
    load.start()
    return load


class ScriptedLoad:
    """A Python script as a load, which prints its marks."""

    stop_signal = None

    def __init__(self, script):
        self.command = [sys.executable, "-c", script]
        self.environment = None

    def start(self):
        pass

    def read(self, line):
        return line.strip() if line.strip() in (BEGIN, END) else None

    def result(self):
        return {"calls": 1000, "seconds": 2, "errors": 0, "latencies_ms": {}}


class ProcessorTimeTest(unittest.TestCase):
    def test_counts_children_that_run_and_that_have_ended(self):
        nested = (
            "import subprocess, sys\n"
            f"subprocess.run([sys.executable, '-c', {SPIN!r}])\n"
            f"subprocess.run([sys.executable, '-c', {SPIN_AND_WAIT!r}])\n")
        with subprocess.Popen([sys.executable, "-c", nested], text=True,
                              stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE) as process:
            process.stdout.readline()
            used = processor_seconds({"tree": process.pid})["tree"]
        self.assertGreater(used, 0.55)
        self.assertLess(used, 1.5)

    def test_a_process_that_has_ended_is_an_error(self):
        process = subprocess.Popen(["true"])
        process.wait()
        with self.assertRaises(ProcessLookupError):
            processor_seconds({"gone": process.pid})


class MeasureTest(unittest.TestCase):
    def test_cpu_counts_between_the_marks_only(self):
        mark = "print('{}', flush=True)\ninput_ = __import__('time').sleep(0.2)\n"
        script = SPIN + mark.format(BEGIN) + mark.format(END) + SPIN
        sample = measure(ScriptedLoad(script), {})
        self.assertEqual(500, sample.rate)
        self.assertLess(sample.processor_us["load client"], 100)

    def test_a_load_with_a_stop_signal_ends_by_it(self):
        load = ScriptedLoad(
            "import signal, sys, time\n"
            "signal.signal(signal.SIGALRM, lambda *_: sys.exit(0))\n"
            f"print('{BEGIN}\\n{END}', flush=True)\n"
            "time.sleep(60)\nsys.exit(1)\n")
        load.stop_signal = signal.SIGALRM
        self.assertEqual(500, measure(load, {}).rate)

    def test_a_load_that_ends_badly_gives_no_figure(self):
        for script in ["", f"print('{BEGIN}\\n{END}'); exit(3)"]:
            with self.subTest(script), self.assertRaises(LoadFailed):
                measure(ScriptedLoad(script), {})

    def test_calls_that_fail_give_no_figure(self):
        readings = {BEGIN: {}, END: {}}
        for result in [{"errors": 1, "calls": 99}, {"errors": 0, "calls": 0}]:
            with self.subTest(result), self.assertRaises(LoadFailed):
                make_sample(result, readings, [])


class LoadsTest(unittest.TestCase):
    def test_pgbench_counts_from_the_first_second_on(self):
        load = started(PgbenchLoad, _seconds=2)
        line = "progress: {} s, {} tps, lat {} ms stddev 0.1, 0 failed\n"
        marks = [load.read(text) for text in [
            "pgbench (15)\n", line.format("1.0", "100.0", "9.000"),
            line.format("2.0", "1000.0", "1.000"),
            line.format("4.0", "2000.0", "2.000"),
            line.format("5.0", "9999.0", "9.000")]]
        self.assertEqual([None, BEGIN, None, END, None], marks)
        result = load.result()
        self.assertEqual((5000, 3, 0),
                         (result["calls"], result["seconds"], result["errors"]))
        self.assertAlmostEqual(1.8, result["latencies_ms"]["mean"])

    def test_the_load_client_tells_marks_and_a_summary(self):
        load = started(SluiceLoad)
        self.assertIsNone(load.read("a line of gRPC's log\n"))
        self.assertEqual(BEGIN, load.read('{"mark": "begin"}\n'))
        self.assertEqual(END, load.read('{"mark": "end"}\n'))
        self.assertIsNone(load.read(
            '{"calls": 7, "seconds": 1.0, "errors": 0, "latency_mean_us": 1500,'
            ' "latency_p50_us": 1000, "latency_p99_us": 3000}\n'))
        self.assertEqual({"mean": 1.5, "p50": 1.0, "p99": 3.0},
                         load.result()["latencies_ms"])

    def test_psql_counts_from_the_end_of_the_first_copy_on(self):
        load = started(PsqlCopyLoad, _copies=2)
        marks = [load.read(text) for text in [
            "Timing is on.\n", "COPY 10\n", "Time: 900.000 ms\n",
            "COPY 10\n", "Time: 1500.500 ms (00:01.501)\n",
            "COPY 10\n", "Time: 499.500 ms\n"]]
        self.assertEqual([None, None, BEGIN, None, None, None, END], marks)
        result = load.result()
        self.assertEqual((20, 2, 1000), (result["calls"], result["seconds"],
                                         result["latencies_ms"]["mean"]))

    def test_streams_are_counted_in_rows(self):
        load = started(StreamLoad, _streams=4)
        self.assertEqual(END, load.read('{"mark": "end"}\n'))
        self.assertIsNone(load.read('{"calls": 4000, "seconds": 2.0}\n'))
        result = load.result()
        self.assertEqual((4000, 2, 500), (result["calls"], result["seconds"],
                                          result["latencies_ms"]["mean"]))


class ReportTest(unittest.TestCase):
    def test_ratios_are_of_samples_of_the_same_round(self):
        row = Row("read", {})
        for theirs, ours in [(100, 50), (1000, 1000), (10, 20)]:
            row.samples[BASELINE].append(Sample(theirs, {"PostgreSQL": 40}, {}))
            row.samples[SLUICE].append(
                Sample(ours, {"PostgreSQL": 10, "gateway": 20, "load client": 99}, {}))
        self.assertEqual(
            "| read | 1.00 (0.50..2.00)    | 0.75 (0.75..0.75)                   "
            "| 0.25 (0.25..0.25)   |",
            report.ratio_table([row])[2])


if __name__ == "__main__":
    unittest.main()
