#!/usr/bin/python3
"""How `sluice` hands an operator's commands to sluice-operator: to a script in
its place that prints its arguments."""

import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

SLUICE = pathlib.Path(os.environ["SLUICE_BUILD_DIR"]) / "client/cli/sluice"


class OperatorTest(unittest.TestCase):

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        (self.folder / "own").mkdir()
        (self.folder / "path").mkdir()
        self.sluice = self.folder / "own/sluice"
        shutil.copy(SLUICE, self.sluice)

    def put_operator(self, place):
        script = self.folder / place / "sluice-operator"
        script.write_text(f'#!/bin/sh\necho {place} "$#" "$@"\nexit 7\n')
        script.chmod(0o755)

    def run_sluice(self, *arguments):
        return subprocess.run(
            [self.sluice, *arguments], stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True,
            env={"PATH": f"{self.folder / 'path'}:/usr/bin:/bin"})

    def test_the_one_beside_it_is_taken_first(self):
        self.put_operator("own")
        self.put_operator("path")
        done = self.run_sluice("keys", "rotate", "--folder", "a b", "")
        self.assertEqual(done.stdout, "own 5 keys rotate --folder a b \n")
        self.assertEqual(done.returncode, 7)

    def test_the_one_in_path_is_taken_else(self):
        self.put_operator("path")
        for command in ("keys", "policy", "audit"):
            with self.subTest(command):
                done = self.run_sluice(command, "x")
                self.assertEqual(done.stdout, f"path 2 {command} x\n")

    def test_its_help_is_that_of_the_operator(self):
        self.put_operator("path")
        for asked in (("help", "policy"), ("policy", "--help")):
            with self.subTest(asked):
                done = self.run_sluice(*asked)
                self.assertEqual(done.stdout, "path 2 policy --help\n")
        done = self.run_sluice("policy", "check", "--help")
        self.assertEqual(done.stdout, "path 3 policy check --help\n")

    def test_it_says_that_there_is_none(self):
        done = self.run_sluice("audit", "verify", "x")
        self.assertEqual(done.returncode, 2)
        self.assertEqual(done.stdout, "")
        self.assertIn("sluice-operator", done.stderr)
        self.assertIn("neither beside sluice nor in PATH", done.stderr)

    def test_it_says_why_it_can_not_be_started(self):
        (self.folder / "own/sluice-operator").write_text("not a program")
        done = self.run_sluice("keys", "list")
        self.assertEqual(done.returncode, 2)
        self.assertIn("Permission denied", done.stderr)


if __name__ == "__main__":
    unittest.main()
