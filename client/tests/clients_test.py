#!/usr/bin/python3
"""The command against a live gateway.

What they print is compared with psql, which asks the primary directly.
"""

import csv
import decimal
import io
import json
import os
import pathlib
import time
import unittest

import live_gateway

HERE = pathlib.Path(__file__).resolve().parent
ALL_TYPES = (HERE / "all_types.sql").read_text()

# Values whose text has many forms, a few hundred of each.
SERIES = {
    "floats": """
        SELECT exp(i * 0.9 - 700)::float8 AS f8, -exp(i * 0.1 - 80)::float4 AS f4,
               i / 7.0::float8 AS near_one, (i * 10000019.0)::float8 AS whole
        FROM generate_series(1, 1500) AS i""",
    "numerics": """
        SELECT (10::numeric ^ (i % 60)) / (i * 7) AS n,
               i * 1000 - 0.000001 * i AS d
        FROM generate_series(1, 500) AS i""",
    "times": """
        SELECT date '0002-01-01 BC' + i * 1234 AS d,
               timestamp '4000-01-01 BC' + i * interval '1111 days 3.14159 s' AS t,
               timestamptz '1969-12-30 00:00+00' + i * interval '1234.567 s' AS tz,
               time '00:00' + i * interval '12.34567 s' AS clock
        FROM generate_series(1, 3000) AS i""",
    "intervals": """
        SELECT make_interval(months => m, days => d, secs => s) AS span
        FROM unnest(ARRAY[0, 1, -1, 11, 12, -12, 25, -25]) AS m,
             unnest(ARRAY[0, 1, -1, 40]) AS d,
             unnest(ARRAY[0, 1, -1, 0.5, -0.000001, 86400, 360000.25]) AS s""",
}

csv.field_size_limit(1 << 30)

# Catalogues hold types that no table of an application has.
CATALOGUES = (
    "SELECT t.* FROM pg_type AS t ORDER BY oid",
    "SELECT c.* FROM pg_class AS c ORDER BY oid LIMIT 200",
    "SELECT p.* FROM pg_proc AS p ORDER BY oid LIMIT 500",
    "SELECT * FROM pg_index ORDER BY indexrelid",
    "SELECT * FROM pg_operator ORDER BY oid LIMIT 200",
)

OWN_TYPES = """
    CREATE TYPE mood AS ENUM ('sad', 'ok, fine');
    CREATE DOMAIN positive AS int CHECK (value > 0);
    CREATE TYPE reading AS (number int, label text, at timestamptz);
    CREATE TYPE report AS (title text, readings reading[], span tstzrange);
    CREATE TYPE words AS RANGE (subtype = text);"""
VALUES_OF_OWN_TYPES = """
    SELECT 'sad'::mood AS mood, ARRAY['sad', 'ok, fine']::mood[] AS moods,
           5::positive AS positive, ARRAY[5]::positive[] AS positives,
           ROW(1, 'x y', '2024-01-01 00:00+00')::reading AS reading,
           ARRAY[ROW(1, NULL, NULL), NULL]::reading[] AS readings,
           ROW('a "b"', ARRAY[ROW(1, 'x,\\y', NULL)]::reading[],
               '[2024-01-01 00:00+00,)')::report AS report,
           words('', 'a"]\\', '[]') AS words,
               '{[a,b),["c d",)}'::words_multirange AS many,
           package, ARRAY[package] AS packages
    FROM packages AS package ORDER BY name LIMIT 20"""


# Runs a command; prints the lines it wrote, and the most memory it had in KiB.
MEASURE = """
import resource, subprocess, sys
with subprocess.Popen(sys.argv[1:], stdout=subprocess.PIPE) as process:
    lines = sum(1 for _ in process.stdout)
peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
print(lines, peak)
sys.exit(process.returncode)
"""


