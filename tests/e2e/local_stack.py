"""A copy of the source tree with a local stack of its own, for tests.

The stack's folder, ports and binaries are set by the environment, as a user
may do; whatever happens, it is stopped and removed at the end.
"""

import os
import pathlib
import random
import shutil
import socket
import subprocess
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
UP_SECONDS = 300


def find_port_base():
    """Six free ports in a row, below the range of outgoing connections."""
    while True:
        base = random.randrange(10000, 30000)
        if all(is_free(port) for port in range(base, base + 6)):
            return base


def is_free(port):
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def copy_tree(target):
    """Copies the source tree without what building and running leave in it."""

    def generated(folder, names):
        ignored = {".git", ".cache", "__pycache__", "build", "node_modules"}
        if pathlib.Path(folder) == ROOT / "deploy/local":
            ignored.add("run")
        return ignored.intersection(names)

    shutil.copytree(ROOT, target, ignore=generated)


class LocalStack:
    """A copied tree, in which commands run as the README says."""

    def __init__(self):
        self.temporary = pathlib.Path(tempfile.mkdtemp(prefix="sluice-e2e-"))
        self.tree = self.temporary / "tree"
        self.folder = self.temporary / "stack"
        self.port_base = find_port_base()
        copy_tree(self.tree)
        self.environment = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("SLUICE_", "PG"))
        } | {
            "SLUICE_LOCAL_DIR": str(self.folder),
            "SLUICE_PORT_BASE": str(self.port_base),
            "SLUICE_BUILD_DIR": os.environ["SLUICE_BUILD_DIR"],
            "npm_config_prefer_offline": "true",
        }

    def run(self, script, timeout=UP_SECONDS, check=True):
        """Runs a bash script in the tree; returns its whole output."""
        done = subprocess.run(
            ["bash", "-e", "-o", "pipefail", "-c", script],
            cwd=self.tree, env=self.environment, timeout=timeout, text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, check=False,
        )
        if check and done.returncode != 0:
            raise AssertionError(
                f"exit code {done.returncode} of: {script}\n{done.stdout}"
            )
        return done.stdout

    def ask(self, script, **options):
        """Runs a script in a shell that has sourced the stack's `env`."""
        return self.run(f"source '{self.folder}/env'\n{script}", **options)

    def processes(self):
        """Command lines of the stack's own processes, by pid."""
        state = os.path.realpath(self.folder / "state")
        found = {}
        for entry in pathlib.Path("/proc").glob("[0-9]*"):
            try:
                words = (entry / "cmdline").read_bytes().decode().split("\0")
            except OSError:
                continue
            if any(word.startswith(state + "/") for word in words):
                found[int(entry.name)] = words
        return found

    def pid_of(self, program):
        """Pid of sluiced or pgbouncer, or of a node by its name."""
        pids = [
            pid
            for pid, words in self.processes().items()
            if words[0].endswith("/" + program)
            or any(word.endswith(f"/{program}/data") for word in words)
        ]
        if len(pids) != 1:
            raise AssertionError(f"{program}: not one process but {pids}")
        return pids[0]

    def close(self):
        try:
            self.run("./deploy/local/down --purge", timeout=120)
        finally:
            shutil.rmtree(self.temporary, ignore_errors=True)
