"""A program at a terminal of its own, as a person uses it."""

import os
import pty
import re
import select
import signal
import struct
import fcntl
import termios
import time

# Escape sequences of the terminal.
_ESCAPES = re.compile(r"\x1b(\[[0-9;?]*[A-Za-z]|[()][A-Z0-9]|[=>])|\x07|\x08")


class TerminalSession:
    """Types to a program and waits for what it shows."""

    def __init__(self, command, environment, lines=24, columns=100):
        self._shown = ""
        self._seen = 0
        self.pid, self._terminal = pty.fork()
        if self.pid == 0:
            os.execve(command[0], [str(word) for word in command], environment)
        fcntl.ioctl(self._terminal, termios.TIOCSWINSZ,
                    struct.pack("HHHH", lines, columns, 0, 0))

    def type(self, text):
        os.write(self._terminal, text.encode())

    def await_text(self, pattern, seconds=20):
        """Waits until what was shown since the last match holds `pattern`;
        gives the text up to its end."""
        deadline = time.monotonic() + seconds
        while True:
            unseen = _ESCAPES.sub("", self._shown).replace("\r", "")[self._seen:]
            match = re.search(pattern, unseen)
            if match:
                self._seen += match.end()
                return unseen[:match.end()]
            left = deadline - time.monotonic()
            if left <= 0 or not self._read(left):
                raise AssertionError(
                    f"no {pattern!r} in what was shown:\n{unseen}")

    def _read(self, seconds):
        ready, _, _ = select.select([self._terminal], [], [], seconds)
        if not ready:
            return True
        try:
            part = os.read(self._terminal, 65536)
        except OSError:
            return False
        self._shown += part.decode(errors="replace")
        return bool(part)

    def await_end(self, seconds=20):
        """Waits until the program ends, and gives its exit status."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            self._read(0.05)
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.pid = None
                return os.waitstatus_to_exitcode(status)
        raise AssertionError("the program does not end")

    def close(self):
        if self.pid is not None:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        os.close(self._terminal)
