"""A gateway over a stack of its own, for the tests of clients."""

import os
import pathlib
import shlex
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/e2e"))

import local_stack


class LiveGateway:
    """Runs from `start` to `stop`; meanwhile clients and psql reach it."""

    def __init__(self):
        self._stack = local_stack.LocalStack()
        self._variables = {}

    def start(self):
        self._stack.run("./deploy/local/up")
        shown = self._stack.ask("env -0")
        self._variables = dict(
            entry.split("=", 1) for entry in shown.split("\0") if entry)

    def stop(self):
        self._stack.close()

    @property
    def folder(self):
        """A folder that is gone with the stack."""
        return self._stack.temporary

    @property
    def state(self):
        """The folder of the stack's own files."""
        return pathlib.Path(self._variables["SLUICE_CA"]).parents[1]

    def as_app(self, app):
        """Variables that make a client one of that app."""
        return {"SLUICE_CERT": str(self.state / f"client/{app}.crt"),
                "SLUICE_KEY": str(self.state / f"client/{app}.key")}

    @property
    def variables(self):
        """The environment that leads to the gateway."""
        return dict(self._variables)

    def change_policy(self, replacements):
        """Replaces texts of the policy file, which the gateway then reads."""
        file = self.state / "gateway/policy.yaml"
        text = file.read_text()
        for old, new in replacements:
            if old not in text:
                raise AssertionError(f"not in the policy: {old}")
            text = text.replace(old, new)
        file.write_text(text)

    def await_backends(self, mark, count, seconds=20):
        """Waits until that many statements that hold `mark` run in
        PostgreSQL."""
        sql = f"""SELECT count(*) FROM pg_stat_activity
                  WHERE state = 'active' AND pid <> pg_backend_pid()
                    AND strpos(query, '{mark}') > 0"""
        self.await_value(sql, str(count), seconds)

    def await_value(self, sql, value, seconds=20):
        """Waits until psql answers `sql` with that value."""
        deadline = time.monotonic() + seconds
        while (found := self.psql("-At", "-c", sql).strip()) != value:
            if time.monotonic() > deadline:
                raise AssertionError(f"{found}, not {value}, for {sql}")

    def run(self, *command, variables=None, timeout=60, **options):
        """Runs a client, with the environment that leads to the gateway."""
        if "input" not in options:
            options["stdin"] = subprocess.DEVNULL
        return subprocess.run(
            command, capture_output=True, text=True, timeout=timeout,
            env={**self._variables, **(variables or {})}, **options)

    def sluice(self, *arguments, **options):
        program = pathlib.Path(os.environ["SLUICE_BUILD_DIR"],
                               "client/cli/sluice")
        return self.run(program, *arguments, **options)

    def psql(self, *arguments):
        """What psql prints, asked of the primary as superuser."""
        return self.run(*shlex.split(self._variables["SLUICE_PSQL"]), "-q",
                        "-c", "SET TimeZone = 'UTC'", *arguments,
                        check=True).stdout
