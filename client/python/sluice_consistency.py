"""Reads that see one's own writes, by the consistency tokens of a channel's
calls.

    channel = sluice_consistency.read_your_writes(channel)
    channel = sluice_tokens.with_tokens(channel)  # Around it.

A read that names no consistency then sees at least what was written before
through the same channel, in the same database: `at_least` has the newest token
that came, so that a replica can serve it. After a write that may have taken
place, or not, or that came without a token, reads are strong until the token of a
write that started behind it. Before the first write they are as fresh as the
gateway's configuration says. What others wrote they may not see yet: note their
token, or ask for a strong read.
"""

import threading
import weakref

import grpc
from sluice.v1 import database_pb2

import sluice_errors

# Tokens can be compared that begin with the same bytes (docs/routing.md).
_CLUSTER_BYTES = 9
_DATABASE = "/sluice.v1.Database/"
_READS = (_DATABASE + "Query", _DATABASE + "QueryStream")
_WRITES = (_DATABASE + "Execute", _DATABASE + "RunTransaction")
_TRANSACT = _DATABASE + "Transact"
_COMMIT_BY_THEMSELVES = ("CALL", "DO")


def read_your_writes(channel, seen=None):
    """Returns `channel` with reads that see its writes, and those of other
    channels that share `seen`, a SeenTokens."""
    return grpc.intercept_channel(
        channel, _Interceptor(SeenTokens() if seen is None else seen))


class SeenTokens:
    """The newest token of each database. Threads: any, at once."""

    def __init__(self):
        self._lock = threading.Lock()
        self._tokens = {}
        self._lost = set()
        self._losses = {}

    def start(self, database):
        """Returns what `note` takes of a write that is sent from now on."""
        with self._lock:
            return self._losses.get(database, 0)

    def note(self, database, token, started=None):
        """Takes the token of a write, one's own or one that was passed on. An
        empty one says nothing. That of a write that `started` behind the last
        lost one stands for that too."""
        if not token:
            return
        with self._lock:
            if _is_later(token, self._tokens.get(database, b"")):
                self._tokens[database] = token
            if started == self._losses.get(database, 0):
                self._lost.discard(database)

    def note_lost(self, database):
        """Tells of a write that may have taken place, whose token did not come."""
        with self._lock:
            self._lost.add(database)
            self._losses[database] = self._losses.get(database, 0) + 1

    def note_failure(self, database, error):
        """Tells of a call that may write and has failed."""
        if _may_have_taken_place(error):
            self.note_lost(database)

    def token(self, database):
        """Returns the newest, to be passed on; empty before the first."""
        with self._lock:
            return self._tokens.get(database, b"")

    def consistency(self, database):
        """Returns what a read asks for that names nothing; None: nothing."""
        with self._lock:
            if database in self._lost:
                return database_pb2.Consistency(strong=True)
            token = self._tokens.get(database)
        return token and database_pb2.Consistency(at_least=token)


def _is_later(token, seen):
    is_of_same_cluster = (len(token) == len(seen) and
                          token[:_CLUSTER_BYTES] == seen[:_CLUSTER_BYTES])
    return not is_of_same_cluster or token > seen


def _may_have_written(summary):
    # What commits by itself has no reference.
    return (summary.outcome_reference or
            summary.command_tag in _COMMIT_BY_THEMSELVES)


def _may_have_taken_place(error):
    if not isinstance(error, grpc.RpcError):  # It was cancelled here.
        return True
    failure = sluice_errors.parse(error)
    # Of a gateway's error that does not say PostgreSQL has rolled it back.
    default = "no" if failure.reason else "unknown"
    return failure.metadata.get("executed", default) != "no"


