#!/usr/bin/python3
"""Tests of the stubs that `buf generate` makes."""

import pathlib
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
# A registry that is not there: whoever asks it fails.
NO_NETWORK = {"HTTPS_PROXY": "http://127.0.0.1:9",
              "https_proxy": "http://127.0.0.1:9"}


class StubsTest(unittest.TestCase):

    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.stubs = pathlib.Path(folder.name, "build/stubs")
        subprocess.run(
            ["env", *(f"{name}={value}" for name, value in NO_NETWORK.items()),
             "npx", "--no-install", "buf", "generate", "-o", folder.name],
            cwd=ROOT, check=True)

    def test_the_python_reader_works_on_them(self):
        subprocess.run(
            ["/usr/bin/python3", "-B", ROOT / "client/python/sluice_rows_test.py",
             self.stubs / "python"], check=True)

    def test_stubs_of_each_language_have_the_services(self):
        for name, text in (
                ("cpp/sluice/v1/database.grpc.pb.h", "class Database final"),
                ("cpp/sluice/v1/tokens.grpc.pb.h", "class Tokens final"),
                ("cpp/sluice/v1/admin.grpc.pb.h", "class Admin final"),
                ("cpp/sluice/v1/types.pb.h", "class ResultSet final"),
                ("go/sluice.dev/proto/sluice/v1/database_grpc.pb.go",
                 "type DatabaseClient interface"),
                ("go/sluice.dev/proto/sluice/v1/tokens_grpc.pb.go",
                 "type TokensClient interface"),
                ("go/sluice.dev/proto/sluice/v1/admin_grpc.pb.go",
                 "type AdminClient interface"),
                ("go/sluice.dev/proto/sluice/v1/types.pb.go",
                 "type ResultSet struct"),
                ("python/sluice/v1/database_pb2_grpc.py",
                 "class DatabaseStub(object)"),
                ("python/sluice/v1/tokens_pb2_grpc.py",
                 "class TokensStub(object)"),
                ("python/sluice/v1/admin_pb2_grpc.py",
                 "class AdminStub(object)")):
            with self.subTest(name):
                self.assertIn(text, (self.stubs / name).read_text())

    def test_only_the_api_is_generated(self):
        self.assertFalse((self.stubs / "python/sluice/config").exists())


if __name__ == "__main__":
    unittest.main()
