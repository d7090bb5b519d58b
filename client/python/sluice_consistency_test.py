#!/usr/bin/python3
"""Tests which consistency the reads of a channel ask for, against a server of
the test. Usage: sluice_consistency_test.py STUBS."""

from concurrent import futures
import sys
import threading
import time
import unittest

sys.path.insert(0, sys.argv.pop(1))

from google.rpc import error_details_pb2, status_pb2
import grpc
from sluice.v1 import database_pb2, database_pb2_grpc

import sluice_consistency


def token(cluster, position):
    """As the gateway makes them: version and cluster, then a position."""
    return b"\x01" * 8 + cluster + position


EARLY, LATE = token(b"a", b"1" * 12), token(b"a", b"2" + b"0" * 11)
MOVED = token(b"b", b"0" * 12)


def consistency(**level):
    return database_pb2.Consistency(**level)


class SeenTokensTest(unittest.TestCase):

    def setUp(self):
        self.seen = sluice_consistency.SeenTokens()

    def write(self, one):
        self.seen.note("app", one, self.seen.start("app"))

    def expect(self, expected, database="app"):
        self.assertEqual(self.seen.consistency(database), expected)

    def test_reads_ask_for_nothing_before_the_first_token(self):
        self.seen.note("app", b"")
        self.expect(None)
        self.assertEqual(self.seen.token("app"), b"")

    def test_the_latest_stands_for_all_in_whatever_order_they_come(self):
        for one, latest in ((EARLY, EARLY), (LATE, LATE), (EARLY, LATE),
                            (b"", LATE)):
            self.seen.note("app", one)
            self.expect(consistency(at_least=latest))
        self.expect(None, "another")
        self.assertEqual(self.seen.token("app"), LATE)

    def test_a_database_may_move_to_another_cluster(self):
        for one in (LATE, MOVED, EARLY, EARLY + b"x", EARLY):
            self.seen.note("app", one)
            self.expect(consistency(at_least=one))

    def test_reads_are_strong_after_a_lost_write_until_the_next_token(self):
        self.seen.note("app", EARLY)
        self.seen.note_lost("app")
        self.seen.note("app", b"")
        self.expect(consistency(strong=True))
        self.expect(None, "another")
        self.write(LATE)
        self.expect(consistency(at_least=LATE))

    def test_only_a_write_that_started_behind_it_stands_for_a_lost_one(self):
        before = self.seen.start("app")
        self.seen.note_lost("app")
        between = self.seen.start("app")
        self.seen.note_lost("app")
        for started in (None, before, between):
            self.seen.note("app", LATE, started)
            self.expect(consistency(strong=True))
        self.write(EARLY)
        self.expect(consistency(at_least=LATE))


class ToldServer(database_pb2_grpc.DatabaseServicer):
    """Gives writes the token, or the error, that a test says, and notes what
    reads ask for."""

    def __init__(self):
        self.token = self.reference = b""
        self.tag = ""
        self.executed = None
        self.asked = []
        self.meanwhile = lambda: None  # Takes place during the next write.
        self.commits = threading.Semaphore(0)
        self.answers_commits = True

    def _note(self, request):
        level = request.options.consistency.WhichOneof("level")
        self.asked.append(request.options.consistency if level else None)

    def _summary(self, context):
        if self.executed is not None:
            if self.executed != "of gRPC":
                info = error_details_pb2.ErrorInfo(
                    domain="sluice", reason="A_REASON",
                    metadata={"executed": self.executed})
                status = status_pb2.Status(code=2)
                status.details.add().Pack(info)
                context.set_trailing_metadata(
                    (("grpc-status-details-bin", status.SerializeToString()),))
            context.abort(grpc.StatusCode.UNKNOWN, "told")
        meanwhile, self.meanwhile = self.meanwhile, lambda: None
        meanwhile()
        return database_pb2.ExecutionSummary(
            consistency_token=self.token, outcome_reference=self.reference,
            command_tag=self.tag)

    def Query(self, request, context):
        self._note(request)
        return database_pb2.QueryResponse()

    def QueryStream(self, request, context):
        self._note(request)
        yield database_pb2.QueryStreamResponse()

    def Execute(self, request, context):
        self._note(request)
        return database_pb2.ExecuteResponse(summary=self._summary(context))

    def RunTransaction(self, request, context):
        return database_pb2.RunTransactionResponse(
            summary=self._summary(context))

    def Transact(self, requests, context):
        for request in requests:
            reply = database_pb2.TransactResponse(sequence=request.sequence)
            if request.WhichOneof("request") == "commit":
                self.commits.release()
                summary = self._summary(context)
                reply.committed.consistency_token = summary.consistency_token
                reply.committed.outcome_reference = summary.outcome_reference
                if not self.answers_commits:
                    ended = threading.Event()
                    if context.add_callback(ended.set):
                        ended.wait()
            yield reply


