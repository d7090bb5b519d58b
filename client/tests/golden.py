#!/usr/bin/python3
"""Makes the golden results: what a gateway sends for the golden cases, and what
PostgreSQL itself says of their values.

    source deploy/local/run/env && client/tests/golden.py [FILE]

writes golden/results.json anew (or FILE alone), streams.json and errors.json.
What they hold stands in golden/README.md.
"""

import json
import os
import pathlib
import shlex
import subprocess
import sys

import golden_cases

HERE = pathlib.Path(__file__).resolve().parent
RESULTS = HERE / "golden/results.json"
STREAMS = HERE / "golden/streams.json"
ERRORS = HERE / "golden/errors.json"
# OIDs from here on are a database's own and differ from one to the next.
FIRST_OWN_OID = 16384


def make_results(query, psql):
    """The golden results, made with `query`, from SQL to a ResultSet of the
    gateway, and `psql`, from SQL to what psql prints unaligned."""
    psql(golden_cases.TYPES)
    found = []
    for case in golden_cases.CASES:
        found.append({
            "name": case.name,
            "sql": " ".join(case.sql.split()),
            "beyond": list(case.beyond),
            "result_set": as_json(query(case.sql)),
            "rows": true_rows(case, psql),
        })
    psql("DROP SCHEMA golden CASCADE")
    return found


def true_rows(case, psql):
    """The values in PostgreSQL's own words, every number as a string."""
    shown = psql(f"""{golden_cases.FUNCTIONS}
        SELECT coalesce(json_agg(json_build_array({", ".join(case.truths)})),
                        '[]')
        FROM ({case.sql}) AS q""")
    return json.loads(shown, parse_int=str, parse_float=str)


def as_json(message):
    from google.protobuf import json_format
    found = json_format.MessageToDict(message, preserving_proto_field_name=True)
    hide_own_oids(found)
    return found


def hide_own_oids(value):
    if isinstance(value, dict):
        for key in ("oid", "table_oid"):
            if value.get(key, 0) > FIRST_OWN_OID:
                value[key] = FIRST_OWN_OID
        value = list(value.values())
    if isinstance(value, list):
        for inner in value:
            hide_own_oids(inner)


def written(cases):
    """The text of a golden file: a line for each part of a case."""
    dump = lambda value: json.dumps(value, ensure_ascii=False)
    return "[\n" + ",\n".join(
        " {" + ",\n  ".join(f"{dump(key)}: {dump(value)}"
                            for key, value in case.items()) + "}"
        for case in cases) + "\n]\n"


def main():
    sys.path.insert(0, str(HERE.parent / "python"))
    import example  # First: it makes and finds the stubs.
    import golden_errors
    import golden_streams
    from sluice.v1 import database_pb2, database_pb2_grpc

    with example.open_channel() as channel:
        stub = database_pb2_grpc.DatabaseStub(channel)
        query = lambda sql: stub.Query(
            example.make_request(database_pb2.QueryRequest, sql)).result_set
        target = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else RESULTS
        target.write_text(written(make_results(query, ask_psql)))
    if target == RESULTS:
        STREAMS.write_text(written(golden_streams.make_streams()))
        ERRORS.write_text(written(golden_errors.make_errors()))


def ask_psql(sql):
    command = shlex.split(os.environ["SLUICE_PSQL"])
    return subprocess.run(
        [*command, "-qAt", "-c", "SET TimeZone = 'UTC'", "-c", sql],
        stdout=subprocess.PIPE, check=True, text=True).stdout


if __name__ == "__main__":
    main()
