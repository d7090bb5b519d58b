#!/usr/bin/python3
"""Tests that the service configuration repeats reads, and reads alone. Usage:
retry_test.py STUBS."""

import collections
from concurrent import futures
import pathlib
import sys
import unittest

sys.path.insert(0, sys.argv.pop(1))

from google.protobuf import descriptor_pb2
import grpc
from sluice.v1 import database_pb2, database_pb2_grpc

CONFIG = (pathlib.Path(__file__).resolve().parents[2] /
          "proto/sluice/v1/service_config.json").read_text()
SERVICE = database_pb2.DESCRIPTOR.services_by_name["Database"]
FAILURES = 2


def make_message(descriptor):
    return getattr(database_pb2, descriptor.name)()


def shape_of(method):
    shape = descriptor_pb2.MethodDescriptorProto()
    method.CopyToProto(shape)
    return shape


class OftenUnavailable(grpc.GenericRpcHandler):
    """Refuses the first calls of each method, as a gateway that restarts."""

    def __init__(self):
        self.calls = collections.Counter()

    def service(self, details):
        method = SERVICE.methods_by_name[details.method.rpartition("/")[2]]

        def answer(_, context):
            self.calls[method.name] += 1
            if self.calls[method.name] <= FAILURES:
                context.abort(grpc.StatusCode.UNAVAILABLE, "not now")
            yield make_message(method.output_type).SerializeToString()

        # A stream of one message is a unary call's reply on the wire.
        return grpc.unary_stream_rpc_method_handler(answer)


class RetryTest(unittest.TestCase):

    def call(self, method):
        """Calls a method of a server and a channel of its own: a channel repeats
        less, the more it has failed. Returns how often the server was called."""
        handler = OftenUnavailable()
        server = grpc.server(futures.ThreadPoolExecutor(), handlers=[handler])
        self.addCleanup(server.stop, None)
        port = server.add_insecure_port("127.0.0.1:0")
        server.start()
        request = make_message(method.input_type)
        with grpc.insecure_channel(
                f"127.0.0.1:{port}",
                options=[("grpc.service_config", CONFIG)]) as channel:
            stub = database_pb2_grpc.DatabaseStub(channel)
            try:
                shape = shape_of(method)
                answer = getattr(stub, method.name)(
                    iter([request]) if shape.client_streaming else request,
                    timeout=20)
                if shape.server_streaming:
                    list(answer)
            except grpc.RpcError as error:
                self.assertEqual(error.details(), "not now")
        return handler.calls[method.name]

    def test_reads_are_repeated_and_writes_are_not(self):
        for method in SERVICE.methods:
            options = method.GetOptions()
            reads = options.idempotency_level == options.NO_SIDE_EFFECTS
            with self.subTest(method.name):
                self.assertEqual(self.call(method), FAILURES + 1 if reads else 1)


if __name__ == "__main__":
    unittest.main()
