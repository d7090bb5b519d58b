#!/usr/bin/python3
"""Tests of the tokens of a channel against a server of the test. Usage:
sluice_tokens_test.py STUBS."""

from concurrent import futures
import sys
import threading
import time
import unittest

sys.path.insert(0, sys.argv.pop(1))

from google.rpc import error_details_pb2, status_pb2
import grpc
from sluice.v1 import database_pb2, database_pb2_grpc, tokens_pb2, tokens_pb2_grpc

import sluice_tokens

# How long a token of the server is valid, in seconds.
TIME = 180


def refuse(context, executed="no"):
    info = error_details_pb2.ErrorInfo(
        domain="sluice", reason="TOKEN_INVALID", metadata={"executed": executed})
    status = status_pb2.Status(code=16)
    status.details.add().Pack(info)
    context.set_trailing_metadata(
        (("grpc-status-details-bin", status.SerializeToString()),))
    context.abort(grpc.StatusCode.UNAUTHENTICATED, "the token is not valid")


class ToldServer(tokens_pb2_grpc.TokensServicer,
                 database_pb2_grpc.DatabaseServicer):
    """Its tokens are "token 1", "token 2" and so on. Each call takes the next
    word that was told it: "refuse", "lose" or nothing."""

    def __init__(self):
        self.issues, self.renewals, self.calls = [], [], []
        self.left = []  # Of the time of each call, in seconds.
        self.told = {"issue": [], "renew": [], "query": []}
        self.gate = threading.Event()
        self.gate.set()
        self._count = 0

    def _answer(self, kind, context, response):
        self.gate.wait()
        word = self.told[kind].pop(0) if self.told[kind] else ""
        if word == "refuse":
            refuse(context)
        elif word == "refuse late":
            refuse(context, "unknown")
        elif word == "lose":
            context.abort(grpc.StatusCode.UNAVAILABLE, "lost")
        if kind != "query":
            self._count += 1
            response.token = f"token {self._count}"
            response.renew_time.seconds = TIME * 2 // 3
            response.expire_time.seconds = TIME
        return response

    def IssueToken(self, request, context):
        self.issues.append(request)
        return self._answer("issue", context, tokens_pb2.IssueTokenResponse())

    def RenewToken(self, request, context):
        self.renewals.append(token_of(context))
        return self._answer("renew", context, tokens_pb2.RenewTokenResponse())

    def Query(self, request, context):
        self.left.append(context.time_remaining())
        self.calls.append(token_of(context))
        return self._answer("query", context, database_pb2.QueryResponse())

    def QueryStream(self, request, context):
        self.left.append(context.time_remaining())
        self.calls.append(token_of(context))
        yield self._answer("query", context, database_pb2.QueryStreamResponse())


def token_of(context):
    return dict(context.invocation_metadata()).get("authorization")


def await_true(condition):
    deadline = time.monotonic() + 10
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.001)
    return True


