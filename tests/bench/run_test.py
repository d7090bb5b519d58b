"""A test that tests/bench/run works. What it measures in so short a time, on a
build of any kind, means nothing."""

import re
import pathlib
import sys
import unittest

sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent / "e2e"))

from local_stack import LocalStack  # noqa: E402


class RunTest(unittest.TestCase):
    def setUp(self):
        self.stack = LocalStack()
        self.addCleanup(self.stack.close)

    def test_shows_the_ratios_of_every_row_and_leaves_nothing_running(self):
        output = self.stack.run("./tests/bench/run --rounds 1 --seconds 1")
        for work in ["unary point read, 8 in flight",
                     "unary point read, 128 in flight",
                     "stream of a million rows",
                     "TPC-B transaction, 8 in flight",
                     "TPC-B transaction, 32 in flight",
                     "single insert, 32 in flight"]:
            row = re.search(
                rf"(?m)^\| {work} +"
                r"\| ([\d.]+) \([\d.]+\.\.[\d.]+\) +\| ([\d.]+) \(.*"
                r"\| ([\d.]+) \(", output)
            self.assertIsNotNone(row, output)
            for ratio in row.groups():
                self.assertGreater(float(ratio), 0)
        state = re.search(r"(?m)^sluice in (/\S+)$", output).group(1)
        self.assertFalse(pathlib.Path(state).exists())


if __name__ == "__main__":
    unittest.main()