class ClientsTest(unittest.TestCase):

    @classmethod
    def setUpClass(cls):
        cls.gateway = live_gateway.LiveGateway()
        cls.addClassCleanup(cls.gateway.stop)
        cls.gateway.start()

    def query(self, *arguments, **options):
        """Standard output of a `sluice query` that succeeds."""
        done = self.gateway.sluice("query", *arguments, **options)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def failure(self, *arguments, status=1):
        """Standard error of a `sluice` that fails."""
        done = self.gateway.sluice(*arguments)
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        self.assertEqual(done.stdout, "")
        return done.stderr

    def assert_same_csv(self, sql):
        ours, theirs = (
            list(csv.reader(io.StringIO(text, newline="")))
            for text in (self.query("--format", "csv", sql),
                         self.gateway.psql("--csv", "-c", sql)))
        self.assertEqual(ours[0], theirs[0])
        for ours_row, theirs_row in zip(ours, theirs):
            for name, a, b in zip(ours[0], ours_row, theirs_row):
                self.assertEqual(a, b, name)
        self.assertEqual(self.query("--format", "csv", sql),
                         self.gateway.psql("--csv", "-c", sql))

    def test_csv_is_psqls_for_every_kind_of_type(self):
        self.assert_same_csv(ALL_TYPES)

    def test_csv_is_psqls_for_many_values_of_a_type(self):
        for name, sql in SERIES.items():
            with self.subTest(name):
                self.assert_same_csv(sql)

    def test_csv_is_psqls_for_catalogues(self):
        for sql in CATALOGUES:
            with self.subTest(sql):
                self.assert_same_csv(sql)

    def test_csv_is_psqls_for_types_of_a_users_own(self):
        self.gateway.psql("-c", OWN_TYPES)
        self.assert_same_csv(VALUES_OF_OWN_TYPES)

    def test_a_table_is_psqls(self):
        for sql in (
                "SELECT 1 AS one, 'a' AS \"two\nlines\", NULL AS three, "
                "E'x\\ny' AS four, 'ü漢' AS five UNION ALL "
                "SELECT 1000000, 'bcd', 'z', E'\\t\\r', 'b'",
                "SELECT name, size FROM packages WHERE false",
                "SELECT", ALL_TYPES):
            with self.subTest(sql[:40]):
                self.assertEqual(self.query(sql), self.gateway.psql("-c", sql))

    def test_json_is_exact(self):
        sql = """SELECT 9007199254740993 AS i, 0.10000000000000000001 AS n,
                        'NaN'::numeric AS nan, 0.1::float4 AS f, true AS b,
                        NULL AS z, '{"k": 1.10}'::json AS j,
                        ARRAY[[1, 2], [3, NULL]] AS a, date '2024-02-29' AS d,
                        E'a"\\n' AS t"""
        (row,) = json.loads(self.query("--format", "json", sql),
                            parse_float=decimal.Decimal)
        self.assertEqual(row, {
            "i": 9007199254740993,
            "n": decimal.Decimal("0.10000000000000000001"), "nan": "NaN",
            "f": decimal.Decimal("0.1"), "b": True, "z": None,
            "j": {"k": decimal.Decimal("1.10")}, "a": [[1, 2], [3, None]],
            "d": "2024-02-29", "t": 'a"\n',
        })
        rows = json.loads(self.query("--format", "json", ALL_TYPES))
        self.assertEqual(len(rows), 2)
        self.assertEqual(set(rows[1].values()), {None})

    def test_parameters_take_their_places(self):
        self.assertEqual(
            self.query("--format", "csv", "--param", "-5", "--null-param",
                       "--typed-param", "date:2024-02-29", "--typed-param",
                       "int4[]:{1,2}",
                       "SELECT $1::int AS a, $2::text AS b, $3 AS c, $4 AS d"),
            'a,b,c,d\n-5,,2024-02-29,"{1,2}"\n')

    def test_sql_comes_from_standard_input(self):
        self.assertEqual(self.query("--format=csv", "-", input="SELECT 1 AS a"),
                         "a\n1\n")

    def test_statements_of_a_script_run_in_order(self):
        script = self.gateway.folder / "script.sql"
        script.write_text("-- first\nSELECT ';' AS a;\nSELECT 2 AS b;\n")
        for arguments, options in (
                (("-f", script), {}), (("-f", "-"), {"input": script.read_text()}),
                ((), {"input": script.read_text()})):
            with self.subTest(arguments):
                self.assertEqual(
                    self.query("--format=csv", *arguments, **options),
                    "a\n;\nb\n2\n")

    def test_a_script_stops_at_its_first_error(self):
        done = self.gateway.sluice(
            "query", "--format=csv", "-f", "-",
            input="SELECT 1 AS a;\n\nSELECT\n  missing;\nSELECT 3 AS c;\n")
        self.assertEqual((done.returncode, done.stdout), (1, "a\n1\n"))
        self.assertRegex(done.stderr, r'^<stdin>:4: ERROR:  column "missing"')

    def test_json_lines_hold_a_row_each(self):
        self.assertEqual(
            self.query("--format=jsonl", "SELECT generate_series(1, 3) AS i"),
            '{"i": 1}\n{"i": 2}\n{"i": 3}\n')

    def test_a_result_of_any_size_takes_little_memory(self):
        sql = "SELECT i, repeat('x', 1000) FROM generate_series(1, 200000) i"
        program = pathlib.Path(os.environ["SLUICE_BUILD_DIR"],
                               "client/cli/sluice")
        for output_format in ("csv", "json", "table"):
            with self.subTest(output_format):
                done = self.gateway.run(
                    "/usr/bin/python3", "-c", MEASURE, program, "query",
                    "--format", output_format, sql, timeout=120)
                self.assertEqual(done.returncode, 0, done.stderr)
                lines, peak_kib = map(int, done.stdout.split())
                self.assertGreaterEqual(lines, 200_000)
                self.assertLess(peak_kib, 64 * 1024)

    def test_a_reader_that_goes_away_ends_the_statement_quietly(self):
        done = self.gateway.run(
            "bash", "-c", """
            "$1" query --format csv "SELECT i, 'gone away' AS t
            FROM generate_series(1, 100000000) AS i" | head -n 3
            exit "${PIPESTATUS[0]}"
            """, "bash",
            pathlib.Path(os.environ["SLUICE_BUILD_DIR"], "client/cli/sluice"))
        self.assertEqual((done.returncode, done.stderr), (141, ""))
        self.assertEqual(done.stdout, "i,t\n1,gone away\n2,gone away\n")
        self.gateway.await_backends("gone away", 0)

    def test_an_error_behind_the_first_rows_can_be_told(self):
        sql = "SELECT 10 / (5000000 - i) AS q FROM generate_series(1, 5000000) i"
        for output_format, end in (("csv", "\n0\n"), ("json", "}"),
                                   ("jsonl", "}\n"), ("table", "\n")):
            with self.subTest(output_format):
                done = self.gateway.sluice("query", "--format", output_format,
                                           sql)
                self.assertEqual(done.returncode, 1)
                self.assertIn("division by zero", done.stderr)
                self.assertGreater(len(done.stdout), 100_000)
                self.assertTrue(done.stdout.endswith(end))
                self.assertNotIn("rows)", done.stdout)

    def test_long_values_come_whole(self):
        sql = """SELECT 1 AS a, repeat('xyz', 700000) AS t,
                        decode(repeat('00ff', 300000), 'hex') AS b,
                        (SELECT array_agg(i) FROM generate_series(1, 200000) i),
                        ROW(repeat('q"', 300000), 5) AS r
                 UNION ALL SELECT 2, 'short', '', '{}', ROW('', 0)"""
        self.assert_same_csv(sql)
        self.assertIn("REASON:  VALUE_LIMIT",
                      self.failure("query", "SELECT repeat('x', 4000000)"))
        self.assertEqual(
            len(self.query("--format=csv", "--max-value-bytes", "30000000",
                           "SELECT repeat('x', 20000000) AS t")), 20000003)

    def test_an_error_points_at_its_place(self):
        report = self.failure("query", "SELECT 1,\n  missing FROM packages")
        self.assertRegex(report, r'^ERROR:  column "missing" does not exist\n')
        self.assertIn("UNDEFINED_OBJECT (INVALID_ARGUMENT, SQLSTATE 42703",
                      report)
        self.assertIn("LINE 2:   missing FROM packages\n          ^\n", report)

    def test_calls_that_fail_say_why(self):
        for reason, *arguments in (
                ("SYNTAX_ERROR", "query", "selec 1"),
                ("MULTIPLE_STATEMENTS", "query", "SELECT 1; SELECT 2"),
                ("PARAMETER_COUNT", "query", "SELECT $1::int"),
                ("DATA_INVALID", "query", "--param", "x", "SELECT $1::int"),
                ("UNKNOWN_TYPE", "query", "--typed-param", "no_type:x",
                 "SELECT $1"),
                ("UNKNOWN_DATABASE", "query", "--database", "other",
                 "SELECT 1"),
                ("STATEMENT_NOT_ALLOWED", "query", "DO 'BEGIN END'"),
                ("ROW_LIMIT", "query", "--max-rows", "2",
                 "SELECT generate_series(1, 3)"),
                ("BYTE_LIMIT", "query", "--max-bytes", "10",
                 "SELECT repeat('x', 11)"),
                ("DEADLINE_EXCEEDED", "query", "--timeout", "500ms",
                 "SELECT pg_sleep(20)")):
            with self.subTest(reason):
                self.assertIn(f"REASON:  {reason}", self.failure(*arguments))

    def test_wrong_usage_is_told_apart(self):
        self.assertIn("no SQL", self.failure("query", status=2))
        self.assertIn("can't read", self.failure(
            "query", "--ca", "/nonexistent", "SELECT 1", status=2))

    def test_a_gateway_of_another_name_is_refused(self):
        report = self.failure("query", "--server-name", "other.test", "SELECT 1")
        self.assertIn("REASON:  UNAVAILABLE", report)

    def test_rows_beyond_a_limit_can_be_left_out(self):
        done = self.gateway.sluice(
            "query", "--max-rows=2", "--truncate", "--format=csv",
            "SELECT generate_series(1, 3) AS i")
        self.assertEqual((done.returncode, done.stdout), (0, "i\n1\n2\n"))
        self.assertEqual(done.stderr,
                         "WARNING:  rows were left out at a limit\n")

    def test_exec_writes_and_prints_the_command_tag(self):
        run = lambda *arguments: self.gateway.sluice("exec", *arguments).stdout
        count = "SELECT count(*) FROM packages WHERE name = 'clients-test'"
        insert = """INSERT INTO packages (name, version, architecture, depends)
                    VALUES ('clients-test', $1, 'all', '{}')"""
        self.assertEqual(run("--param", "1", insert), "INSERT 0 1\n")
        self.assertEqual(
            run("--param", "2", insert + " RETURNING version"),
            " version \n---------\n 2\n(1 row)\n\nINSERT 0 1\n")
        self.assertEqual(self.gateway.psql("-At", "-c", count), "2\n")
        self.assertEqual(
            run("--format=json",
                "DELETE FROM packages WHERE name = 'clients-test'"), "[]\n")
        self.assertEqual(self.gateway.psql("-At", "-c", count), "0\n")

    def await_topology(self, condition):
        """What `sluice topology` tells admins, once the condition holds."""
        deadline = time.monotonic() + 20
        while True:
            done = self.gateway.sluice("topology",
                                       variables=self.gateway.as_app("admin"))
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            if condition(done.stdout):
                return done.stdout
            self.assertLess(time.monotonic(), deadline, done.stdout)

    def test_topology_tells_why_an_answer_of_discovery_is_not_taken(self):
        file = self.gateway.state / "discovery/databases.yaml"
        good = file.read_text()
        whole = self.await_topology(lambda text: text.count(" up ") == 3)
        self.assertNotIn("Discovery", whole)
        try:
            file.write_text("primary: nowhere:0\n")
            told = self.await_topology(lambda text: "Discovery" in text)
        finally:
            file.write_text(good)
        self.assertRegex(
            told, r'(?m)^Discovery: not taken: .*"nowhere:0" has no port')
        self.assertEqual(told.count(" up "), 3)
        self.await_topology(lambda text: "Discovery" not in text)

    def test_notices_go_to_standard_error(self):
        done = self.gateway.sluice(
            "exec", "DO $$BEGIN RAISE NOTICE 'hello' USING HINT = 'hi'; END$$")
        self.assertEqual(done.stderr, "NOTICE:  hello\nHINT:  hi\n")
        self.assertEqual(done.returncode, 0)


if __name__ == "__main__":
    unittest.main()
