"""Rows out of a Sluice ResultSet.

    for name, size in sluice_rows.tuples(response.result_set): ...
    for row in sluice_rows.dicts(response.result_set): row["name"] ...

NULL is None. numeric is a Decimal with every digit, timestamptz an aware
datetime in UTC, timestamp a naive one, interval an Interval, uuid a UUID, json
what json.loads gives, an array a list (of lists, without its lower bounds), a
composite a dict; a type that Python has no match for is PostgreSQL's text.
The infinities of dates and timestamps are the ends of Python's range, and what
else lies outside of it (BC, years from 10000, the time 24:00:00) raises
OverflowError: select such a column as text.
"""

import datetime
import decimal
import json
import typing
import uuid

_TIMESTAMPTZ_OID = 1184
_EPOCH = datetime.datetime(1970, 1, 1)
_INT32_ENDS = (-(2**31), 2**31 - 1)
_INT64_ENDS = (-(2**63), 2**63 - 1)


class Interval(typing.NamedTuple):
    """PostgreSQL's three independent parts of an interval."""

    months: int
    days: int
    microseconds: int


def tuples(result_set):
    """Returns the rows as tuples, in the order of the columns."""
    if not result_set.columns:
        return [()] * result_set.row_count
    columns = zip(result_set.metadata, result_set.columns)
    return list(
        zip(*(_values(meta.type, column, result_set.row_count)
              for meta, column in columns)))


def dicts(result_set):
    """Returns the rows as dicts; of columns of one name the last one wins."""
    names = [meta.name for meta in result_set.metadata]
    return [dict(zip(names, row)) for row in tuples(result_set)]


def _values(pg_type, column, count):
    """The Python values of `column`, one per row."""
    kind = column.WhichOneof("values")
    if kind is None:
        return []
    nulls = column.nulls
    read = _reader(kind, pg_type, column, count)
    return [
        None if nulls and nulls[row >> 3] >> (row & 7) & 1 else read(row)
        for row in range(count)
    ]


def _reader(kind, pg_type, column, count):
    """A function from the number of a row that is not NULL to its value."""
    if kind == "arrays":
        return _array_reader(pg_type, column.arrays)
    if kind == "composites":
        names = [field.name for field in pg_type.fields]
        rows = list(zip(*(
            _values(field.type, values, count)
            for field, values in zip(pg_type.fields, column.composites.fields))))
        return lambda row: dict(zip(names, rows[row] if names else ()))
    slots = getattr(column, kind).values
    if kind == "timestamps" and pg_type.oid == _TIMESTAMPTZ_OID:
        return lambda row: _timestamp(slots[row]).replace(
            tzinfo=datetime.timezone.utc)
    convert = _CONVERTERS.get(kind)
    return (lambda row: convert(slots[row])) if convert else slots.__getitem__


def _array_reader(pg_type, arrays):
    offsets, lengths = arrays.offsets, arrays.lengths
    elements = _values(pg_type.element, arrays.elements,
                       offsets[-1] if offsets else 0)
    starts = [0]  # Where each row's dimensions start in `lengths`.
    for count in arrays.dimensions:
        starts.append(starts[-1] + count)

    def read(row):
        values = elements[offsets[row]:offsets[row + 1]]
        inner = lengths[starts[row] + 1:starts[row + 1]] if lengths else ()
        for length in reversed(inner):
            values = [
                values[i:i + length] for i in range(0, len(values), length)
            ]
        return values

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
