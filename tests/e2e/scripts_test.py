"""Tests of the small programs under deploy/local/lib, and of all shell code."""

import base64
import hashlib
import hmac
import pathlib
import re
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
LIB = ROOT / "deploy/local/lib"


def run(*command, **options):
    return subprocess.run(command, capture_output=True, text=True, **options)


class PackageIndexTest(unittest.TestCase):
    def rows(self, text):
        output = run(LIB / "package_index", input=text, check=True).stdout
        return [line.split("\t") for line in output.splitlines()]

    def test_writes_null_for_absent_fields_and_an_empty_array(self):
        [row] = self.rows("Package: a\nVersion: 1\nArchitecture: all\n\n")
        self.assertEqual(
            ["a", "1", "all", r"\N", r"\N", r"\N", r"\N", "{}", r"\N", r"\N"], row
        )

    def test_splits_dependencies_at_commas_and_trims_them(self):
        [row] = self.rows(
            "Package: a\nVersion: 1\nArchitecture: all\n"
            "Depends: b (>= 1) | c,  d:any ,e\n"
        )
        self.assertEqual('{"b (>= 1) | c","d:any","e"}', row[7])

    def test_escapes_for_the_array_and_then_for_copy(self):
        [row] = self.rows(
            'Package: a\nVersion: 1\nArchitecture: all\nDepends: x\\"y\n'
            "Description: tab\there\n more\\\n"
        )
        self.assertEqual(r'{"x\\\\\\"y"}', row[7])
        self.assertEqual(r"tab\there\nmore\\", row[9])

    def test_a_long_field_does_not_run_into_the_next(self):
        rows = self.rows(
            "Package: a\nTag: one,\n two\nVersion: 1\nArchitecture: all\n\n\n"
            "Package: b\nVersion: 2\nArchitecture: amd64\nSize: 10\n"
        )
        self.assertEqual(["a", "b"], [row[0] for row in rows])
        self.assertEqual("10", rows[1][6])


class ScramVerifierTest(unittest.TestCase):
    def test_holds_the_keys_of_rfc_5802(self):
        password = "pencil"
        text = run(LIB / "scram_verifier", input=password + "\n", check=True).stdout
        match = re.fullmatch(
            r"SCRAM-SHA-256\$(\d+):([^$]+)\$([^:]+):(.+)\n", text
        )
        rounds, salt, stored, server = match.groups()
        salted = hashlib.pbkdf2_hmac(
            "sha256", password.encode(), base64.b64decode(salt), int(rounds)
        )
        client_key = hmac.new(salted, b"Client Key", "sha256").digest()
        server_key = hmac.new(salted, b"Server Key", "sha256").digest()
        self.assertEqual(hashlib.sha256(client_key).digest(), base64.b64decode(stored))
        self.assertEqual(server_key, base64.b64decode(server))


class WriteReportTest(unittest.TestCase):
    """The verdict on a failover: five writes, one of each fate."""

    LEDGER = ("1 99.7 99.8 acknowledged\n"
              "2 99.9 100.1 unknown REASON: OUTCOME_UNKNOWN\n"
              "3 99.9 100.2 failed executed: no\n"
              "4 100.3 101.5 acknowledged\n"
              "5 101.5 101.6 acknowledged\n")
    EVENTS = "100.0 pg-1 killed\n101.0 pg-2 promoted\n"

    def report(self, present, kind="kill", ledger=LEDGER):
        with tempfile.TemporaryDirectory() as folder:
            files = [pathlib.Path(folder, name) for name in ("ledger", "events")]
            for file, text in zip(files, (ledger, self.EVENTS)):
                file.write_text(text)
            return run(LIB / "write_report", kind, *files, input=present)

    def test_a_balance_that_is_as_it_has_to_be_succeeds(self):
        for unknown in ("", "2|1\n"):
            with self.subTest(unknown):
                done = self.report("1|1\n4|1\n5|1\n" + unknown)
                self.assertEqual(0, done.returncode, done.stdout + done.stderr)
                self.assertIn("3 acknowledged, 0 lost, 0 doubled, 1 failed,"
                              " 1 unknown", done.stdout)
                self.assertIn("flowed again 0.50 s after the promotion; none "
                              "was acknowledged for 1.70 s", done.stdout)
                self.assertRegex(done.stdout, r"\+1\.00s +0 +pg-2 promoted")

    def test_what_is_lost_doubled_or_undead_fails(self):
        for present, told in (("1|1\n5|1\n", "1 lost"),
                              ("1|1\n4|2\n5|1\n", "1 doubled"),
                              ("1|1\n3|1\n4|1\n5|1\n", "though they failed")):
            with self.subTest(told):
                done = self.report(present)
                self.assertEqual(1, done.returncode, done.stdout)
                self.assertIn(told, done.stdout)

    def test_a_planned_switchover_may_fail_no_call(self):
        present = "1|1\n4|1\n5|1\n"
        self.assertEqual(1, self.report(present, "planned").returncode)
        well = "".join(line + "\n" for line in self.LEDGER.splitlines()
                       if "acknowledged" in line)
        self.assertEqual(0, self.report(present, "planned", well).returncode)


class CertificatesTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def make(self, *arguments):
        return run(LIB / "certificates", arguments[0], self.folder, *arguments[1:])

    def text(self, name):
        return run(
            "openssl", "x509", "-noout", "-text", "-in", self.folder / f"{name}.crt",
            check=True,
        ).stdout

    def test_a_client_has_one_uri_and_may_not_serve(self):
        self.make("ca", "ca")
        self.make("client", "ca", "demo", "spiffe://sluice.local/app/demo")
        text = self.text("demo")
        self.assertRegex(text, r"Name: \n\s+URI:spiffe://sluice\.local/app/demo\n")
        self.assertIn("TLS Web Client Authentication", text)
        self.assertNotIn("Server Authentication", text)

    def test_a_server_has_the_names_asked_for_and_no_other(self):
        self.make("ca", "ca")
        self.make("server", "ca", "pg-1", "pg-1.sluice.internal")
        self.assertRegex(
            self.text("pg-1"), r"Name: \n\s+DNS:pg-1\.sluice\.internal\n"
        )

    def test_one_ca_does_not_vouch_for_the_other(self):
        for ca in ["ours", "theirs"]:
            self.make("ca", ca)
        self.make("server", "theirs", "gateway", "localhost")
        for ca, code in [("theirs", 0), ("ours", 2)]:
            verdict = run(
                "openssl", "verify", "-CAfile", self.folder / f"{ca}.crt",
                self.folder / "gateway.crt",
            )
            self.assertEqual(code, verdict.returncode, verdict.stderr)

    def test_keys_are_pkcs8_and_private(self):
        self.make("ca", "ca")
        key = self.folder / "ca.key"
        self.assertEqual(0o600, key.stat().st_mode & 0o777)
        self.assertTrue(key.read_text().startswith("-----BEGIN PRIVATE KEY-----"))

    def test_an_identity_that_is_no_spiffe_id_is_refused(self):
        self.make("ca", "ca")
        refused = self.make("client", "ca", "demo", "https://sluice.local/app/demo")
        self.assertNotEqual(0, refused.returncode)
        self.assertFalse((self.folder / "demo.crt").exists())


class DownTest(unittest.TestCase):
    def test_a_purge_leaves_the_lock_that_others_wait_for(self):
        with tempfile.TemporaryDirectory() as folder:
            state = pathlib.Path(folder, "state")
            state.mkdir()
            (state / ".sluice-local-state").touch()
            lock = pathlib.Path(folder, ".lock")
            lock.touch()
            before = lock.stat().st_ino
            run(ROOT / "deploy/local/down", "--purge", "--dir", folder, check=True)
            self.assertFalse(state.exists())
            self.assertEqual(before, lock.stat().st_ino)


class ShellTest(unittest.TestCase):
    def test_shellcheck_finds_nothing(self):
        scripts = [
            path
            for folder in ["deploy", "tests", ".ci", "client"]
            for path in (ROOT / folder).rglob("*")
            if path.is_file() and "node_modules" not in path.parts
            and (path.suffix == ".sh" or is_bash(path))
        ]
        self.assertGreater(len(scripts), 10)
        verdict = run("shellcheck", "-x", *scripts, cwd=ROOT)
        self.assertEqual("", verdict.stdout)


def is_bash(path):
    with open(path, "rb") as file:
        return file.readline().rstrip() in (b"#!/usr/bin/env bash", b"#!/bin/bash")


if __name__ == "__main__":
    unittest.main()
