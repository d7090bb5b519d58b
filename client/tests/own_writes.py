"""Writes and reads in turn, and prints which nodes served the reads, and how
many of them did not see the write before them. Usage: own_writes.py WRITE READ
TURNS, where WRITE takes a number and READ gives it."""

import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "python"))

import example  # First: it makes and finds the stubs.
import sluice_rows
from sluice.v1 import database_pb2, database_pb2_grpc, types_pb2


def main():
    write, read, turns = sys.argv[1], sys.argv[2], int(sys.argv[3])
    nodes, stale = set(), 0
    with example.open_channel() as channel:
        stub = database_pb2_grpc.DatabaseStub(channel)
        for turn in range(turns):
            stub.Execute(example.make_request(
                database_pb2.ExecuteRequest, write,
                types_pb2.Value(int64_value=turn)), timeout=10)
            response = stub.Query(example.make_request(
                database_pb2.QueryRequest, read), timeout=10)
            ((found,),) = sluice_rows.tuples(response.result_set)
            stale += found != turn
            nodes.add(response.summary.node)
    print(*sorted(nodes), "stale:", stale)


if __name__ == "__main__":
    main()
