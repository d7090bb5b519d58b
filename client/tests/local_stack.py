"""A stack of its own, started by deploy/local/up, for the tests of clients."""

import os
import pathlib
import shlex
import shutil
import socket
import subprocess
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
_PORTS = 4  # Gateway, primary, replica, pgbouncer.


class LocalStack:
    """Runs from `start` to `stop`; then `environment` leads clients to it."""

    def __init__(self):
        self.build = pathlib.Path(
            os.environ.get("SLUICE_BUILD_DIR", ROOT / "build" / "dev"))
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="sluice-clients-"))
        self.directory.chmod(0o755)  # Of several unix users.
        self.environment = {}

    def start(self):
        self._deploy("up", "--port-base", str(_free_port_base()))
        shown = subprocess.run(
            ["bash", "-c", 'source "$1/env" && env -0', "-", self.directory],
            check=True, capture_output=True, text=True).stdout
        self.environment = dict(
            entry.split("=", 1) for entry in shown.split("\0") if entry)

    def stop(self):
        self._deploy("down", "--purge")
        shutil.rmtree(self.directory, ignore_errors=True)

    def psql(self, *arguments):
        """What psql prints, asked of the primary as superuser."""
        command = shlex.split(self.environment["SLUICE_PSQL"])
        return self.run(*command, "-X", "-q", "-c", "SET TimeZone = 'UTC'",
                        *arguments, check=True).stdout

    def sluice(self, *arguments, **options):
        return self.run(self.build / "client/cli/sluice", *arguments, **options)

    def run(self, *command, variables=None, **options):
        return subprocess.run(
            command, capture_output=True, text=True, timeout=60,
            env={**self.environment, **(variables or {})}, **options)

    def _deploy(self, script, *arguments):
        done = subprocess.run(
            [ROOT / "deploy/local" / script, "--dir", self.directory,
             *arguments],
            env={**os.environ, "SLUICE_BUILD_DIR": str(self.build)},
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if done.returncode != 0:
            raise RuntimeError(f"deploy/local/{script} failed:\n{done.stdout}")


def _free_port_base():
    """The first of a run of ports that nobody listens on."""
    for base in range(21000, 32000, 10):
        try:
            for port in range(base, base + _PORTS):
                with socket.socket() as listener:
                    listener.bind(("127.0.0.1", port))
            return base
        except OSError:
            continue
    raise RuntimeError("no free ports")
