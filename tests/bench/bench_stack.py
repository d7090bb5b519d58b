"""The servers that are measured: started, described, and stopped however the
driver ends."""

import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile

FOLDER = pathlib.Path(__file__).resolve().parent
sys.path.append(str(FOLDER.parent / "e2e"))

from local_stack import find_port_base  # noqa: E402
from row import BASELINE, SLUICE  # noqa: E402


class BenchStack:
    """`with BenchStack() as stack` starts; leaving it stops.

    The script `stack` takes all down when its standard input ends, and so also
    when this process is killed.
    """

    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="sluice-bench-"))
        self.folder.chmod(0o755)  # Of several unix users.
        # A session of its own: ^C is for the driver.
        self._script = subprocess.Popen(
            [FOLDER / "stack", self.folder, str(find_port_base())],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            start_new_session=True)

    def __enter__(self):
        try:
            described = self._script.stdout.readline()
            if not described:
                sys.exit("bench: the servers did not start")
            self.facts = json.loads(described)
        except BaseException:
            self.close()
            raise
        self.state = pathlib.Path(self.facts["state"])
        pids = self.facts["pids"]
        # Whose CPU time each side is charged with.
        self.processes = {
            BASELINE: {"pgbouncer": pids["pooler"],
                       "PostgreSQL": pids["PostgreSQL"]},
            SLUICE: {"gateway": pids["gateway"], "pgbouncer": pids["pgbouncer"],
                     "PostgreSQL": pids["PostgreSQL"]},
        }
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        """Stops everything; nothing interrupts that."""
        for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(name, signal.SIG_IGN)
        if self._script.poll() is None:
            self._script.stdin.close()
        self._script.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def client_file(self, name):
        return str(self.state / "client" / name)

    def pgbench_environment(self):
        """How a service reaches the baseline's pooler."""
        return os.environ | {
            "PGHOST": "localhost", "PGHOSTADDR": "127.0.0.1",
            "PGPORT": str(self.facts["pooler_port"]),
            "PGDATABASE": "demo", "PGUSER": "sluice",
            "PGPASSWORD":
                (self.state / "secrets/sluice.password").read_text().strip(),
            "PGSSLMODE": "verify-full",
            "PGSSLROOTCERT": self.client_file("ca.crt"),
            "PGSSLCERT": self.client_file("demo.crt"),
            "PGSSLKEY": self.client_file("demo.key"),
        }
