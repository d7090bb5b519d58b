#!/usr/bin/python3
"""Tests of the reader of errors on the golden ones. Usage:
sluice_errors_test.py STUBS."""

import base64
import json
import pathlib
import sys
import unittest

sys.path.insert(0, sys.argv.pop(1))

import sluice_errors

ERRORS = json.loads(
    (pathlib.Path(__file__).resolve().parent.parent /
     "tests/golden/errors.json").read_text())


class ErrorWith:
    """What sluice_errors looks at of a grpc.RpcError."""

    def __init__(self, trailers):
        self._trailers = trailers

    def trailing_metadata(self):
        return self._trailers


class SluiceErrorsTest(unittest.TestCase):

    def test_details_are_taken_out(self):
        for case in ERRORS:
            with self.subTest(case["name"]):
                found = sluice_errors.parse(ErrorWith((
                    ("other", "text"),
                    ("grpc-status-details-bin",
                     base64.b64decode(case["status"])))))
                diagnostic = found.diagnostic
                self.assertEqual(found.reason, case["reason"])
                self.assertEqual(found.metadata, case["metadata"])
                self.assertEqual(diagnostic and diagnostic.sqlstate,
                                 case["sqlstate"])

    def test_an_error_of_grpc_itself_has_no_reason(self):
        for trailers in (None, ()):
            self.assertEqual(sluice_errors.parse(ErrorWith(trailers)),
                             ("", {}, None))


if __name__ == "__main__":
    unittest.main()
