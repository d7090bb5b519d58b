"""Streams that every reader is tested against: batches and pieces of values, cut
where a gateway cuts them only in values far longer."""

import google.protobuf.text_format as text_format

import golden
from sluice.v1 import database_pb2, types_pb2

INT4 = "type { oid: 23 name: 'integer' kind: TYPE_KIND_BASE }"
TEXT = "type { oid: 25 name: 'text' kind: TYPE_KIND_BASE }"
BYTEA = "type { oid: 17 name: 'bytea' kind: TYPE_KIND_BASE }"
NUMERIC = "type { oid: 1700 name: 'numeric' kind: TYPE_KIND_BASE }"
JSONB = "type { oid: 3802 name: 'jsonb' kind: TYPE_KIND_BASE }"
XML = "type { oid: 142 name: 'xml' kind: TYPE_KIND_BASE }"
TEXTS = ("type { oid: 1009 name: 'text[]' kind: TYPE_KIND_ARRAY "
         f"{TEXT.replace('type', 'element', 1)} }}")
NOTE = ("type { oid: 16384 name: 'golden.note' kind: TYPE_KIND_COMPOSITE "
        f"fields {{ name: 'id' {INT4} }} fields {{ name: 'doc' {JSONB} }} }}")
NUMRANGE = ("type { oid: 3906 name: 'numrange' kind: TYPE_KIND_RANGE "
            f"{NUMERIC.replace('type', 'element', 1)} }}")
NUMMULTIRANGE = (
    "type { oid: 4532 name: 'nummultirange' kind: TYPE_KIND_MULTIRANGE "
    f"{NUMRANGE.replace('type', 'element', 1)} }}")

SUMMARY = "summary { command_tag: 'SELECT' attempts: 1 }"


def header(*types):
    metadata = " ".join(f"metadata {{ name: 'c{i}' {pg_type} }}"
                        for i, pg_type in enumerate(types))
    return f"header {{ {metadata} }}"


def batch(row_count, *columns):
    inner = " ".join(f"columns {{ {column} }}" for column in columns)
    return f"batch {{ row_count: {row_count} {inner} }}"


def pieces(column, value, size):
    """Fragments of `size` bytes; a column in text form is serialized first."""
    if isinstance(value, str):
        value = text_format.Parse(value, types_pb2.Column()).SerializeToString()
    for start in range(0, len(value), size):
        yield database_pb2.QueryStreamResponse(batch=types_pb2.RowBatch(
            fragment=types_pb2.ValueFragment(
                column=column, data=value[start:start + size])))


def stream(name, *parts, rows, complete=True):
    """A case; a part is a response, its text form, or several responses."""
    responses = []
    for part in parts:
        if isinstance(part, str):
            part = [text_format.Parse(part, database_pb2.QueryStreamResponse())]
        responses.extend(golden.as_json(response) for response in part)
    return {"name": name, "complete": complete, "responses": responses,
            "rows": rows}


def make_streams():
    return [*plain_streams(), *streams_of_flat_values(),
            *streams_of_nested_values()]


def plain_streams():
    ints = "int64s { values: %s }"
    return [
        stream("batches", header(INT4, TEXT),
               batch(2, ints % "[1, 2]",
                     r"nulls: '\002' texts { values: ['a', ''] }"),
               batch(1, ints % "3", "texts { values: 'c' }"), SUMMARY,
               rows=[["1", "a"], ["2", None], ["3", "c"]]),
        stream("no_rows", header(INT4), SUMMARY, rows=[]),
        stream("a_batch_of_nothing", header(INT4), batch(0),
               batch(1, ints % "1"), SUMMARY, rows=[["1"]]),
        stream("no_columns", header(), batch(2), batch(1), SUMMARY,
               rows=[[], [], []]),
        stream("no_summary", header(INT4), batch(2, ints % "[1, 2]"),
               rows=[["1"], ["2"]], complete=False),
        stream("nothing_but_a_header", header(INT4), rows=[], complete=False),
    ]