class ReadYourWritesTest(unittest.TestCase):

    def setUp(self):
        self.server = ToldServer()
        running = grpc.server(futures.ThreadPoolExecutor(8))
        database_pb2_grpc.add_DatabaseServicer_to_server(self.server, running)
        port = running.add_insecure_port("127.0.0.1:0")
        running.start()
        self.addCleanup(running.stop, None)
        self.channel = grpc.insecure_channel(f"127.0.0.1:{port}")
        self.addCleanup(self.channel.close)
        self.stub = database_pb2_grpc.DatabaseStub(
            sluice_consistency.read_your_writes(self.channel))

    def write(self, one, database="app"):
        self.server.token = one
        return self.stub.Execute(database_pb2.ExecuteRequest(database=database))

    def transact(self):
        kinds = (database_pb2.TransactRequest(
                     begin=database_pb2.TransactBegin(database="app")),
                 database_pb2.TransactRequest(
                     commit=database_pb2.TransactCommit()))
        return list(self.stub.Transact(iter(kinds)))

    def asked(self, database="app", **level):
        """What the server is asked for by a read that names `level`."""
        request = database_pb2.QueryRequest(database=database)
        if level:
            request.options.consistency.CopyFrom(consistency(**level))
        sent = database_pb2.QueryRequest.FromString(request.SerializeToString())
        self.stub.Query(request)
        self.assertEqual(request, sent)  # It is the caller's own.
        return self.server.asked[-1]

    def test_reads_ask_for_the_last_write(self):
        self.assertIsNone(self.asked())
        self.write(EARLY)
        expected = consistency(at_least=EARLY)
        self.assertEqual(self.asked(), expected)
        list(self.stub.QueryStream(
            database_pb2.QueryStreamRequest(database="app")))
        self.assertEqual(self.server.asked[-1], expected)
        self.stub.Execute(database_pb2.ExecuteRequest(
            database="app", read_routing=database_pb2.READ_ROUTING_AUTO))
        self.assertEqual(self.server.asked[-1], expected)
        self.assertIsNone(self.asked(database="another"))

    def test_writes_ask_for_nothing(self):
        self.write(EARLY)
        self.write(LATE)
        self.assertIsNone(self.server.asked[-1])

    def test_reads_that_name_a_consistency_keep_it(self):
        self.write(EARLY)
        for level in ({"any": True}, {"strong": True}, {"at_least": MOVED}):
            self.assertEqual(self.asked(**level), consistency(**level))

    def test_transactions_count(self):
        self.server.token = EARLY
        self.stub.RunTransaction(
            database_pb2.RunTransactionRequest(database="app"))
        self.assertEqual(self.asked(), consistency(at_least=EARLY))
        self.server.token = LATE
        self.assertEqual(len(self.transact()), 2)
        self.assertEqual(self.asked(), consistency(at_least=LATE))

    def test_a_write_that_is_not_waited_for_counts_once_its_result_is_there(self):
        self.server.token = EARLY
        for turn in range(100):
            call = self.stub.Execute.future(
                database_pb2.ExecuteRequest(database=f"{turn}"))
            call.result()
            self.assertEqual(self.asked(database=f"{turn}"),
                             consistency(at_least=EARLY))

    def test_a_write_that_may_have_taken_place_is_read_from_the_primary(self):
        for executed, expected in (("no", consistency(at_least=EARLY)),
                                   ("unknown", consistency(strong=True)),
                                   ("of gRPC", consistency(strong=True))):
            for fail in (lambda: self.write(EARLY), self.transact):
                with self.subTest(executed, fail=fail):
                    self.setUp()
                    self.write(EARLY)
                    self.server.executed = executed
                    with self.assertRaises(grpc.RpcError):
                        fail()
                    if fail == self.transact:  # It does not tell them apart.
                        expected = consistency(strong=True)
                    self.assertEqual(self.asked(), expected)
                    self.server.executed = None
                    self.write(LATE)
                    self.assertEqual(self.asked(), consistency(at_least=LATE))

    def test_a_write_without_a_token_is_read_from_the_primary(self):
        run = lambda: self.stub.RunTransaction(
            database_pb2.RunTransactionRequest(database="app"))
        for write in (lambda: self.write(b""), run, self.transact):
            with self.subTest(write=write):
                self.setUp()
                self.write(EARLY)
                self.server.token = b""
                write()  # Nothing.
                self.assertEqual(self.asked(), consistency(at_least=EARLY))
                self.server.reference = b"reference"
                write()
                self.assertEqual(self.asked(), consistency(strong=True))
                self.write(LATE)
                self.assertEqual(self.asked(), consistency(at_least=LATE))

    def test_what_commits_by_itself_without_a_token_counts_as_lost(self):
        for tag, expected in (("CALL", consistency(strong=True)), ("DO",
                              consistency(strong=True)), ("SELECT 1", None)):
            self.setUp()
            self.server.tag = tag
            self.write(b"")
            self.assertEqual(self.asked(), expected)

    def lose_write(self):
        self.server.executed = "unknown"
        with self.assertRaises(grpc.RpcError):
            self.write(self.server.token)
        self.server.executed = None

    def test_a_write_that_began_before_a_lost_one_does_not_stand_for_it(self):
        for write in (lambda: self.write(EARLY), self.transact):
            with self.subTest(write=write):
                self.setUp()
                self.server.token = EARLY
                self.server.meanwhile = self.lose_write
                write()
                self.assertEqual(self.asked(), consistency(strong=True))
                write()
                self.assertEqual(self.asked(), consistency(at_least=EARLY))

    def test_a_commit_counts_as_lost_whose_call_is_ended_and_not_read(self):
        for ends in ("cancelled", "dropped"):
            with self.subTest(ends):
                self.setUp()
                self.write(EARLY)
                self.server.answers_commits = False
                call = self.stub.Transact(iter((
                    database_pb2.TransactRequest(
                        begin=database_pb2.TransactBegin(database="app")),
                    database_pb2.TransactRequest(
                        commit=database_pb2.TransactCommit()))))
                self.assertTrue(self.server.commits.acquire(timeout=10))
                if ends == "cancelled":
                    call.cancel()
                else:
                    del call
                end = time.monotonic() + 10
                while self.asked() != consistency(strong=True):
                    self.assertLess(time.monotonic(), end)

    def test_channels_can_share_what_they_see(self):
        seen = sluice_consistency.SeenTokens()
        seen.note("app", EARLY)
        self.stub = database_pb2_grpc.DatabaseStub(
            sluice_consistency.read_your_writes(self.channel, seen))
        self.assertEqual(self.asked(), consistency(at_least=EARLY))
        self.write(LATE)
        self.assertEqual(seen.token("app"), LATE)


if __name__ == "__main__":
    unittest.main()
