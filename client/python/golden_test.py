#!/usr/bin/python3
"""Tests of the Python readers on the golden results. Usage: golden_test.py
STUBS."""

import datetime
import decimal
import json
import pathlib
import sys
import unittest
import uuid

sys.path.insert(0, sys.argv.pop(1))

from google.protobuf import json_format
import sluice_rows
import sluice_stream
from sluice.v1 import database_pb2, types_pb2

GOLDEN = pathlib.Path(__file__).resolve().parent.parent / "tests/golden"
RESULTS = json.loads((GOLDEN / "results.json").read_text())
STREAMS = json.loads((GOLDEN / "streams.json").read_text())


def or_infinite(parse, first, last):
    ends = {"-infinity": first, "infinity": last}
    return lambda text: ends[text] if text in ends else parse(text)


def in_utc(time):
    return time.replace(tzinfo=datetime.timezone.utc)


DATE, TIME = datetime.date, datetime.datetime
SCALARS = {
    **dict.fromkeys(("smallint", "integer", "bigint", "oid", "xid"), int),
    **dict.fromkeys(("real", "double precision"), float),
    **dict.fromkeys(("json", "jsonb"), json.loads),
    "boolean": bool,
    "numeric": decimal.Decimal,
    "bytea": lambda text: bytes.fromhex(text[2:]),
    "date": or_infinite(DATE.fromisoformat, DATE.min, DATE.max),
    "timestamp without time zone":
        or_infinite(TIME.fromisoformat, TIME.min, TIME.max),
    "timestamp with time zone":
        or_infinite(TIME.fromisoformat, in_utc(TIME.min), in_utc(TIME.max)),
    "time without time zone": datetime.time.fromisoformat,
    "interval": lambda parts: sluice_rows.Interval(
        **{name: int(part) for name, part in parts.items()}),
    "uuid": uuid.UUID,
}


def expected(pg_type, value):
    """The Python value that a golden value stands for."""
    if value is None:
        return None
    if pg_type.kind == types_pb2.TYPE_KIND_ARRAY:
        return [expected(pg_type if isinstance(inner, list) else pg_type.element,
                         inner) for inner in value]
    if pg_type.kind == types_pb2.TYPE_KIND_COMPOSITE:
        return {field.name: expected(field.type, value[field.name])
                for field in pg_type.fields}
    if pg_type.kind == types_pb2.TYPE_KIND_MULTIRANGE:
        return [expected(pg_type.element, inner) for inner in value]
    if pg_type.kind == types_pb2.TYPE_KIND_RANGE:
        bounds = {end: expected(pg_type.element, value[end])
                  for end in ("lower", "upper")}
        return sluice_rows.Range(**{**value, **bounds})
    return SCALARS.get(pg_type.name, str)(value)


def expected_rows(metadata, rows):
    return [tuple(expected(meta.type, value)
                  for meta, value in zip(metadata, row)) for row in rows]


def collect(stream):
    """The rows of a stream, and whether they are all."""
    rows = []
    try:
        for row in stream:
            rows.append(row)
    except sluice_stream.IncompleteStream:
        return rows, False
    return rows, True


class GoldenTest(unittest.TestCase):

    # NaN is not equal to itself, 0.0 is to -0.0 and 1.0 to 1: their forms tell.
    def assert_same(self, ours, theirs):
        self.assertEqual([repr(row) for row in ours],
                         [repr(row) for row in theirs])

    def test_results(self):
        for case in RESULTS:
            result_set = json_format.ParseDict(case["result_set"],
                                               types_pb2.ResultSet())
            with self.subTest(case["name"]):
                if "python" in case["beyond"]:
                    with self.assertRaises(OverflowError):
                        sluice_rows.tuples(result_set)
                else:
                    self.assert_same(
                        sluice_rows.tuples(result_set),
                        expected_rows(result_set.metadata, case["rows"]))

    def test_streams(self):
        for case in STREAMS:
            with self.subTest(case["name"]):
                responses = [
                    json_format.ParseDict(each, database_pb2.QueryStreamResponse())
                    for each in case["responses"]]
                stream = sluice_stream.stream_rows(iter(responses))
                found, complete = collect(stream)
                self.assert_same(found,
                                 expected_rows(stream.metadata, case["rows"]))
                self.assertEqual(complete, case["complete"])
                self.assertEqual(stream.summary is not None, complete)

    def test_rows_come_before_the_next_batch_is_read(self):
        (case,) = [case for case in STREAMS if case["name"] == "batches"]
        responses = iter([
            json_format.ParseDict(each, database_pb2.QueryStreamResponse())
            for each in case["responses"]])
        rows = iter(sluice_stream.stream_rows(responses))
        self.assertEqual(next(rows), (1, "a"))
        self.assertEqual(len(list(responses)), 2)

    def test_a_broken_stream_raises_what_broke_it(self):
        def broken():
            yield json_format.ParseDict(STREAMS[0]["responses"][0],
                                        database_pb2.QueryStreamResponse())
            raise ConnectionError("gone")

        with self.assertRaisesRegex(ConnectionError, "gone"):
            list(sluice_stream.stream_rows(broken()))


if __name__ == "__main__":
    unittest.main()
