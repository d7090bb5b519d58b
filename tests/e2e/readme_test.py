"""Runs every command of the README but tests/run, as a reader would."""

import re
import shlex
import unittest

from local_stack import ROOT, LocalStack

MARK = "@@ command"

# What the output of a command must show, by a pattern of the command.
EXPECTED = [
    (r"deploy/local/up\b", r"(?s)section.*packages.*libs.*Ready\."),
    (r"sluice query .*--format csv", r"(?m)^section,count$"),
    (r"sluice query", r"\bbash\b"),
    (r"sluice_as reader query", r"\b[1-9][0-9]{3,}\b"),
    (r"sluice_as reader exec", r"(?s)ACCESS_DENIED.*refused, as it should be"),
    (r"sluice token inspect", r"^Valid\.|^Not valid"),
    (r"token revoke", r"Revoked at: 2"),
    (r"admin version", r"Signing key: \S"),
    (r"sluice describe", r"(?s)Class: read, .*\| bigint.*Scan"),
    (r"sluice capabilities", r"(?s)App: .*\| read, write \|.*max_rows"),
    (r"SLUICE_PSQL", r"(?m)^ +[1-9][0-9]{3,}$"),
    (r"client/python/example\.py", r"(?m)^\S+ \S+: \d+ KiB, depends on \d+$"),
    (r"client/node/example\.js", r"(?m)^\S+ \S+: \d+ KiB, depends on \d+$"),
    (r"topology", r"(?s)primary, takes writes.*\(3 rows\)"),
    (r"deploy/local/failover", r" 0 lost, 0 doubled,"),
    (r"deploy/local/down\b", r"stopped|removed"),
]


def read_commands():
    """The commands of the README's sh blocks, continuation lines joined."""
    text = (ROOT / "README.md").read_text()
    commands = []
    for block in re.findall(r"(?ms)^```sh\n(.*?)^```", text):
        for line in block.replace("\\\n", " ").splitlines():
            line = line.strip()
            if line and not line.startswith("#"):
                commands.append(line)
    return commands


class ReadmeTest(unittest.TestCase):
    def setUp(self):
        self.stack = LocalStack()
        self.addCleanup(self.stack.close)
        # The README names the default folder.
        default = self.stack.tree / "deploy/local/run"
        default.symlink_to(self.stack.folder)

    def test_every_command_works(self):
        commands = [c for c in read_commands() if "tests/run" not in c]
        for needed in [r"local/up", r"sluice query", r"python", r"node ", r"local/down"]:
            self.assertTrue(any(re.search(needed, c) for c in commands), needed)
        # One shell for all, as `source` is one of them.
        script = "\n".join(
            f"echo {shlex.quote(MARK)}\n{command}" for command in commands
        )
        outputs = self.stack.run(script).split(MARK + "\n")[1:]
        self.assertEqual(len(commands), len(outputs))
        for command, output in zip(commands, outputs):
            with self.subTest(command):
                self.check(command, output)
        self.assertEqual({}, self.stack.processes())

    def check(self, command, output):
        for pattern, expected in EXPECTED:
            if re.search(pattern, command):
                self.assertRegex(output, expected)
                return


class ReadmeLinksTest(unittest.TestCase):
    def test_every_file_it_names_exists(self):
        text = (ROOT / "README.md").read_text()
        for name in re.findall(r"\]\(([^)#:]+)\)", text):
            with self.subTest(name):
                self.assertTrue((ROOT / name).exists())


if __name__ == "__main__":
    unittest.main()
