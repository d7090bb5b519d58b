#!/usr/bin/python3
"""The interactive shell at a pseudo-terminal, against a live gateway."""

import contextlib
import os
import pathlib
import re
import signal
import stat
import unittest

import live_gateway
import terminal_session

SCHEMA = """
    CREATE TABLE suppliers (id int PRIMARY KEY);
    CREATE TABLE parts (
      part_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      label varchar(20) NOT NULL DEFAULT 'none',
      supplier int REFERENCES suppliers,
      CONSTRAINT short CHECK (length(label) < 20));
    CREATE INDEX parts_by_label ON parts (lower(label)) WHERE supplier > 0;
    CREATE VIEW labels AS SELECT label FROM parts;
    CREATE TYPE mood AS ENUM ('sad', 'happy');"""

PROMPT = r"demo=> $"


class ShellTest(unittest.TestCase):

    @classmethod
    def setUpClass(cls):
        cls.gateway = live_gateway.LiveGateway()
        cls.addClassCleanup(cls.gateway.stop)
        cls.gateway.start()
        cls.gateway.psql("-c", SCHEMA)

    def setUp(self):
        self.state = self.gateway.folder / f"state-{self.id()}"

    @contextlib.contextmanager
    def terminal(self, *arguments, **variables):
        environment = {**self.gateway.variables, "TERM": "xterm",
                       "XDG_STATE_HOME": str(self.state), "PAGER": "",
                       **variables}
        program = pathlib.Path(os.environ["SLUICE_BUILD_DIR"],
                               "client/cli/sluice")
        session = terminal_session.TerminalSession([program, *arguments],
                                                   environment)
        try:
            yield session
        finally:
            session.close()

    @contextlib.contextmanager
    def shell(self, **variables):
        with self.terminal(**variables) as session:
            session.await_text(PROMPT)
            yield session

    def answer(self, session, line):
        """What is shown for a line, up to the next prompt."""
        session.type(line + "\r")
        session.await_text(r"\n")
        return session.await_text(PROMPT)

    def test_a_statement_may_take_several_lines(self):
        with self.shell() as session:
            for line, prompt in (("SELECT 'a", "'"), ("b' AS t, (1", "("),
                                 (") AS n -- ;", "-"), ("/* ;", "*"),
                                 ("*/ , $x$;", "$"), ("$x$ AS d", "-")):
                session.type(line + "\r")
                session.await_text(rf"demo{re.escape(prompt)}> $")
            self.assertIn("(1 row)", self.answer(session, ";"))
            self.assertIn("(1 row)", self.answer(session, "SELECT 1 AS a"
                                                 "\rWHERE true;"))

    def test_reads_and_writes_take_their_calls(self):
        with self.shell() as session:
            self.assertIn("INSERT 0 1", self.answer(
                session, "INSERT INTO suppliers VALUES (7);"))
            self.assertIn("INSERT 0 1", self.answer(
                session, "WITH new AS (SELECT 8 AS id) "
                "INSERT INTO suppliers SELECT id FROM new;"))
            self.assertIn(" 8\n", self.answer(
                session, "SELECT max(id) FROM suppliers;"))
            self.assertIn("FOR UPDATE", self.answer(
                session, "SELECT 'FOR UPDATE' FROM suppliers "
                "WHERE id = 8 FOR UPDATE;"))
            self.assertIn("DELETE 2", self.answer(
                session, "DELETE FROM suppliers;"))

    def test_an_error_leaves_the_prompt(self):
        with self.shell() as session:
            shown = self.answer(session, "SELECT missing;")
            self.assertIn('column "missing" does not exist', shown)
            self.assertIn("(1 row)", self.answer(session, "SELECT 1;"))
            self.assertIn("no command \\nope", self.answer(session, "\\nope"))

    def test_tab_completes_tables_and_columns(self):
        with self.shell() as session:
            session.type("SELECT lab FROM par\t" + "\x1b[D" * 12 + "\t\r;\r")
            session.await_text(r" label \n")
            session.await_text(r"\(0 rows\)")
            session.await_text(PROMPT)
            session.type("SELECT p. FROM parts p" + "\x1b[D" * 13 + "\t\t")
            session.await_text(r"label\s+part_id\s+supplier")
            session.type("\x03")
            session.await_text(PROMPT)
            session.type("\\d par\t")
            session.await_text(r"\\d parts")

    def test_completion_knows_what_was_just_made(self):
        with self.shell() as session:
            session.type("SELECT * FROM lab\t")
            session.await_text("labels ")
            session.type("\x03")
            session.await_text(PROMPT)
            self.gateway.psql("-c", "CREATE TABLE fresh_one (a int)")
            self.answer(session, "DELETE FROM suppliers;")
            session.type("SELECT * FROM fres\t")
            session.await_text("fresh_one ")

    def test_relations_are_described(self):
        with self.shell() as session:
            shown = self.answer(session, "\\d parts")
            for part in (
                    'Table "public.parts"',
                    r"part_id  \| bigint +\| +\| not null \| generated always"
                    r" as identity",
                    r"label +\| character varying\(20\) +\| +\| not null \| "
                    r"'none'::character varying",
                    r'"parts_pkey" PRIMARY KEY, btree \(part_id\)',
                    r'"parts_by_label" btree \(lower\(label::text\)\) '
                    r"WHERE supplier > 0",
                    r'Check constraints:\n    "short" CHECK ',
                    r'Foreign-key constraints:\n    "parts_supplier_fkey" '):
                self.assertRegex(shown, part)
            self.assertRegex(self.answer(session, "\\d SUPPL*"),
                             r'Referenced by:\n    TABLE "parts" CONSTRAINT')
            self.assertRegex(self.answer(session, "\\d+ labels"),
                             r"View definition:\n SELECT parts.label")
            self.assertIn("There is no relation", self.answer(session, "\\d x"))

    def test_catalogues_are_listed(self):
        with self.shell() as session:
            for command, part in (
                    ("\\dt", r"public \| parts +\| table \| "),
                    ("\\dv", r"public \| labels \| view"),
                    ("\\di parts*", r"parts_by_label \| index"),
                    ("\\dn", r" public +\| "),
                    ("\\df pg_catalog.lower", r"lower \| text +\| text"),
                    ("\\dT", r"mood \| enum \| sad, happy"),
                    ("\\l", r" demo \| read and write \| ")):
                with self.subTest(command):
                    self.assertRegex(self.answer(session, command), part)

    def test_ctrl_c_cancels_the_statement_and_keeps_the_prompt(self):
        with self.shell() as session:
            session.type("SELECT pg_sleep(600), 'slow one';\r")
            session.await_text("\n")
            self.gateway.await_backends("slow one", 1)
            session.type("\x03")
            session.await_text(r"Cancelled\.\n")
            session.await_text(PROMPT)
            self.gateway.await_backends("slow one", 0)
            self.assertIn("(1 row)", self.answer(session, "SELECT 1;"))

    def test_ctrl_c_forgets_a_line_and_ctrl_d_leaves(self):
        with self.shell() as session:
            session.type("SELECT (\r")
            session.await_text(r"demo\(> $")
            session.type("half a line")
            session.await_text("half a line")
            session.type("\x03")
            session.await_text(PROMPT)
            self.assertIn("(1 row)", self.answer(session, "SELECT 2;"))
            session.type("\x04")
            self.assertEqual(session.await_end(), 0)

    def test_history_outlives_the_session(self):
        with self.shell() as session:
            self.answer(session, "SELECT 41 + 1\r AS answer;")
            session.type("\\q\r")
            self.assertEqual(session.await_end(), 0)
        history = self.state / "sluice/history"
        self.assertEqual(history.read_text(), "SELECT 41 + 1 AS answer;\n\\q\n")
        self.assertEqual(stat.S_IMODE(history.stat().st_mode), 0o600)
        with self.shell() as session:
            session.type("\x1b[A\x1b[A")
            session.await_text(r"SELECT 41 \+ 1 AS answer;")
            session.type("\r")
            session.await_text(r" 42\n")

    def test_settings_change_what_is_shown(self):
        with self.shell() as session:
            self.assertIn("Timing is on.", self.answer(session, "\\timing"))
            self.assertRegex(
                self.answer(session, "SELECT pg_sleep(0.2);"),
                r"Time: [2-9]\d\d\.\d{3} ms \(server: queued [\d.]+ ms, "
                r"ran 2\d\d\.\d{3} ms\)")
            self.answer(session, "\\timing off")
            self.answer(session, "\\pset null '(none)'")
            self.assertIn(" (none)\n", self.answer(session, "SELECT NULL;"))
            self.answer(session, "\\x")
            self.assertRegex(self.answer(session, "SELECT 1 AS a, 2 AS b;"),
                             r"-\[ RECORD 1 \]\na \| 1\nb \| 2\n")
            self.answer(session, "\\pset format csv")
            self.assertIn("a\n1\n", self.answer(session, "SELECT 1 AS a;"))

    def test_results_go_to_a_file(self):
        file = self.gateway.folder / "rows.csv"
        with self.shell() as session:
            self.answer(session, "\\pset format csv")
            self.answer(session, f"\\o {file}")
            self.answer(session, "SELECT generate_series(1, 3) AS i;")
            self.answer(session, "\\o")
            self.assertIn("back", self.answer(session, "SELECT 'back';"))
        self.assertEqual(file.read_text(), "i\n1\n2\n3\n")

    def test_long_results_go_through_the_pager(self):
        paged = self.gateway.folder / "paged"
        with self.shell(PAGER=f"cat > {paged}; echo PAGED") as session:
            self.assertNotIn("PAGED", self.answer(session, "SELECT 1;"))
            self.assertIn("PAGED", self.answer(
                session, "SELECT generate_series(1, 50000) AS i;"))
            self.assertIn("(50000 rows)", paged.read_text())

    def test_a_pager_that_is_left_ends_the_statement(self):
        with self.shell(PAGER="head -n 1 > /dev/null") as session:
            self.answer(session, "SELECT repeat('x', 1000), 'left early' "
                        "FROM generate_series(1, 50000000);")
            self.gateway.await_backends("left early", 0)

    def test_a_script_is_run_by_name_and_from_standard_input(self):
        inner = self.gateway.folder / "inner.sql"
        inner.write_text("SELECT 'inner' AS t\n\\g\n")
        script = f"\\pset format csv\nSELECT 1 AS a;\n\\i {inner}\n"
        with self.shell() as session:
            self.assertIn("inner", self.answer(session, f"\\i {inner}"))
        done = self.gateway.sluice("shell", input=script)
        self.assertEqual(done.stderr, "")
        self.assertTrue(done.stdout.endswith("\na\n1\nt\ninner\n"), done.stdout)
        done = self.gateway.sluice(
            input=script + "\nSELECT missing;\nSELECT 'not reached';\n")
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr, r"^<stdin>:5: ERROR:  column \"missing\"")
        self.assertNotIn("reached", done.stdout)

    def as_admin(self):
        """Variables that make the app admin of `sluice`."""
        return {name: self.gateway.variables[name].replace("demo.", "admin.")
                for name in ("SLUICE_CERT", "SLUICE_KEY")}

    def admin(self, *arguments):
        return self.gateway.sluice(*arguments, variables=self.as_admin())

    def test_the_topology_is_watched_until_ctrl_c(self):
        with self.terminal("topology", "--watch", **self.as_admin()) as session:
            session.await_text(r"Cluster: main\n[\s\S]*primary, takes writes")
            # What has changed by the next look.
            self.admin("admin", "hold", "main")
            session.await_text(r"Writes: held")
            self.admin("admin", "release", "main")
            session.await_text(r"Writes: go on")
            session.type("\x03")
            self.assertEqual(session.await_end(), -signal.SIGINT)

    def test_a_watch_that_is_piped_has_one_answer_after_the_other(self):
        program = pathlib.Path(os.environ["SLUICE_BUILD_DIR"],
                               "client/cli/sluice")
        done = self.gateway.run(
            "bash", "-c", '"$1" topology --watch | grep -m 2 ^Cluster:;'
            ' exit "${PIPESTATUS[0]}"', "bash", program,
            variables=self.as_admin())
        self.assertEqual(done.stdout, "Cluster: main\nCluster: main\n")
        self.assertEqual((done.returncode, done.stderr), (141, ""))

    def test_a_write_waits_while_writes_are_held(self):
        held = self.admin("admin", "hold", "main")
        self.assertEqual(held.returncode, 0, held.stderr)
        self.assertRegex(held.stdout, r"^Writes are held until: 2")
        with self.terminal("exec", "CREATE TABLE waited (i int)") as session:
            refused = self.gateway.sluice("exec", "--timeout=500ms",
                                          "DELETE FROM suppliers WHERE false")
            self.assertIn("DEADLINE_EXCEEDED", refused.stderr)
            self.assertEqual(refused.returncode, 1)
            self.assertEqual(self.gateway.sluice("query", "SELECT 1").returncode,
                             0)
            released = self.admin("admin", "release", "main")
            self.assertEqual((released.returncode, released.stdout),
                             (0, "Writes go on.\n"))
            session.await_text("CREATE TABLE\n")
            self.assertEqual(session.await_end(), 0)

    def test_a_cluster_that_there_is_not_is_told(self):
        for arguments in (("topology", "other"), ("admin", "hold", "other"),
                          ("admin", "release", "other")):
            with self.subTest(arguments):
                done = self.admin(*arguments)
                self.assertEqual(done.returncode, 1)
                self.assertIn("UNKNOWN_CLUSTER", done.stderr)
        self.assertIn("ADMIN_REQUIRED", self.gateway.sluice("topology").stderr)


if __name__ == "__main__":
    unittest.main()
