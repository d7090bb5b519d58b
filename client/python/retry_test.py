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
from sluice.v1 import (admin_pb2, admin_pb2_grpc, database_pb2,
                       database_pb2_grpc, tokens_pb2, tokens_pb2_grpc)

CONFIG = (pathlib.Path(__file__).resolve().parents[2] /
          "proto/sluice/v1/service_config.json").read_text()
# By service: its messages, and its stub.
SERVICES = {"Admin": (admin_pb2, admin_pb2_grpc.AdminStub),
            "Database": (database_pb2, database_pb2_grpc.DatabaseStub),
            "Tokens": (tokens_pb2, tokens_pb2_grpc.TokensStub)}
METHODS = [method for name, (messages, _) in SERVICES.items()
           for method in messages.DESCRIPTOR.services_by_name[name].methods]
# It changes nothing that an earlier attempt has done.
ALSO_REPEATED = "sluice.v1.Tokens.IssueToken"
FAILURES = 2


def make_message(method, descriptor):
    messages, _ = SERVICES[method.containing_service.name]
    return getattr(messages, descriptor.name)()


def shape_of(method):
    shape = descriptor_pb2.MethodDescriptorProto()
    method.CopyToProto(shape)
    return shape


class OftenUnavailable(grpc.GenericRpcHandler):
    """Refuses the first calls of each method, as a gateway that restarts."""

    def __init__(self):
        self.calls = collections.Counter()

    def service(self, details):
        name = details.method.removeprefix("/").replace("/", ".")
        method = next(one for one in METHODS if one.full_name == name)

        def answer(_, context):
            self.calls[method.name] += 1
            if self.calls[method.name] <= FAILURES:
                context.abort(grpc.StatusCode.UNAVAILABLE, "not now")
            yield make_message(method, method.output_type).SerializeToString()

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
        request = make_message(method, method.input_type)
        with grpc.insecure_channel(
                f"127.0.0.1:{port}",
                options=[("grpc.service_config", CONFIG)]) as channel:
            stub = SERVICES[method.containing_service.name][1](channel)
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
        for method in METHODS:
            options = method.GetOptions()
            reads = (options.idempotency_level == options.NO_SIDE_EFFECTS or
                     method.full_name == ALSO_REPEATED)
            with self.subTest(method.full_name):
                self.assertEqual(self.call(method), FAILURES + 1 if reads else 1)


if __name__ == "__main__":
    unittest.main()
