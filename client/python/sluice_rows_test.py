#!/usr/bin/python3
"""Tests of the Python row reader. Usage: sluice_rows_test.py STUBS."""

import datetime
import decimal
import math
import sys
import unittest
import uuid

sys.path.insert(0, sys.argv.pop(1))

from google.protobuf import text_format
import sluice_rows
from sluice.v1 import types_pb2


def result(text):
    return text_format.Parse(text, types_pb2.ResultSet())


def value(column, pg_type=""):
    """The value of the one row of a column."""
    (row,) = sluice_rows.tuples(
        result(f"row_count: 1 metadata {{ name: 'c' type {{ {pg_type} }} }} "
               f"columns {{ {column} }}"))
    return row[0]


class SluiceRowsTest(unittest.TestCase):

    def test_rows_come_as_tuples_and_as_dicts(self):
        rows = result("""
            row_count: 2
            metadata { name: "a" } columns { int64s { values: [1, 2] } }
            metadata { name: "b" } columns { texts { values: ["x", "y"] } }""")
        self.assertEqual(sluice_rows.tuples(rows), [(1, "x"), (2, "y")])
        self.assertEqual(
            sluice_rows.dicts(rows), [{"a": 1, "b": "x"}, {"a": 2, "b": "y"}])

    def test_results_without_rows_or_columns(self):
        self.assertEqual(
            sluice_rows.tuples(result("metadata { name: 'a' } columns { }")),
            [])
        self.assertEqual(sluice_rows.tuples(result("row_count: 2")), [(), ()])

    def test_nulls_are_none_by_their_bit(self):
        rows = result(r"""
            row_count: 9
            metadata { name: "a" }
            columns { nulls: "\002\001"
                      bools { values: [1, 0, 1, 1, 1, 1, 1, 1, 0] } }""")
        found = [row[0] for row in sluice_rows.tuples(rows)]
        self.assertEqual(found, [True, None] + [True] * 6 + [None])

    def test_a_null_slot_is_never_converted(self):
        self.assertIsNone(value(r'nulls: "\001" jsons { values: "" }'))
        self.assertIsNone(value(r'nulls: "\001" uuids { values: "" }'))

    def test_numbers_keep_every_digit(self):
        self.assertEqual(value("int64s { values: -9223372036854775808 }"),
                         -2**63)
        self.assertEqual(
            str(value("numerics { values: '1.10000000000000000000000000000' }")),
            "1.10000000000000000000000000000")
        self.assertEqual(value("numerics { values: '-Infinity' }"),
                         decimal.Decimal("-Infinity"))
        self.assertTrue(math.isnan(value("doubles { values: nan }")))

    def test_timestamps_know_their_zone(self):
        utc = datetime.timezone.utc
        self.assertEqual(
            value("timestamps { values: 1500000 }", "oid: 1184"),
            datetime.datetime(1970, 1, 1, 0, 0, 1, 500000, utc))
        self.assertEqual(
            value("timestamps { values: -1 }", "oid: 1114"),
            datetime.datetime(1969, 12, 31, 23, 59, 59, 999999))
        self.assertEqual(
            value("timestamps { values: 9223372036854775807 }", "oid: 1184"),
            datetime.datetime.max.replace(tzinfo=utc))

    def test_dates_times_and_intervals(self):
        self.assertEqual(value("dates { values: 19782 }"),
                         datetime.date(2024, 2, 29))
        self.assertEqual(value("dates { values: -2147483648 }"),
                         datetime.date.min)
        self.assertEqual(value("times { values: 3600000001 }"),
                         datetime.time(1, 0, 0, 1))
        self.assertEqual(
            value("intervals { values { months: 14 days: -3 "
                  "microseconds: 5 } }"), sluice_rows.Interval(14, -3, 5))

    def test_what_python_has_no_match_for_raises(self):
        for column in ("dates { values: -719163 }",
                       "timestamps { values: -62135596800000001 }",
                       "times { values: 86400000000 }"):
            with self.assertRaises(OverflowError):
                value(column)

    def test_bytes_uuids_json_and_other_types(self):
        self.assertEqual(value(r'blobs { values: "\000\377" }'), b"\x00\xff")
        self.assertEqual(value(r'uuids { values: "0123456789abcdef" }'),
                         uuid.UUID(bytes=b"0123456789abcdef"))
        self.assertEqual(value(r'''jsons { values: '{"a": [1, null]}' }'''),
                         {"a": [1, None]})
        self.assertEqual(value('others { values: "$1.00" }'), "$1.00")

    def test_arrays_are_nested_lists(self):
        rows = result(r"""
            row_count: 4
            metadata { name: "a" }
            columns {
              nulls: "\002"
              arrays {
                elements { nulls: "\002" int64s { values: [1, 0, 3, 4, 5] } }
                offsets: [0, 1, 1, 5, 5]
                dimensions: [1, 0, 2, 0]
                lengths: [1, 2, 2]
                lower_bounds: [7, 1, 1]
              }
            }""")
        found = [row[0] for row in sluice_rows.tuples(rows)]
        self.assertEqual(found, [[1], None, [[None, 3], [4, 5]], []])

    def test_arrays_of_one_dimension_need_no_lengths(self):
        self.assertEqual(
            value("arrays { elements { numerics { values: ['1.5', '2'] } } "
                  "offsets: [0, 2] }"),
            [decimal.Decimal("1.5"), 2])

    def test_composites_are_dicts(self):
        self.assertEqual(
            value(r'''composites {
                        fields { int64s { values: 1 } }
                        fields { nulls: "\001" texts { values: "" } } }''',
                  "fields { name: 'x' } fields { name: 'y' }"),
            {"x": 1, "y": None})


if __name__ == "__main__":
    unittest.main()
