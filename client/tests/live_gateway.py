"""A gateway over a stack of its own, for the tests of clients."""

import os
import pathlib
import shlex
import subprocess
import sys

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
