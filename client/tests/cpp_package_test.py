#!/usr/bin/python3
"""The installed C++ library: what it puts into place, and the example that is
built against it, run against a live gateway."""

import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

import live_gateway

BUILD = os.environ["SLUICE_BUILD_DIR"]
EXAMPLE = live_gateway.ROOT / "client/cpp/example"
BUILD_SECONDS = 400


def run(*command):
    done = subprocess.run(command, text=True, timeout=BUILD_SECONDS,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode != 0:
        raise AssertionError(f"{command}:\n{done.stdout}")
    return done.stdout


def flags():
    """Of a build with sanitizers: its libraries link with nothing else."""
    sanitize = os.environ.get("SLUICE_SANITIZE")
    return [f"-DCMAKE_CXX_FLAGS=-fsanitize={sanitize}"] if sanitize else []


class CppPackageTest(unittest.TestCase):

    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="sluice-package-"))
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        cls.prefix = cls.folder / "prefix"
        cls.programs = cls.folder / "build"
        run("cmake", "--install", BUILD, "--component", "client",
            "--prefix", str(cls.prefix))
        run("cmake", "-S", str(EXAMPLE), "-B", str(cls.programs),
            "-DCMAKE_CXX_FLAGS_DEBUG=-Wall -Wextra -Werror",
            "-DCMAKE_BUILD_TYPE=Debug",
            f"-DCMAKE_PREFIX_PATH={cls.prefix}", *flags())
        run("cmake", "--build", str(cls.programs))
        cls.gateway = live_gateway.LiveGateway()
        cls.addClassCleanup(cls.gateway.stop)
        cls.gateway.start()

    def test_only_the_client_is_installed(self):
        tops = sorted(str(path.relative_to(self.prefix)) for path in
                      [*self.prefix.glob("*"), *self.prefix.glob("include/*")])
        self.assertEqual(tops, ["include", "include/sluice", "lib"])
        headers = {path.name for path in self.prefix.rglob("*.h")}
        self.assertIn("client.h", headers)
        self.assertIn("database.grpc.pb.h", headers)
        self.assertEqual([name for name in headers if "test" in name], [])

    def test_nothing_installed_names_the_build(self):
        for path in self.prefix.rglob("*.cmake"):
            text = path.read_text()
            self.assertNotIn(str(live_gateway.ROOT), text, path)
            self.assertNotIn(str(self.prefix), text, path)

    def test_a_package_of_a_later_minor_version_is_not_taken(self):
        project = self.folder / "later"
        project.mkdir()
        (project / "CMakeLists.txt").write_text(
            "cmake_minimum_required(VERSION 3.25)\n"
            "project(later LANGUAGES CXX)\n"
            "find_package(sluice 99.0 CONFIG)\n"
            'message(STATUS "found=${sluice_FOUND}")\n')
        self.assertIn("found=0", run(
            "cmake", "-S", str(project), "-B", str(project / "build"),
            f"-DCMAKE_PREFIX_PATH={self.prefix}"))

    def test_a_query_prints_the_packages_that_psql_finds(self):
        expected = self.gateway.psql("-At", "-c", """
            SELECT format('%s %s: %s KiB, depends on %s', name, version,
                          installed_size, cardinality(depends))
            FROM packages WHERE section = 'libs' AND installed_size >= 20000
            ORDER BY installed_size DESC, name LIMIT 5""")
        self.assertEqual(expected.count("\n"), 5)
        done = self.gateway.run(self.programs / "largest", "libs", "20000")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual(done.stdout, expected)

    def test_a_stream_gives_every_package(self):
        sums = self.gateway.psql("-At", "-F", " ", "-c", """
            SELECT section, coalesce(sum(installed_size), 0) FROM packages
            GROUP BY 1 ORDER BY section COLLATE "C" """)
        count = self.gateway.psql("-At", "-c", "SELECT count(*) FROM packages")
        done = self.gateway.run(self.programs / "sections")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual(done.stdout, f"{sums}SELECT {count}")

    def test_a_transaction_notes_what_changed(self):
        sums = self.gateway.psql("-At", "-F", " ", "-c", """
            SELECT section, coalesce(sum(installed_size), 0) FROM packages
            WHERE section IS NOT NULL
            GROUP BY 1 ORDER BY section COLLATE "C" """).splitlines()
        done = self.gateway.run(self.programs / "changes")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        *changes, count = done.stdout.splitlines()
        self.assertEqual(sorted(changes), sums)
        self.assertEqual(count, f"changed: {len(sums)}")
        self.gateway.psql("-c", "UPDATE section_size SET kib = kib + 1"
                                " WHERE section = 'libs'")
        done = self.gateway.run(self.programs / "changes")
        self.assertRegex(done.stdout, r"^libs \d+\nchanged: 1\n$")

    def test_errors_are_told(self):
        wrong = {"SLUICE_DATABASE": "other"}
        done = self.gateway.run(self.programs / "largest", variables=wrong)
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr, "^NOT_FOUND: .*other")
        for name in ["sections", "changes"]:
            done = self.gateway.run(self.programs / name, variables=wrong)
            self.assertEqual(done.returncode, 1)
            self.assertRegex(done.stderr, "^NOT_FOUND UNKNOWN_DATABASE: .*other")


if __name__ == "__main__":
    unittest.main()