class TokensTest(unittest.TestCase):

    def setUp(self):
        self.server = ToldServer()
        running = grpc.server(futures.ThreadPoolExecutor(16))
        tokens_pb2_grpc.add_TokensServicer_to_server(self.server, running)
        database_pb2_grpc.add_DatabaseServicer_to_server(self.server, running)
        port = running.add_insecure_port("127.0.0.1:0")
        running.start()
        self.addCleanup(running.stop, None)
        self.channel = grpc.insecure_channel(f"127.0.0.1:{port}")
        self.addCleanup(self.channel.close)
        self.now = 1000.0
        self.source = sluice_tokens.TokenSource(
            self.channel, clock=lambda: self.now)
        self.stub = database_pb2_grpc.DatabaseStub(
            sluice_tokens.with_tokens(self.channel))

    def query(self, **arguments):
        return self.stub.Query(database_pb2.QueryRequest(), **arguments)

    def test_callers_who_come_together_share_a_token(self):
        self.server.gate.clear()
        with futures.ThreadPoolExecutor(8) as pool:
            got = [pool.submit(self.source.get) for _ in range(8)]
            self.assertTrue(await_true(lambda: self.server.issues))
            self.server.gate.set()
        self.assertEqual({one.result() for one in got}, {"token 1"})
        self.assertEqual(len(self.server.issues), 1)

    def test_it_is_renewed_behind_the_back_of_calls(self):
        self.assertEqual(self.source.get(), "token 1")
        self.now += TIME * 2 / 3 - 1
        self.assertEqual(self.source.get(), "token 1")
        self.assertEqual(self.server.renewals, [])
        self.now += 1
        self.server.gate.clear()
        self.assertEqual(self.source.get(), "token 1")
        self.assertTrue(await_true(lambda: self.server.renewals))
        self.assertEqual(self.source.get(), "token 1")
        self.server.gate.set()
        self.assertTrue(await_true(lambda: self.source.get() == "token 2"))
        self.assertEqual(self.server.renewals, ["Bearer token 1"])
        self.assertEqual(len(self.server.issues), 1)

    def test_one_is_issued_when_the_session_is_over(self):
        self.source.get()
        self.now += TIME * 2 / 3
        self.server.told["renew"] = ["refuse"]
        self.assertTrue(await_true(lambda: self.source.get() == "token 2"))
        self.assertEqual(len(self.server.issues), 2)

    def test_a_failed_renewal_is_tried_again_later(self):
        self.source.get()
        self.now += TIME * 2 / 3
        self.server.told["renew"] = ["lose"]
        self.source.get()
        self.assertTrue(await_true(lambda: self.server.renewals))
        end = time.monotonic() + 0.05
        while time.monotonic() < end:
            self.assertEqual(self.source.get(), "token 1")
        self.assertEqual(len(self.server.renewals), 1)
        self.now += 0.2
        self.assertTrue(await_true(lambda: self.source.get() == "token 2"))

    def test_a_call_waits_once_the_token_has_ended(self):
        self.source.get()
        self.now += TIME
        self.assertEqual(self.source.get(), "token 2")
        self.assertEqual(self.server.renewals, [])

    def test_the_error_says_why_there_is_none(self):
        self.server.told["issue"] = ["lose"]
        with self.assertRaises(grpc.RpcError) as caught:
            self.query()
        self.assertEqual(caught.exception.details(), "lost")
        self.assertEqual(self.server.calls, [])
        self.query()

    def test_a_call_waits_no_longer_than_it_may(self):
        self.server.gate.clear()
        start = time.monotonic()
        with self.assertRaises(grpc.RpcError) as caught:
            self.query(timeout=0.05)
        self.assertLess(time.monotonic() - start, 10)
        self.assertEqual(caught.exception.code(),
                         grpc.StatusCode.DEADLINE_EXCEEDED)
        self.assertEqual(self.server.calls, [])
        self.server.gate.set()

    def expect_waited(self, left, timeout, waited):
        # gRPC sends it rounded up, by up to a thirtieth.
        self.assertLessEqual(left, timeout - waited / 2)

    def test_what_a_call_has_waited_for_a_token_is_of_its_time(self):
        waited, timeout = 0.5, 8
        stream = lambda **arguments: list(self.stub.QueryStream(
            database_pb2.QueryStreamRequest(), **arguments))
        for call in (self.query, stream):
            with self.subTest(call=call), futures.ThreadPoolExecutor(1) as pool:
                self.setUp()
                self.server.gate.clear()
                running = pool.submit(call, timeout=timeout)
                self.assertTrue(await_true(lambda: self.server.issues))
                time.sleep(waited)
                self.server.gate.set()
                running.result()
                self.expect_waited(self.server.left[0], timeout, waited)

    def test_what_a_refused_call_took_is_of_the_time_of_the_next(self):
        waited, timeout = 0.5, 8
        self.query()
        self.server.told["query"] = ["refuse"]
        self.server.gate.clear()
        with futures.ThreadPoolExecutor(1) as pool:
            running = pool.submit(self.query, timeout=timeout)
            self.assertTrue(await_true(lambda: len(self.server.calls) == 2))
            time.sleep(waited)
            self.server.gate.set()
            running.result()
        self.assertEqual(len(self.server.left), 3)
        self.expect_waited(self.server.left[2], timeout, waited)

    def test_a_closed_channel_is_an_error_each_time(self):
        self.channel.close()
        for _ in range(2):
            with self.assertRaises(ValueError):
                self.source.get(timeout=10)

    def test_a_token_is_good_until_its_end_on_a_closed_channel(self):
        self.source.get()
        self.channel.close()
        self.now += TIME * 2 / 3
        self.assertEqual(self.source.get(), "token 1")
        self.now += TIME
        with self.assertRaises(ValueError):
            self.source.get(timeout=10)

    def test_calls_carry_the_token(self):
        self.query()
        list(self.stub.QueryStream(database_pb2.QueryStreamRequest()))
        self.query(metadata=(("other", "x"),))
        self.assertEqual(self.server.calls, ["Bearer token 1"] * 3)

    def test_a_call_that_is_refused_for_its_token_is_made_once_more(self):
        self.query()
        self.server.told["query"] = ["refuse"]
        self.query()
        self.assertEqual(self.server.calls,
                         ["Bearer token 1"] * 2 + ["Bearer token 2"])
        self.server.told["query"] = ["refuse", "refuse"]
        with self.assertRaises(grpc.RpcError):
            self.query()
        self.assertEqual(len(self.server.calls), 5)

    def test_a_write_that_may_have_taken_place_is_not_repeated(self):
        self.server.told["query"] = ["refuse late"]
        with self.assertRaises(grpc.RpcError):
            self.query()
        self.assertEqual(len(self.server.calls), 1)

    def test_the_call_after_a_refused_stream_has_a_new_token(self):
        self.server.told["query"] = ["refuse"]
        with self.assertRaises(grpc.RpcError):
            list(self.stub.QueryStream(database_pb2.QueryStreamRequest()))

        def has_new_token():
            self.query()
            return self.server.calls[-1] == "Bearer token 2"

        self.assertTrue(await_true(has_new_token))

    def test_scopes_and_time_are_asked_for(self):
        sluice_tokens.TokenSource(self.channel, ("read",), 2.5).get()
        self.assertEqual(self.server.issues[0].scopes, ["read"])
        self.assertEqual(self.server.issues[0].ttl.ToMilliseconds(), 2500)


if __name__ == "__main__":
    unittest.main()