def streams_of_flat_values():
    long_text = "ü漢👍 and more"
    flat = [
        ("text", TEXT, "texts", long_text, "b"),
        ("numeric", NUMERIC, "numerics", "1234567890.12345678900", "2"),
        ("json", JSONB, "jsons", '{"a": ["ü", 1]}', "null"),
        ("other", XML, "others", "<ü>text</ü>", "<b/>"),
    ]
    found = [
        stream(f"long_{name}", header(INT4, pg_type),
               batch(1, "int64s { values: 6 }",
                     f"{member} {{ values: '{short}' }}"),
               pieces(1, value.encode(), 4),
               batch(2, "int64s { values: [7, 8] }",
                     f"{member} {{ values: ['', '{short}'] }}"), SUMMARY,
               rows=[["6", short], ["7", value], ["8", short]])
        for name, pg_type, member, value, short in flat
    ]
    return found + [
        stream("long_bytes", header(BYTEA), pieces(0, b"\x00\xff\x0a" * 3, 2),
               batch(1, "blobs { values: '' }"), SUMMARY,
               rows=[["\\x00ff0a00ff0a00ff0a"]]),
        stream("long_values_row_after_row", header(TEXT, TEXT),
               pieces(0, b"first", 3),
               batch(1, "texts { values: '' }", r"nulls: '\001' texts { values: '' }"),
               pieces(0, b"second", 4), pieces(1, b"other", 2),
               batch(2, "texts { values: ['', 'x'] }", "texts { values: ['', 'y'] }"),
               batch(1, "texts { values: '' }", "texts { values: 'z' }"), SUMMARY,
               rows=[["first", None], ["second", "other"], ["x", "y"], ["", "z"]]),
        stream("pieces_of_a_row_that_was_left_out", header(TEXT),
               batch(1, "texts { values: 'a' }"), pieces(0, b"lost", 2), SUMMARY,
               rows=[["a"]]),
        stream("pieces_and_no_summary", header(TEXT), pieces(0, b"lost", 2),
               rows=[], complete=False),
    ]


def streams_of_nested_values():
    return [
        stream("long_array", header(TEXTS),
               pieces(0, r"""arrays { elements { nulls: '\002'
                   texts { values: ['a', '', 'c', 'ü'] } } offsets: [0, 4]
                   dimensions: 2 lengths: [2, 2] lower_bounds: [1, 0] }""", 5),
               batch(2, """arrays { elements { texts { values: 'z' } }
                   offsets: [0, 0, 1] dimensions: [0, 1] lengths: 1
                   lower_bounds: 1 }"""), SUMMARY,
               rows=[[[["a", None], ["c", "ü"]]], [["z"]]]),
        stream("long_composite", header(INT4, NOTE),
               pieces(1, """composites { fields { int64s { values: 1 } }
                   fields { jsons { values: '{"k": "v"}' } } }""", 6),
               batch(2, "int64s { values: [5, 6] }", r"""nulls: '\002'
                   composites { fields { nulls: '\002' int64s { values: [0, 0] } }
                   fields { nulls: '\002' jsons { values: ['', ''] } } }"""),
               SUMMARY,
               rows=[["5", {"id": "1", "doc": '{"k": "v"}'}], ["6", None]]),
        stream("long_range", header(NUMRANGE),
               pieces(0, r"""ranges { lowers { numerics { values: '1.50' } }
                   uppers { nulls: '\001' numerics { values: '' } }
                   flags: '\002' }""", 3),
               batch(1, r"""ranges { lowers { nulls: '\001'
                   numerics { values: '' } } uppers { nulls: '\001'
                   numerics { values: '' } } flags: '\000' }"""), SUMMARY,
               rows=[[{"lower": "1.50", "upper": None, "lower_inclusive": True,
                       "upper_inclusive": False, "empty": False}]]),
        stream("long_multirange", header(NUMMULTIRANGE),
               pieces(0, r"""multiranges { offsets: [0, 1] ranges {
                   lowers { numerics { values: '1' } }
                   uppers { numerics { values: '2' } } flags: '\006' } }""", 3),
               batch(1, "multiranges { offsets: [0, 0] ranges { "
                        "lowers { numerics { } } uppers { numerics { } } } }"),
               SUMMARY,
               rows=[[[{"lower": "1", "upper": "2", "lower_inclusive": True,
                        "upper_inclusive": True, "empty": False}]]]),
    ]
