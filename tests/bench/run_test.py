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

    def test_shows_the_ratios_of_both_rows_and_leaves_nothing_running(self):
        output = self.stack.run("./tests/bench/run --rounds 1 --seconds 1")
        for in_flight in [8, 128]:
            row = re.search(
                rf"(?m)^\| unary point read, {in_flight} in flight +"
                r"\| ([\d.]+) \([\d.]+\.\.[\d.]+\) +\| ([\d.]+) \(", output)
            self.assertIsNotNone(row, output)
            for ratio in row.groups():
                self.assertGreater(float(ratio), 0)
        state = re.search(r"(?m)^sluice in (/\S+)$", output).group(1)
        self.assertFalse(pathlib.Path(state).exists())


if __name__ == "__main__":
    unittest.main()
