#!/usr/bin/python3
"""Transactions in the command, typed at a pseudo-terminal and out of scripts,
against a live gateway."""

import contextlib
import json
import os
import pathlib
import re
import time
import unittest

import live_gateway
import terminal_session

SCHEMA = """
    CREATE TABLE notes (id int PRIMARY KEY, note text);
    ALTER TABLE notes OWNER TO demo_ddl;"""

OUTSIDE = r"demo=> $"
OPEN = r"demo=\*> $"
FAILED = r"demo=!> $"

IN_TRANSACTION = """
    SELECT count(*) FROM pg_stat_activity
    WHERE state LIKE 'idle in transaction%' AND usename LIKE 'demo%'"""


class TxTest(unittest.TestCase):

    @classmethod
    def setUpClass(cls):
        cls.gateway = live_gateway.LiveGateway()
        cls.addClassCleanup(cls.gateway.stop)
        cls.gateway.start()
        cls.gateway.psql("-c", SCHEMA)
        # So that a transaction may define, too.
        cls.gateway.change_policy((
            ("role: demo_write, access: [write, copy]",
             "role: demo_ddl, access: [write, copy, ddl]"),
            ("      - {database: demo, role: demo_ddl, access: [ddl]}\n", "")))
        deadline = time.monotonic() + 20
        while cls.gateway.sluice(
                "tx", input="DROP TABLE notes;\nROLLBACK;\n").returncode != 0:
            if time.monotonic() > deadline:
                raise AssertionError("the policy does not take effect")

    def setUp(self):
        self.gateway.psql("-c", "TRUNCATE notes")

    @contextlib.contextmanager
    def terminal(self, *arguments):
        environment = {
            **self.gateway.variables, "TERM": "xterm", "PAGER": "",
            "XDG_STATE_HOME": str(self.gateway.folder / f"state-{self.id()}")}
        program = pathlib.Path(os.environ["SLUICE_BUILD_DIR"],
                               "client/cli/sluice")
        session = terminal_session.TerminalSession([program, *arguments],
                                                   environment)
        try:
            yield session
        finally:
            session.close()

    def answer(self, session, line, prompt):
        """What is shown for a line, up to the prompt that follows."""
        session.type(line + "\r")
        session.await_text(r"\n")
        return session.await_text(prompt)

    def notes(self):
        """The ids that are in the table, as everybody sees it."""
        return self.gateway.psql("-At", "-c",
                                 "SELECT id FROM notes ORDER BY id").split()

    def script(self, text, *arguments):
        return self.gateway.sluice("tx", *arguments, input=text)

    # At the terminal.

    def test_the_prompt_shows_how_the_transaction_stands(self):
        with self.terminal("tx") as session:
            session.await_text(OPEN)
            self.assertIn("INSERT 0 1", self.answer(
                session, "INSERT INTO notes VALUES (1);", OPEN))
            self.assertIn("SAVEPOINT\n",
                          self.answer(session, "SAVEPOINT here;", OPEN))
            session.type("SELECT\r")
            session.await_text(r"demo-\*> $")
            self.assertIn('"missing" does not exist',
                          self.answer(session, "missing;", FAILED))
            self.assertIn("TRANSACTION_FAILED",
                          self.answer(session, "SELECT 1;", FAILED))
            self.assertIn("ROLLBACK\n",
                          self.answer(session, "ROLLBACK TO here;", OPEN))
            self.assertIn("(1 row)",
                          self.answer(session, "SELECT id FROM notes;", OPEN))
            self.assertEqual(self.notes(), [])
            session.type("COMMIT;\r")
            session.await_text(r"\nCOMMIT\n")
            self.assertEqual(session.await_end(), 0)
        self.assertEqual(self.notes(), ["1"])

    def test_commands_do_what_the_words_of_sql_do(self):
        with self.terminal("tx") as session:
            session.await_text(OPEN)
            self.answer(session, "INSERT INTO notes VALUES (1);", OPEN)
            self.answer(session, "\\savepoint \"One Two\"", OPEN)
            self.answer(session, "INSERT INTO notes VALUES (2);", OPEN)
            self.answer(session, "\\rollback to \"One Two\"", OPEN)
            self.assertIn("RELEASE\n", self.answer(
                session, "\\release \"One Two\"", OPEN))
            self.assertIn("UNKNOWN_SAVEPOINT", self.answer(
                session, "\\rollback to nowhere", FAILED))
            session.type("\\rollback\r")
            session.await_text(r"\nROLLBACK\n")
            self.assertEqual(session.await_end(), 0)
        self.assertEqual(self.notes(), [])

    def test_a_shell_enters_and_leaves_transactions(self):
        with self.terminal("shell") as session:
            session.await_text(OUTSIDE)
            self.answer(session, "BEGIN;", OPEN)
            self.answer(session, "INSERT INTO notes VALUES (1);", OPEN)
            self.assertEqual(self.notes(), [])
            self.assertIn("already a transaction",
                          self.answer(session, "BEGIN;", OPEN))
            self.assertIn("transaction is open",
                          self.answer(session, "\\c other", OPEN))
            self.assertIn("COMMIT\n", self.answer(session, "END;", OUTSIDE))
            self.assertEqual(self.notes(), ["1"])
            self.answer(session, "\\begin --isolation serializable --read-only",
                        OPEN)
            self.assertIn("serializable", self.answer(
                session, "SHOW transaction_isolation;", OPEN))
            self.assertIn("ACCESS_DENIED", self.answer(
                session, "DELETE FROM notes;", FAILED))
            self.answer(session, "\\rollback", OUTSIDE)
            self.answer(session, "\\begin isolation level repeatable read",
                        OPEN)
            self.assertIn("repeatable read", self.answer(
                session, "SHOW transaction_isolation;", OPEN))
            self.answer(session, "ROLLBACK;", OUTSIDE)
            self.assertIn("no transaction in progress",
                          self.answer(session, "COMMIT;", OUTSIDE))

    def test_the_shells_own_reads_see_the_transaction(self):
        with self.terminal("shell") as session:
            session.await_text(OUTSIDE)
            self.answer(session, "BEGIN;", OPEN)
            self.answer(session, "ALTER TABLE notes ADD fresh_one int;", OPEN)
            self.assertIn("fresh_one",
                          self.answer(session, "\\d notes", OPEN))
            self.answer(session, "ROLLBACK;", OUTSIDE)
            self.assertNotIn("fresh_one",
                             self.answer(session, "\\d notes", OUTSIDE))

    def test_a_commit_behind_an_error_rolls_back_and_says_so(self):
        with self.terminal("tx") as session:
            session.await_text(OPEN)
            self.answer(session, "INSERT INTO notes VALUES (1);", OPEN)
            self.answer(session, "SELECT missing;", FAILED)
            session.type("COMMIT;\r")
            session.await_text("the transaction had failed, and was rolled")
            self.assertEqual(session.await_end(), 1)
        self.assertEqual(self.notes(), [])

    def test_who_leaves_is_told_that_it_is_rolled_back(self):
        for leave in ("\x04", "\\q\r"):
            with self.subTest(leave), self.terminal("tx") as session:
                session.await_text(OPEN)
                self.answer(session, "INSERT INTO notes VALUES (1);", OPEN)
                session.type(leave)
                session.await_text("The transaction was rolled back.")
                self.assertEqual(session.await_end(), 1)
        self.assertEqual(self.notes(), [])

    def test_ctrl_c_ends_the_transaction_of_a_statement_that_runs(self):
        with self.terminal("shell") as session:
            session.await_text(OUTSIDE)
            self.answer(session, "BEGIN;", OPEN)
            self.answer(session, "INSERT INTO notes VALUES (1);", OPEN)
            session.type("SELECT pg_sleep(600), 'slow one';\r")
            session.await_text("\n")
            self.gateway.await_backends("slow one", 1)
            session.type("\x03")
            session.await_text(
                r"Cancelled\.\nThe transaction was rolled back\.\n")
            session.await_text(OUTSIDE)
            self.gateway.await_backends("slow one", 0)
            self.assertIn("(1 row)",
                          self.answer(session, "SELECT 1;", OUTSIDE))
        self.assertEqual(self.notes(), [])

    def test_ctrl_c_at_the_prompt_forgets_the_line_alone(self):
        with self.terminal("tx") as session:
            session.await_text(OPEN)
            session.type("half a line")
            session.await_text("half a line")
            session.type("\x03")
            session.await_text(OPEN)
            self.answer(session, "INSERT INTO notes VALUES (1);", OPEN)
            session.type("COMMIT;\r")
            self.assertEqual(session.await_end(), 0)
        self.assertEqual(self.notes(), ["1"])

    def test_who_types_too_slowly_is_told_the_limit(self):
        with self.terminal("tx", "--idle-timeout", "1s") as session:
            session.await_text(r"rolled back after 1s without a statement")
            session.await_text(OPEN)
            self.answer(session, "INSERT INTO notes VALUES (1);", OPEN)
            self.gateway.await_value(IN_TRANSACTION, "0")
            session.type("SELECT 1;\r")
            session.await_text("REASON:  TRANSACTION_IDLE")
            session.await_text("The transaction was rolled back.")
            self.assertEqual(session.await_end(), 1)
        self.assertEqual(self.notes(), [])

    # Scripts.

    def test_a_script_is_one_transaction(self):
        done = self.script(
            "INSERT INTO notes VALUES (1);\nINSERT INTO notes VALUES (2);\n"
            "SELECT count(*) AS n, pg_current_xact_id_if_assigned() IS NOT NULL"
            " AS same FROM notes;\n", "--format=csv")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual(done.stdout, "n,same\n2,t\n")
        self.assertEqual(self.notes(), ["1", "2"])

    def test_the_first_error_of_a_script_rolls_back(self):
        file = self.gateway.folder / "wrong.sql"
        file.write_text("INSERT INTO notes VALUES (1);\n\nSELECT\n  missing;\n"
                        "INSERT INTO notes VALUES (2);\n")
        done = self.gateway.sluice("tx", "-f", file)
        self.assertEqual(done.returncode, 1)
        self.assertEqual(done.stdout, "INSERT 0 1\n")
        self.assertRegex(done.stderr, r'wrong.sql:4: ERROR:  column "missing"')
        self.assertTrue(
            done.stderr.endswith("The transaction was rolled back.\n"),
            done.stderr)
        self.assertEqual(self.notes(), [])

    def test_a_script_may_hold_the_commands_itself(self):
        done = self.script(
            "INSERT INTO notes VALUES (1);\nSAVEPOINT a;\n"
            "INSERT INTO notes VALUES (2);\nROLLBACK TO SAVEPOINT a;\n"
            "\\release a\nCOMMIT;\n", "--format=jsonl")
        self.assertEqual((done.returncode, done.stdout, done.stderr),
                         (0, "", ""))
        self.assertEqual(self.notes(), ["1"])
        done = self.script("INSERT INTO notes VALUES (3);\nROLLBACK;\n")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        done = self.script("COMMIT;\nINSERT INTO notes VALUES (4);\n")
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr, r"^<stdin>:2: ERROR:  the transaction has")
        self.assertEqual(self.notes(), ["1"])

    def test_a_commit_that_fails_fails_the_script(self):
        self.gateway.psql("-c", """
            CREATE TABLE later (id int REFERENCES notes DEFERRABLE
                                INITIALLY DEFERRED);
            GRANT ALL ON later TO demo_ddl""")
        self.addCleanup(self.gateway.psql, "-c", "DROP TABLE later")
        done = self.script("INSERT INTO later VALUES (7);\n")
        self.assertEqual(done.returncode, 1)
        self.assertIn("REASON:  CONSTRAINT_VIOLATION", done.stderr)
        self.assertIn("The transaction was rolled back.\n", done.stderr)

    def test_options_reach_the_transaction(self):
        done = self.script("SHOW transaction_isolation;\n"
                           "SHOW transaction_read_only;\n"
                           "SHOW transaction_deferrable;\n", "--format=csv",
                           "--isolation=serializable", "--read-only",
                           "--deferrable")
        self.assertEqual(done.stdout, "transaction_isolation\nserializable\n"
                         "transaction_read_only\non\n"
                         "transaction_deferrable\non\n", done.stderr)
        for reason, option in (("STATEMENT_TIMEOUT", "--statement-timeout=100ms"),
                               ("TRANSACTION_TIMEOUT", "--timeout=100ms")):
            with self.subTest(reason):
                done = self.script("SELECT pg_sleep(20);\n", option)
                self.assertEqual(done.returncode, 1)
                self.assertIn(f"REASON:  {reason}", done.stderr)
                self.assertIn("The transaction was rolled back.\n", done.stderr)

    def test_a_lock_that_another_holds_is_waited_for_no_longer_than_told(self):
        with self.terminal("tx") as session:
            session.await_text(OPEN)
            self.answer(session, "LOCK TABLE notes;", OPEN)
            done = self.script("INSERT INTO notes VALUES (1);\n",
                               "--lock-timeout=100ms")
            self.assertIn("REASON:  LOCK_NOT_AVAILABLE", done.stderr)
            self.assertEqual(done.returncode, 1)

    def test_a_reader_that_goes_away_ends_the_transaction(self):
        done = self.gateway.run(
            "bash", "-c", """
            printf '%s' "INSERT INTO notes VALUES (1);
              SELECT i, 'gone away' AS t FROM generate_series(1, 100000000) i" |
              timeout 40 "$1" tx --format csv | head -n 2
            exit "${PIPESTATUS[1]}"
            """, "bash",
            pathlib.Path(os.environ["SLUICE_BUILD_DIR"], "client/cli/sluice"))
        self.assertEqual(done.stdout, "i,t\n1,gone away\n")
        self.assertEqual(done.returncode, 141, done.stderr)
        self.gateway.await_backends("gone away", 0)
        self.assertEqual(self.notes(), [])

    # Outcomes.

    def reference(self, report):
        return re.search(r"^REFERENCE:  (\S+)$", report, re.MULTILINE).group(1)

    def test_the_outcome_of_a_write_can_be_asked_for(self):
        insert = "INSERT INTO notes VALUES (1)"
        for done in (self.gateway.sluice("exec", "--reference", insert),
                     self.script(insert.replace("1", "2"), "--reference")):
            self.assertEqual(done.returncode, 0, done.stderr)
            asked = self.gateway.sluice("outcome", "--",
                                        self.reference(done.stderr))
            self.assertEqual((asked.returncode, asked.stdout),
                             (0, "COMMITTED\n"), asked.stderr)
        done = self.gateway.sluice("outcome", "nonsense")
        self.assertEqual(done.returncode, 1)
        self.assertIn("REASON:  OUTCOME_REFERENCE_INVALID", done.stderr)

    def test_a_repeated_request_is_run_once(self):
        insert = ("exec", "--request-id", "tx-test-1",
                  "INSERT INTO notes VALUES (1)")
        first, second = self.gateway.sluice(*insert), self.gateway.sluice(*insert)
        self.assertEqual((first.stdout, first.stderr), ("INSERT 0 1\n", ""))
        self.assertEqual(second.stdout, "INSERT 0 1\n", second.stderr)
        self.assertIn("replayed", second.stderr)
        other = self.gateway.sluice("exec", "--request-id", "tx-test-1",
                                    "INSERT INTO notes VALUES (2)")
        self.assertEqual(other.returncode, 1)
        self.assertIn("REASON:  REQUEST_ID_REUSED", other.stderr)
        self.assertEqual(self.notes(), ["1"])

    def test_a_transaction_in_a_file_runs_whole(self):
        steps = [
            {"statement": {"sql": "INSERT INTO notes VALUES ($1) RETURNING id"},
             "parameters": [{"int64_value": "5"}]},
            {"statement": {"sql": "SELECT $1::int + 1 AS next"},
             "parameters": [{}],
             "bindings": [{"parameter": 1, "step": 0, "column": 0}]}]
        done = self.gateway.sluice("run", "--format=csv",
                                   input=json.dumps({"steps": steps}))
        self.assertEqual((done.returncode, done.stdout), (0, "id\n5\nnext\n6\n"),
                         done.stderr)
        steps[0]["parameters"][0]["int64_value"] = "6"
        steps[1]["expectation"] = {"exactly": "2"}
        done = self.gateway.sluice("run", input=json.dumps({"steps": steps}))
        self.assertEqual(done.returncode, 1)
        self.assertIn("REASON:  EXPECTATION_NOT_MET", done.stderr)
        self.assertIn("step: 1", done.stderr)
        self.assertEqual(self.notes(), ["5"])
        done = self.gateway.sluice("run", input='{"stages": []}')
        self.assertEqual(done.returncode, 2)
        self.assertIn("no RunTransactionRequest", done.stderr)


if __name__ == "__main__":
    unittest.main()
