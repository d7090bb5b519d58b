#!/usr/bin/python3
"""Checks that golden/streams.json is what golden_streams.py makes. Usage:
golden_streams_test.py STUBS."""

import sys
import unittest

sys.path.insert(0, sys.argv.pop(1))

import golden
import golden_streams


class GoldenStreamsTest(unittest.TestCase):

    def test_the_file_is_what_is_made(self):
        self.assertEqual(golden.STREAMS.read_text(),
                         golden.written(golden_streams.make_streams()))


if __name__ == "__main__":
    unittest.main()
