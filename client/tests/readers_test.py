#!/usr/bin/python3
"""The readers and examples in Python, Node and Go against a live gateway.

What they print is compared with psql, which asks the primary directly.
"""

import json
import os
import pathlib
import unittest

import live_gateway

HERE = pathlib.Path(__file__).resolve().parent
CLIENT = HERE.parent
PYTHON = ("/usr/bin/python3", "-B")


class ReadersTest(unittest.TestCase):

    @classmethod
    def setUpClass(cls):
        cls.maxDiff = None
        cls.gateway = live_gateway.LiveGateway()
        cls.addClassCleanup(cls.gateway.stop)
        cls.gateway.start()
        cls.gateway.psql(
            "-c", "CREATE TYPE long_note AS (id int, document jsonb)")
        cls.compile_go()
        os.environ["SLUICE_PYTHON_STUBS"] = str(cls.gateway.folder / "stubs")

    @classmethod
    def compile_go(cls):
        """Compiles the Go programs, with the cache of Go's unit tests."""
        cache = pathlib.Path(os.environ["SLUICE_BUILD_DIR"], "client/go/cache")
        for name in ("example", "longvalues", "ownwrites"):
            done = cls.gateway.run(
                CLIENT / "go/run.sh", cls.gateway.folder / "go", "build", "-o",
                cls.gateway.folder / name, f"sluice.dev/sluicerows/{name}",
                variables={"GOCACHE": str(cache)}, timeout=300)
            if done.returncode != 0:
                raise AssertionError(done.stderr)

    def each_output(self, commands, *arguments, **options):
        """Runs each client; yields what ran and what came of it."""
        stubs = os.environ["SLUICE_PYTHON_STUBS"]
        options["variables"] = {"SLUICE_PYTHON_STUBS": stubs,
                                **options.get("variables", {})}
        for command in commands:
            with self.subTest(command[0]):
                yield self.gateway.run(*command, *arguments, **options)

    @property
    def examples(self):
        return ((*PYTHON, CLIENT / "python/example.py"),
                ("node", CLIENT / "node/example.js"),
                (self.gateway.folder / "example",))

    @property
    def long_values(self):
        return ((*PYTHON, HERE / "long_values.py"),
                ("node", HERE / "long_values.js"),
                (self.gateway.folder / "longvalues",))

    @property
    def own_writes(self):
        return ((*PYTHON, HERE / "own_writes.py"),
                ("node", HERE / "own_writes.js"),
                (self.gateway.folder / "ownwrites",))

    def test_reads_see_the_writes_before_them(self):
        self.gateway.psql("-c", """
            INSERT INTO packages (name, version, architecture, depends)
            VALUES ('own-writes', '0', 'all', '{}')""")
        write = """UPDATE packages SET installed_size = $1
                   WHERE name = 'own-writes'"""
        read = """SELECT installed_size::int8 FROM packages
                  WHERE name = 'own-writes'"""
        for done in self.each_output(self.own_writes, write, read, "300"):
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            *nodes, _, stale = done.stdout.split()
            self.assertEqual(stale, "0")
            # A read that asks for nothing is strong here: all on the primary.
            self.assertGreaterEqual(len(nodes), 2, nodes)

    def test_the_examples_print_the_packages_that_psql_finds(self):
        largest = self.gateway.psql("-At", "-c", """
            SELECT format('%s %s: %s KiB, depends on %s', name, version,
                          installed_size, cardinality(depends))
            FROM packages WHERE section = 'libs' AND installed_size >= 20000
            ORDER BY installed_size DESC, name LIMIT 5""")
        self.assertEqual(largest.count("\n"), 5)
        total = self.gateway.psql("-At", "-c", """
            SELECT format('libs: %s packages, %s KiB', count(*),
                          sum(installed_size))
            FROM packages WHERE section = 'libs'""")
        for done in self.each_output(self.examples, "libs", "20000"):
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            *lines, error = done.stdout.splitlines(keepends=True)
            self.assertEqual("".join(lines), largest + total)
            self.assertRegex(
                error, r'^(?i:invalid_?argument), DATA_INVALID: .*"seven"')

    def test_the_examples_tell_of_an_error(self):
        for done in self.each_output(self.examples,
                                     variables={"SLUICE_DATABASE": "other"}):
            self.assertEqual(done.returncode, 1)
            self.assertRegex(done.stderr, "(?i:not_?found): .*other")

    def test_streams_bring_long_values_whole(self):
        sql = (HERE / "long_values.sql").read_text()
        expected = self.gateway.psql("-At", "-F,", "-c", f"""
            SELECT i, md5(words), md5(bytes), md5(array_to_string(list, '')),
                   md5(document->>'key'), md5((note).document->>'key')
            FROM ({sql}) AS q""")
        self.assertEqual(expected.count("\n"), 5)
        for done in self.each_output(self.long_values, sql):
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            self.assertEqual(done.stdout, expected)

    def test_a_stream_that_fails_under_way_says_why(self):
        sql = (HERE / "long_values.sql").read_text() + "WHERE 1 / (5 - i) >= 0"
        for done in self.each_output(self.long_values, sql):
            self.assertNotEqual(done.returncode, 0)
            self.assertIn("division by zero", done.stderr)
            self.assertNotRegex(done.stdout, "(?m)^5,")

    def test_golden_results_are_what_the_gateway_and_psql_say(self):
        target = self.gateway.folder / "results.json"
        (done,) = self.each_output([(*PYTHON, HERE / "golden.py", target)])
        self.assertEqual(done.returncode, 0, done.stderr)
        ours, theirs = (json.loads(path.read_text())
                        for path in (HERE / "golden/results.json", target))
        self.assertEqual([case["name"] for case in ours],
                         [case["name"] for case in theirs])
        for a, b in zip(ours, theirs):
            with self.subTest(a["name"]):
                self.assertEqual(a, b)


if __name__ == "__main__":
    unittest.main()