class _Interceptor(grpc.UnaryUnaryClientInterceptor,
                   grpc.UnaryStreamClientInterceptor,
                   grpc.StreamStreamClientInterceptor):

    def __init__(self, seen):
        self._seen = seen

    def intercept_unary_unary(self, continuation, details, request):
        fresh = self._fresh(details, request)
        if details.method not in _WRITES:
            return continuation(details, fresh)
        started = self._seen.start(request.database)
        return _Write(continuation(details, fresh), self._seen,
                      request.database, started)

    def intercept_unary_stream(self, continuation, details, request):
        return continuation(details, self._fresh(details, request))

    def intercept_stream_stream(self, continuation, details, requests):
        if details.method != _TRANSACT:
            return continuation(details, requests)
        watch = _CommitWatch(self._seen)
        call = continuation(details, watch.requests(requests))
        watch.follow(call)
        return _Transaction(call, watch)

    def _fresh(self, details, request):
        """`request` with what it has to see, unless it says so itself."""
        may_read = details.method in _READS or (
            isinstance(request, database_pb2.ExecuteRequest) and
            request.read_routing == database_pb2.READ_ROUTING_AUTO)
        if not may_read or request.options.consistency.WhichOneof("level"):
            return request
        consistency = self._seen.consistency(request.database)
        if not consistency:
            return request
        fresh = type(request)()
        fresh.CopyFrom(request)
        fresh.options.consistency.CopyFrom(consistency)
        return fresh


class _Wrapped:
    """A call, all but what is said here."""

    def __init__(self, call):
        self._call = call

    def __getattr__(self, name):
        return getattr(self._call, name)


class _Write(_Wrapped):
    """A call that may write: its token is noted before who waits for the result
    has it, and also where nobody does."""

    def __init__(self, call, seen, database, started):
        super().__init__(call)
        self._seen, self._database, self._started = seen, database, started
        call.add_done_callback(self._note)

    def result(self, timeout=None):
        try:
            return self._call.result(timeout)
        finally:
            if self._call.done():
                self._note(self._call)

    def _note(self, call):
        try:
            error = call.exception()
        except grpc.FutureCancelledError as cancelled:
            error = cancelled
        if error is not None:
            self._seen.note_failure(self._database, error)
            return
        summary = call.result().summary
        if not summary.consistency_token and _may_have_written(summary):
            self._seen.note_lost(self._database)
        else:
            self._seen.note(self._database, summary.consistency_token,
                            self._started)


class _CommitWatch:
    """What becomes of the commit of a transaction. Threads: any, at once."""

    def __init__(self, seen):
        self._seen = seen
        self._lock = threading.Lock()
        self._database = ""
        self._started = 0
        self._awaits_commit = False

    def requests(self, requests):
        for request in requests:
            kind = request.WhichOneof("request")
            if kind == "begin":
                self._database = request.begin.database
            elif kind == "commit":
                with self._lock:
                    self._started = self._seen.start(self._database)
                    self._awaits_commit = True
            yield request

    def take(self, reply):
        if reply.WhichOneof("response") != "committed":
            return
        committed = reply.committed
        with self._lock:
            self._awaits_commit = False
            if committed.outcome_reference and not committed.consistency_token:
                self._seen.note_lost(self._database)
            else:
                self._seen.note(self._database, committed.consistency_token,
                                self._started)

    def end(self):
        with self._lock:
            if not self._awaits_commit:
                return
            self._awaits_commit = False
            self._seen.note_lost(self._database)

    def follow(self, call):
        """Takes notice of the end of a call whose replies nobody may read."""
        followed = weakref.ref(call)  # One that is dropped is cancelled.

        def look():
            ended = followed()
            # Where it ended well the last reply has come, and is taken yet.
            if ended is None or ended.code() is not grpc.StatusCode.OK:
                self.end()

        if not call.add_callback(look):
            look()


class _Transaction(_Wrapped):
    """The replies of a Transact."""

    def __init__(self, call, watch):
        super().__init__(call)
        self._watch = watch

    def __iter__(self):
        return self

    def __next__(self):
        try:
            reply = next(self._call)
        except (StopIteration, grpc.RpcError):
            self._watch.end()
            raise
        self._watch.take(reply)
        return reply
