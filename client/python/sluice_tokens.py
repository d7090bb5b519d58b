"""Tokens for the calls of a channel: issued, kept, renewed.

    channel = grpc.secure_channel(address, credentials)
    channel = sluice_tokens.with_tokens(channel)
    stub = database_pb2_grpc.DatabaseStub(channel)

The first call waits for a token. Once two thirds of its time are over the next
call starts its renewal and goes on with the old one; calls wait again only where
the token has ended meanwhile. A unary call that is refused for its token is made
once more with a new one.
"""

import collections
from concurrent import futures
import random
import threading
import time

import grpc
from sluice.v1 import tokens_pb2, tokens_pb2_grpc

import sluice_errors

_TIMEOUT = 20  # Seconds, after which a gateway counts as lost without a word.
_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 10  # Seconds between attempts to renew.


def with_tokens(channel, scopes=(), ttl=None):
    """Returns `channel` with a token in each call. Tokens are bound to the
    certificate of its credentials."""
    return grpc.intercept_channel(
        channel, _Interceptor(TokenSource(channel, scopes, ttl)))


class NoToken(grpc.RpcError):
    """The time of a call was over before there was a token for it."""

    def code(self):
        return grpc.StatusCode.DEADLINE_EXCEEDED

    def details(self):
        return "the deadline passed while it waited for a token"

    def trailing_metadata(self):
        return ()


class TokenSource:
    """The token that is valid now. Threads: any, at once."""

    def __init__(self, channel, scopes=(), ttl=None, clock=time.monotonic):
        """Asks for `scopes` (none: all that the policy gives) and a time of `ttl`
        seconds (None: as the policy says)."""
        self._stub = tokens_pb2_grpc.TokensStub(channel)
        self._issue = tokens_pb2.IssueTokenRequest(scopes=scopes)
        self._renew = tokens_pb2.RenewTokenRequest()
        if ttl is not None:
            for request in (self._issue, self._renew):
                request.ttl.FromMilliseconds(round(ttl * 1000))
        self._clock = clock
        self._lock = threading.Lock()
        self._token = None
        self._renewal = self._end = self._next_attempt = float("-inf")
        self._pause = _FIRST_PAUSE
        self._refresh = None  # What those wait for who have no token.

    def get(self, timeout=None):
        """Returns the token to send. Raises grpc.RpcError where there is none
        within `timeout` seconds."""
        with self._lock:
            now = self._clock()
            is_valid = now < self._end
            token, refresh = self._token, self._refresh
            is_due = now >= max(self._renewal, self._next_attempt)
            starts = refresh is None and (is_due or not is_valid)
            if starts:
                refresh = self._refresh = futures.Future()
        if starts:
            self._start(refresh, now, token if is_valid else None)
        if is_valid:
            return token
        try:
            return refresh.result(timeout)
        except futures.TimeoutError:
            raise NoToken() from None

    def reject(self, token):
        """Tells that a call was refused for `token`."""
        with self._lock:
            if token == self._token:
                self._token, self._end = None, float("-inf")

    def _start(self, refresh, asked, renewed):
        try:
            if renewed is None:
                call = self._stub.IssueToken.future(self._issue,
                                                    timeout=_TIMEOUT)
            else:
                call = self._stub.RenewToken.future(
                    self._renew, timeout=_TIMEOUT, metadata=_metadata(renewed))
        except Exception as error:  # Such as that the channel is closed.
            self._fail(refresh, error)
            return

        def finish(call):
            over = call.code() == grpc.StatusCode.UNAUTHENTICATED
            if over and renewed is not None:
                self._start(refresh, asked, None)
            else:
                self._finish(refresh, asked, call)

        call.add_done_callback(finish)

    def _finish(self, refresh, asked, call):
        try:
            error = call.exception()
        except grpc.FutureCancelledError as cancelled:
            error = cancelled
        if error is not None:
            self._fail(refresh, error)
            return
        with self._lock:
            self._refresh = None
            self._take(asked, call.result())
            token = self._token
        refresh.set_result(token)

    def _fail(self, refresh, error):
        with self._lock:
            self._refresh = None
            self._next_attempt = self._clock() + self._pause * random.uniform(
                0.5, 1)
            self._pause = min(2 * self._pause, _LONGEST_PAUSE)
        refresh.set_exception(error)

    def _take(self, asked, issued):
        # Times that have passed here: the server's clock may differ.
        third = (issued.expire_time.ToNanoseconds() -
                 issued.renew_time.ToNanoseconds()) / 1e9
        self._token = issued.token
        self._renewal = asked + 2 * third
        self._end = asked + 3 * third - min(third / 10, 2)
        self._pause = _FIRST_PAUSE


class _CallDetails(
        collections.namedtuple(
            "_CallDetails", ("method", "timeout", "metadata", "credentials",
                             "wait_for_ready", "compression")),
        grpc.ClientCallDetails):
    """What a call is made with."""


class _Interceptor(grpc.UnaryUnaryClientInterceptor,
                   grpc.UnaryStreamClientInterceptor,
                   grpc.StreamUnaryClientInterceptor,
                   grpc.StreamStreamClientInterceptor):

    def __init__(self, source):
        self._source = source

    def intercept_unary_unary(self, continuation, details, request):
        left = _countdown(details.timeout)
        token = self._source.get(left())
        call = continuation(_with_token(details, token, left()), request)
        # One that was not waited for may be running yet.
        if not call.done() or not _is_refused(call):
            return call
        self._source.reject(token)
        token = self._source.get(left())
        return continuation(_with_token(details, token, left()), request)

    def intercept_unary_stream(self, continuation, details, request):
        left = _countdown(details.timeout)
        token = self._source.get(left())
        call = continuation(_with_token(details, token, left()), request)
        return self._watched(call, token)

    # The requests of a stream are handed on as they are.
    intercept_stream_unary = intercept_unary_stream
    intercept_stream_stream = intercept_unary_stream

    def _watched(self, call, token):
        """Lets go of the token of a stream that is refused for it."""

        def look():
            if _is_refused(call):
                self._source.reject(token)

        if not call.add_callback(look):
            look()
        return call


def _metadata(token):
    return (("authorization", "Bearer " + token),)


def _countdown(timeout):
    """Returns what gives the seconds that are left of `timeout`; None: no end."""
    if timeout is None:
        return lambda: None
    end = time.monotonic() + timeout
    return lambda: max(end - time.monotonic(), 0)


def _with_token(details, token, timeout):
    metadata = tuple(details.metadata or ()) + _metadata(token)
    return _CallDetails(details.method, timeout, metadata,
                        details.credentials, details.wait_for_ready,
                        details.compression)


def _is_refused(call):
    if call.code() != grpc.StatusCode.UNAUTHENTICATED:
        return False
    failure = sluice_errors.parse(call)
    return (failure.reason == "TOKEN_INVALID" and
            failure.metadata.get("executed") != "unknown")
