"""Prints checksums of values, read in a stream. Usage: long_values.py SQL, with a
statement like that of long_values.sql."""

import hashlib
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "python"))

import example  # First: it makes and finds the stubs.
import sluice_stream
from sluice.v1 import database_pb2, database_pb2_grpc


def checksum(value):
    if value is None:
        return ""
    octets = value.encode() if isinstance(value, str) else value
    return hashlib.md5(octets).hexdigest()


def main():
    request = example.make_request(database_pb2.QueryStreamRequest, sys.argv[1])
    with example.open_channel() as channel:
        stub = database_pb2_grpc.DatabaseStub(channel)
        rows = sluice_stream.stream_rows(stub.QueryStream(request))
        for number, words, octets, texts, document, note in rows:
            print(number, checksum(words), checksum(octets),
                  checksum("".join(texts)),
                  checksum(document and document["key"]),
                  checksum(note and note["document"]["key"]), sep=",")


if __name__ == "__main__":
    main()
