"""What an error of a Sluice gateway says, from its details.

    except grpc.RpcError as error:
        if sluice_errors.parse(error).reason == "UNIQUE_VIOLATION": ...
"""

from typing import NamedTuple, Optional

from google.rpc import error_details_pb2, status_pb2
from sluice.v1 import errors_pb2


class Failure(NamedTuple):
    """The details of an error."""

    # Out of `ErrorReason`, without the prefix. Empty: the error is gRPC's own.
    reason: str
    # `executed`, `parameter`, `limit` and the like; see docs/errors.md.
    metadata: dict[str, str]
    # PostgreSQL's report, where the error is PostgreSQL's.
    diagnostic: Optional[errors_pb2.PostgresDiagnostic]


def parse(error) -> Failure:
    """Takes the details out of a grpc.RpcError."""
    trailers = dict(error.trailing_metadata() or ())
    status = status_pb2.Status.FromString(
        trailers.get("grpc-status-details-bin", b""))
    info = error_details_pb2.ErrorInfo()
    diagnostic = None
    for detail in status.details:
        if detail.Is(info.DESCRIPTOR):
            detail.Unpack(info)
        elif detail.Is(errors_pb2.PostgresDiagnostic.DESCRIPTOR):
            diagnostic = errors_pb2.PostgresDiagnostic()
            detail.Unpack(diagnostic)
    return Failure(info.reason, dict(info.metadata), diagnostic)
