"""Rows out of a Sluice QueryStream, in the memory of a batch.

    rows = sluice_stream.stream_rows(stub.QueryStream(request))
    for name, size in rows: ...
    print(rows.summary.command_tag)

Values are those of sluice_rows.
"""

from typing import Iterator

import sluice_rows

_TEXT_KINDS = ("texts", "numerics", "jsons", "others")


class IncompleteStream(Exception):
    """A stream ended without its summary: its rows are not the whole result."""


class RowStream:
    """The rows of a stream as tuples; they can be iterated over once.

    Raises IncompleteStream, and what gRPC raises.
    """

    def __init__(self, responses):
        # The columns; known from the first row on.
        self.metadata = ()
        # The ExecutionSummary; None before the end.
        self.summary = None
        self._responses = responses
        self._pieces = {}  # Of values of the next row, by column.

    def __iter__(self) -> Iterator[tuple]:
        for response in self._responses:
            part = response.WhichOneof("part")
            if part == "header":
                self.metadata = response.header.metadata
            elif part == "batch":
                yield from self._batch_rows(response.batch)
            elif part == "summary":
                self.summary = response.summary
        if self.summary is None:
            raise IncompleteStream("the stream ended without a summary")

    def _batch_rows(self, batch):
        if batch.HasField("fragment"):
            piece = batch.fragment
            self._pieces.setdefault(piece.column, bytearray()).extend(piece.data)
        elif batch.row_count > 0:
            reads = sluice_rows.readers(self.metadata, batch.columns)
            yield tuple(read(0) for read in self._first_row(batch, reads))
            for row in range(1, batch.row_count):
                yield tuple(read(row) for read in reads)

    def _first_row(self, batch, reads):
        """`reads` for row 0, whose long values came in pieces."""
        reads = list(reads)
        for i, data in self._pieces.items():
            whole = _make_column(batch.columns[i], bytes(data))
            reads[i] = sluice_rows.reader(self.metadata[i].type, whole)
        self._pieces = {}
        return reads


def stream_rows(responses) -> RowStream:
    """Returns the rows of a call of QueryStream."""
    return RowStream(responses)


def _make_column(like, data):
    """A column of the kind of `like` whose only slot has the joined pieces."""
    kind = like.WhichOneof("values")
    column = type(like)()
    if kind in _TEXT_KINDS:
        getattr(column, kind).values.append(data.decode())
    elif kind == "blobs":
        column.blobs.values.append(data)
    else:
        column.ParseFromString(data)
    return column
