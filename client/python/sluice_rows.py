"""Rows out of a Sluice ResultSet; sluice_stream has those of a QueryStream.

    for name, size in sluice_rows.tuples(response.result_set): ...
    for row in sluice_rows.dicts(response.result_set): row["name"] ...

NULL is None. numeric is a Decimal with every digit, timestamptz an aware
datetime in UTC, timestamp a naive one, interval an Interval, uuid a UUID, json
what json.loads gives, an array a list (of lists, without its lower bounds), a
composite a dict, a range a Range, a multirange a list of them; a type that
Python has no match for is PostgreSQL's text. The infinities of dates and
timestamps are the ends of Python's range, and what else lies outside of it (BC,
years from 10000, the time 24:00:00) raises OverflowError: select such a column
as text.
"""

import datetime
import decimal
import json
from typing import Any, NamedTuple
import uuid

_TIMESTAMPTZ_OID = 1184
_EPOCH = datetime.datetime(1970, 1, 1)
_INT32_ENDS = (-(2**31), 2**31 - 1)
_INT64_ENDS = (-(2**63), 2**63 - 1)


class Interval(NamedTuple):
    """PostgreSQL's three independent parts of an interval."""

    months: int
    days: int
    microseconds: int


class Range(NamedTuple):
    """A range; a bound of None is none."""

    lower: Any = None
    upper: Any = None
    lower_inclusive: bool = False
    upper_inclusive: bool = False
    empty: bool = False


def tuples(result_set) -> list[tuple]:
    """Returns the rows as tuples, in the order of the columns."""
    reads = readers(result_set.metadata, result_set.columns)
    return [tuple(read(row) for read in reads)
            for row in range(result_set.row_count)]


def dicts(result_set) -> list[dict[str, Any]]:
    """Returns the rows as dicts; of columns of one name the last one wins."""
    names = [meta.name for meta in result_set.metadata]
    return [dict(zip(names, row)) for row in tuples(result_set)]


def readers(metadata, columns):
    """Returns a function per column, from the number of a row to its value."""
    return [reader(meta.type, column)
            for meta, column in zip(metadata, columns)]


def reader(pg_type, column):
    """Returns a function from the number of a row to its value."""
    kind, nulls = column.WhichOneof("values"), column.nulls
    if kind is None:
        return lambda row: None
    read = _slot_reader(kind, pg_type, getattr(column, kind))
    if not nulls:
        return read
    return lambda row: None if nulls[row >> 3] >> (row & 7) & 1 else read(row)


def _slot_reader(kind, pg_type, values):
    if kind == "arrays":
        return _array_reader(pg_type, values)
    if kind == "composites":
        fields = [(field.name, reader(field.type, column))
                  for field, column in zip(pg_type.fields, values.fields)]
        return lambda row: {name: read(row) for name, read in fields}
    if kind == "ranges":
        return _range_reader(pg_type, values)
    if kind == "multiranges":
        read, ends = _range_reader(pg_type.element, values.ranges), values.offsets
        return lambda row: [read(i) for i in range(ends[row], ends[row + 1])]
    slots = list(values.values)
    if kind == "timestamps" and pg_type.oid == _TIMESTAMPTZ_OID:
        return lambda row: _timestamp(slots[row]).replace(
            tzinfo=datetime.timezone.utc)
    convert = _CONVERTERS.get(kind)
    return (lambda row: convert(slots[row])) if convert else slots.__getitem__


def _array_reader(pg_type, arrays):
    read_element = reader(pg_type.element, arrays.elements)
    offsets, lengths = list(arrays.offsets), list(arrays.lengths)
    starts = [0]  # Where each row's dimensions start in `lengths`.
    for count in arrays.dimensions:
        starts.append(starts[-1] + count)

    def read(row):
        values = [read_element(i) for i in range(offsets[row], offsets[row + 1])]
        inner = lengths[starts[row] + 1:starts[row + 1]] if lengths else ()
        for length in reversed(inner):
            values = [values[i:i + length]
                      for i in range(0, len(values), length)]
        return values

    return read


def _range_reader(pg_type, ranges):
    lower = reader(pg_type.element, ranges.lowers)
    upper = reader(pg_type.element, ranges.uppers)

    def read(row):
        flags = ranges.flags[row]
        if flags & 1:
            return Range(empty=True)
        return Range(lower(row), upper(row), bool(flags & 2), bool(flags & 4))

    return read


def _timestamp(microseconds):
    if microseconds in _INT64_ENDS:
        ends = datetime.datetime.min, datetime.datetime.max
        return ends[microseconds > 0]
    return _EPOCH + datetime.timedelta(microseconds=microseconds)


def _date(days):
    if days in _INT32_ENDS:
        return (datetime.date.min, datetime.date.max)[days > 0]
    return _EPOCH.date() + datetime.timedelta(days=days)


def _time(microseconds):
    if microseconds >= 86_400_000_000:
        raise OverflowError("Python has no time 24:00:00")
    return _timestamp(microseconds).time()


_CONVERTERS = {
    "numerics": decimal.Decimal,
    "timestamps": _timestamp,
    "dates": _date,
    "times": _time,
    "intervals": lambda i: Interval(i.months, i.days, i.microseconds),
    "uuids": lambda octets: uuid.UUID(bytes=octets),
    "jsons": json.loads,
}
