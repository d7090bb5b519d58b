#!/usr/bin/python3
"""Checks that the golden files that need no gateway are what is made. Usage:
golden_test.py STUBS."""

import sys
import unittest

sys.path.insert(0, sys.argv.pop(1))

import golden
import golden_errors
import golden_streams


class GoldenTest(unittest.TestCase):

    def test_streams_are_what_is_made(self):
        self.assertEqual(golden.STREAMS.read_text(),
                         golden.written(golden_streams.make_streams()))

    def test_errors_are_what_is_made(self):
        self.assertEqual(golden.ERRORS.read_text(),
                         golden.written(golden_errors.make_errors()))


if __name__ == "__main__":
    unittest.main()
