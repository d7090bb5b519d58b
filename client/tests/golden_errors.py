"""Details of errors that every reader is tested against."""

import base64

from google.protobuf import any_pb2, duration_pb2
from google.rpc import error_details_pb2, status_pb2
from sluice.v1 import errors_pb2


def error(name, *details, reason="", metadata=None, sqlstate=None):
    status = status_pb2.Status(code=3, message="no")
    for detail in details:
        packed = any_pb2.Any()
        packed.Pack(detail, deterministic=True)
        status.details.append(packed)
    octets = status.SerializeToString(deterministic=True)
    return {"name": name, "status": base64.b64encode(octets).decode(),
            "reason": reason, "metadata": metadata or {}, "sqlstate": sqlstate}


def make_info(reason, **metadata):
    return error_details_pb2.ErrorInfo(reason=reason, domain="sluice",
                                       metadata=metadata)


def make_errors():
    return [
        error("of_postgres",
              make_info("UNIQUE_VIOLATION", executed="no"),
              errors_pb2.PostgresDiagnostic(sqlstate="23505", message="twice"),
              reason="UNIQUE_VIOLATION", metadata={"executed": "no"},
              sqlstate="23505"),
        error("of_the_gateway",
              error_details_pb2.RetryInfo(
                  retry_delay=duration_pb2.Duration(nanos=100_000_000)),
              make_info("QUEUE_FULL", executed="no", limit="8"),
              reason="QUEUE_FULL", metadata={"executed": "no", "limit": "8"}),
        error("of_a_refused_token",
              make_info("TOKEN_INVALID", executed="no"),
              reason="TOKEN_INVALID", metadata={"executed": "no"}),
        error("of_a_lost_commit",
              make_info("OUTCOME_UNKNOWN", executed="unknown",
                        outcome_reference="a-reference"),
              reason="OUTCOME_UNKNOWN",
              metadata={"executed": "unknown",
                        "outcome_reference": "a-reference"}),
        error("without_details"),
    ]
