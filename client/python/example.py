#!/usr/bin/python3
"""Asks a Sluice gateway for the largest packages of a section, counts all of
its packages in a stream, and shows what an error says.

    source deploy/local/run/env && client/python/example.py [SECTION [KIB]]

Where the gateway is, and who we are, stands in SLUICE_ADDRESS, SLUICE_CA,
SLUICE_CERT, SLUICE_KEY and SLUICE_DATABASE. The stubs are generated on the
first run, into build/python-stubs or $SLUICE_PYTHON_STUBS.
"""

import os
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
STUBS = pathlib.Path(
    os.environ.get("SLUICE_PYTHON_STUBS",
                   HERE.parent.parent / "build" / "python-stubs"))
if not (STUBS / "sluice/v1/tokens_pb2.py").exists():
    subprocess.run([HERE / "generate.sh", STUBS.absolute()], check=True)
sys.path.insert(0, str(STUBS))

import grpc
from sluice.v1 import database_pb2, database_pb2_grpc, types_pb2

import sluice_consistency
import sluice_errors
import sluice_rows
import sluice_stream
import sluice_tokens

LARGEST = """
SELECT name, version, installed_size, depends
FROM packages
WHERE section = $1 AND installed_size >= $2
ORDER BY installed_size DESC, name
LIMIT 5
"""
ALL = "SELECT name, installed_size FROM packages WHERE section = $1"
WRONG = "SELECT $1::int"
# Reads are tried again where the gateway, or the way to it, is out for a moment.
RETRIES = HERE.parent.parent / "proto/sluice/v1/service_config.json"


def read(variable):
    return pathlib.Path(os.environ[variable]).read_bytes()


def open_channel():
    """Mutual TLS: both ends show a certificate. Each call carries a token, and
    reads see the writes before them."""
    credentials = grpc.ssl_channel_credentials(
        root_certificates=read("SLUICE_CA"),
        private_key=read("SLUICE_KEY"),
        certificate_chain=read("SLUICE_CERT"))
    channel = grpc.secure_channel(
        os.environ["SLUICE_ADDRESS"], credentials,
        options=[("grpc.service_config", RETRIES.read_text())])
    return sluice_tokens.with_tokens(
        sluice_consistency.read_your_writes(channel))


def make_request(request_type, sql, *parameters):
    return request_type(
        database=os.environ["SLUICE_DATABASE"],
        statement=types_pb2.Statement(sql=sql), parameters=parameters)


def show_largest(stub, section, least_kib):
    request = make_request(database_pb2.QueryRequest, LARGEST,
                           types_pb2.Value(text_value=section),
                           types_pb2.Value(int64_value=least_kib))
    response = stub.Query(request, timeout=10)
    for name, version, size, depends in sluice_rows.tuples(response.result_set):
        print(f"{name} {version}: {size} KiB, depends on {len(depends)}")


def show_total(stub, section):
    request = make_request(database_pb2.QueryStreamRequest, ALL,
                           types_pb2.Value(text_value=section))
    count = total = 0
    for _, size in sluice_stream.stream_rows(stub.QueryStream(request)):
        count += 1
        total += size or 0  # NULL is None.
    print(f"{section}: {count} packages, {total} KiB")


def show_error(stub):
    request = make_request(database_pb2.QueryRequest, WRONG,
                           types_pb2.Value(text_value="seven"))
    try:
        stub.Query(request, timeout=10)
    except grpc.RpcError as error:
        failure = sluice_errors.parse(error)
        print(f"{error.code().name}, {failure.reason}: {error.details()}")


def main():
    section = sys.argv[1] if len(sys.argv) > 1 else "database"
    least_kib = int(sys.argv[2]) if len(sys.argv) > 2 else 10240
    with open_channel() as channel:
        stub = database_pb2_grpc.DatabaseStub(channel)
        try:
            show_largest(stub, section, least_kib)
            show_total(stub, section)
            show_error(stub)
        except grpc.RpcError as error:
            sys.exit(f"{error.code().name}: {error.details()}")


if __name__ == "__main__":
    main()
