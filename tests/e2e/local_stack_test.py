"""Tests of deploy/local/up, failover and down on a real stack."""

import ipaddress
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import unittest
import urllib.request

from local_stack import LocalStack, find_port_base

NODES = ["pg-1", "pg-2", "pg-3"]
PROGRAMS = [*NODES, "pgbouncer", "sluice-pgbouncer-sync", "sluiced"]


class LocalStackTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.stack = LocalStack()
        cls.addClassCleanup(cls.stack.close)
        cls.stack.run("./deploy/local/up")

    def test_a_second_up_leaves_processes_and_data_alone(self):
        count = "sluice query 'SELECT count(*) FROM packages' --format csv"
        pids = [self.stack.pid_of(program) for program in PROGRAMS]
        before = self.stack.ask(count)
        self.stack.run("./deploy/local/up")
        self.assertEqual(pids, [self.stack.pid_of(name) for name in PROGRAMS])
        self.assertEqual(before, self.stack.ask(count))

    def test_up_starts_again_what_died(self):
        # Alone, what the others need; then all at once.
        for programs in (["pgbouncer"], PROGRAMS):
            with self.subTest(programs):
                pids = {name: self.stack.pid_of(name) for name in programs}
                for pid in pids.values():
                    os.kill(pid, signal.SIGKILL)
                self.stack.run("./deploy/local/up")
                for name, pid in pids.items():
                    self.assertNotEqual(pid, self.stack.pid_of(name))

    def test_down_stops_all_and_the_next_up_finds_the_data(self):
        mark = "CREATE TABLE IF NOT EXISTS mark AS SELECT 7 AS seven"
        self.stack.ask(f"$SLUICE_PSQL -c '{mark}'")
        self.stack.run("./deploy/local/down")
        self.assertEqual({}, self.stack.processes())
        self.stack.run("./deploy/local/up")
        self.assertEqual(
            "7\n", self.stack.ask("$SLUICE_PSQL -Atc 'SELECT seven FROM mark'")
        )

    def test_down_spares_a_stranger_who_has_a_pid_of_ours(self):
        self.stack.run("./deploy/local/down")
        stranger = subprocess.Popen(["sleep", "300"])
        self.addCleanup(stranger.wait)
        self.addCleanup(stranger.kill)
        for service in ["gateway", "pgbouncer"]:
            file = self.stack.folder / "state" / service / "log" / f"{service}.pid"
            file.write_text(f"{stranger.pid}\n")
        self.stack.run("./deploy/local/down")
        self.assertIsNone(stranger.poll())
        self.stack.run("./deploy/local/up")

    def test_nothing_listens_beyond_loopback(self):
        listing = subprocess.run(
            ["ss", "-Hltn"], check=True, capture_output=True, text=True
        ).stdout
        sockets = [line.split()[3].rpartition(":") for line in listing.splitlines()]
        first = self.stack.port_base
        hosts = {
            int(port): ipaddress.ip_address(host.strip("[]"))
            for host, _, port in sockets
            if int(port) in range(first, first + 6)
        }
        # Of pgbouncer the fourth port is in the name of its socket only.
        self.assertEqual([first, first + 1, first + 2, first + 4, first + 5],
                         sorted(hosts))
        for port, host in hosts.items():
            host = getattr(host, "ipv4_mapped", None) or host
            self.assertTrue(host.is_loopback, f"{host} port {port}")

    def test_the_gateway_answers_as_psql_does(self):
        query = "SELECT * FROM packages ORDER BY name, version, architecture LIMIT 500"
        self.assertEqual(
            self.stack.ask(f'$SLUICE_PSQL --csv -c "{query}"'),
            self.stack.ask(f'sluice query "{query}" --format csv'),
        )

    def topology(self):
        """The cluster as the gateway sees it."""
        shown = self.stack.ask("sluice_as admin topology main --format json")
        [cluster] = json.loads(shown)["clusters"]
        return cluster

    def primary(self):
        return self.topology()["primary"].partition("_")[0]

    def test_the_topology_shows_a_primary_and_two_replicas(self):
        nodes = self.topology()["nodes"]
        self.assertEqual(NODES, [node["host"] for node in nodes])
        self.assertEqual({"CLUSTER_NODE_STATE_UP"},
                         {node["state"] for node in nodes})
        roles = [node["role"] for node in nodes]
        self.assertEqual(1, roles.count("CLUSTER_NODE_ROLE_PRIMARY"))
        self.assertEqual(2, roles.count("CLUSTER_NODE_ROLE_REPLICA"))
        self.assertRegex(self.stack.ask("sluice_as admin topology"),
                         r"(?s)^Cluster: main\nPrimary: pg-\d_\d+\n"
                         r".*primary, takes writes.*\(3 rows\)")

    def test_reads_go_where_they_are_fresh_enough(self):
        asked = "sluice query 'SELECT pg_is_in_recovery() AS r' --format csv"
        for level, answer in (("any", "t"), ("strong", "f"), ("10s", "t")):
            with self.subTest(level):
                self.assertEqual(f"r\n{answer}\n", self.stack.ask(
                    f"{asked} --consistency {level}"))
        self.assertEqual("r\nf\n", self.stack.ask(asked))

    def fail_over(self, *options):
        """Runs ./deploy/local/failover; its output, and the counts in it."""
        output = self.stack.run(
            " ".join(["./deploy/local/failover", *options]))
        counts = re.search(
            r"writes +(\d+) acknowledged, (\d+) lost, (\d+) doubled,"
            r" (\d+) failed, (\d+) unknown", output)
        self.assertIsNotNone(counts, output)
        return output, [int(count) for count in counts.groups()]

    def test_failovers_lose_nothing_and_up_keeps_what_they_did(self):
        before = self.primary()
        # A write that is there before, and a revocation after.
        self.stack.ask("sluice exec 'CREATE TABLE kept AS SELECT 7 AS seven'")
        self.addCleanup(self.stack.ask, "sluice exec 'DROP TABLE kept'")

        output, [acknowledged, lost, doubled, _, _] = self.fail_over("--kill")
        after_kill = self.primary()
        self.assertNotEqual(before, after_kill)
        self.assertGreater(acknowledged, 300)
        self.assertEqual([0, 0], [lost, doubled], output)
        self.assertRegex(output, rf"{before} +rewound to {after_kill}")
        self.assertRegex(output, r"flowed again [\d.]+ s after the promotion")
        self.assertEqual(2, output.count("primary, takes writes"))
        self.assertNotIn("\x1b", output)

        output, [_, *wrong] = self.fail_over("--planned")
        after_switchover = self.primary()
        self.assertNotEqual(after_kill, after_switchover)
        self.assertEqual([0, 0, 0, 0], wrong, output)

        pids = [self.stack.pid_of(program) for program in PROGRAMS]
        self.stack.run("./deploy/local/up")
        self.assertEqual(pids, [self.stack.pid_of(name) for name in PROGRAMS])
        self.assertEqual(after_switchover, self.primary())
        self.assertEqual("seven\n7\n", self.stack.ask(
            "sluice query 'SELECT seven FROM kept' --format csv"))
        discovered = self.stack.folder / "state/discovery/databases.yaml"
        self.assertIn(f"  primary: {after_switchover}:", discovered.read_text())

    def test_up_makes_an_old_primary_a_replica_of_the_one_that_was_promoted(self):
        old = self.primary()
        new = next(node for node in NODES if node != old)
        os.kill(self.stack.pid_of(old), signal.SIGKILL)
        sockets = os.path.realpath(self.stack.folder / "state/sockets/postgres")
        port = next(node["port"] for node in self.topology()["nodes"]
                    if node["host"] == new)
        # By hand, past the scripts.
        self.stack.ask(
            f"$SLUICE_PSQL -h '{sockets}' -p {port}"
            " -d 'dbname=postgres target_session_attrs=any'"
            " -c 'SELECT pg_promote()'")
        output = self.stack.run("./deploy/local/up")
        self.assertRegex(output, rf"{old} +rewound to {new}")
        self.assertRegex(output, rf"{old} +streams from {new}")
        self.assertEqual(new, self.primary())

    def test_a_failover_asks_for_a_whole_stack(self):
        [replica, *_] = [node for node in NODES if node != self.primary()]
        os.kill(self.stack.pid_of(replica), signal.SIGKILL)
        refused = self.stack.run("! ./deploy/local/failover")
        self.assertRegex(refused, rf"{replica} does not stream .*; run up first")
        self.stack.run("./deploy/local/up")
        self.assertIn("usage: failover",
                      self.stack.run("./deploy/local/failover --help"))

    def test_a_switchover_that_fails_holds_writes_no_longer(self):
        [replica, *_] = [node for node in NODES if node != self.primary()]
        receiver = subprocess.run(
            ["pgrep", "-P", str(self.stack.pid_of(replica)), "-f", "walreceiver"],
            check=True, capture_output=True, text=True).stdout
        os.kill(int(receiver), signal.SIGSTOP)
        self.addCleanup(os.kill, int(receiver), signal.SIGCONT)
        refused = self.stack.run("! ./deploy/local/failover --planned")
        self.assertIn("the replicas are late", refused)
        self.stack.ask("sluice exec 'CREATE TABLE free (i int)' --timeout 10s\n"
                       "sluice exec 'DROP TABLE free' --timeout 10s")

    def test_a_failover_promotes_none_where_one_replica_does_not_answer(self):
        primary = self.primary()
        replica = next(node for node in NODES if node != primary)
        [address] = [node for node in self.topology()["nodes"]
                     if node["host"] == replica]
        sockets = self.stack.folder / "state/sockets/postgres"
        socket = sockets / f".s.PGSQL.{address['port']}"
        socket.rename(sockets / "kept")
        refused = self.stack.run("! ./deploy/local/failover --planned")
        (sockets / "kept").rename(socket)
        self.assertIn(f"{replica} does not say what it has received", refused)
        output = self.stack.run("./deploy/local/up")
        self.assertNotIn("its configuration changed", output)
        self.assertEqual(primary, self.primary())

    def test_a_second_stack_runs_beside_the_first(self):
        options = f"--dir '{self.stack.temporary}/second'"
        self.addCleanup(self.stack.run, f"./deploy/local/down --purge {options}")
        self.stack.run(
            f"./deploy/local/up {options} --port-base {find_port_base()}"
        )
        own = self.stack.ask("echo $SLUICE_ADDRESS; sluice query 'SELECT 1'")
        other = self.stack.run(
            f"source '{self.stack.temporary}/second/env'\n"
            "echo $SLUICE_ADDRESS; sluice query 'SELECT 1'"
        )
        self.assertNotEqual(own.splitlines()[0], other.splitlines()[0])
        self.assertEqual(own.splitlines()[1:], other.splitlines()[1:])

    def test_pgbouncer_speaks_tls_to_the_nodes(self):
        self.stack.ask("sluice query 'SELECT 1'")
        users = self.stack.ask(
            "$SLUICE_PSQL -Atc \"SELECT DISTINCT version LIKE 'TLS%' FROM"
            " pg_stat_ssl JOIN pg_stat_activity USING (pid)"
            " WHERE usename LIKE 'demo%'\""
        )
        self.assertEqual("t\n", users)

    def assert_pgbouncer_trusts_the_nodes_alone(self):
        state = self.stack.folder / "state"
        trusted = {node: f"{node}/server.crt" for node in NODES}
        others = {"gateway": "gateway/server.crt", "app": "client/demo.crt"}
        for name, file in (trusted | others).items():
            verdict = subprocess.run(
                ["openssl", "verify", "-no-CApath", "-CAfile",
                 state / "pgbouncer/ca.crt", state / file],
                check=False, capture_output=True, text=True)
            self.assertEqual(name in trusted, verdict.returncode == 0,
                             f"{name}: {verdict.stdout}{verdict.stderr}")

    def test_pgbouncer_takes_no_certificate_of_the_gateways_ca(self):
        self.assert_pgbouncer_trusts_the_nodes_alone()

    def test_up_gives_the_nodes_of_an_older_stack_a_ca_of_their_own(self):
        authority = self.stack.folder / "state/ca"
        for file in authority.glob("postgres-ca.*"):
            file.unlink()
        for node in NODES:
            self.stack.run(f"./deploy/local/lib/certificates server '{authority}'"
                           f" ca {node} DNS:{node}.sluice.internal")
        output = self.stack.run("! ./deploy/local/failover")
        self.assertIn("older version; run up first", output)
        output = self.stack.run("./deploy/local/up")
        for node in NODES:
            self.assertIn(f"issued the certificate of {node}\n", output)
        self.assertNotIn("issued the certificate of gateway", output)
        self.assert_pgbouncer_trusts_the_nodes_alone()

    def test_the_app_reaches_its_requests_by_functions_alone(self):
        self.assertEqual(
            "t|f\n",
            self.stack.ask(
                "$SLUICE_PSQL -Atc \"SELECT has_function_privilege('demo_write',"
                " 'sluice.claim_request(text, text, bytea)', 'EXECUTE'),"
                " has_table_privilege('demo_write', 'sluice.request', 'SELECT')\""
            ),
        )

    def test_each_class_of_statement_runs_as_a_role_of_its_own(self):
        who = "format('%s %s', session_user, current_user)"
        self.stack.ask("sluice exec 'CREATE TABLE who (name text)'")
        self.addCleanup(self.stack.ask, "sluice exec 'DROP TABLE who'")
        self.stack.ask(f'sluice exec "INSERT INTO who VALUES ({who})"')
        self.assertEqual(
            "name\ndemo_write demo_write\n",
            self.stack.ask("sluice query 'SELECT name FROM who' --format csv"))
        self.assertEqual(
            "who\ndemo_read demo_read\n",
            self.stack.ask(f'sluice query "SELECT {who} AS who" --format csv'))
        self.assertEqual(
            "demo_ddl\n",
            self.stack.ask("$SLUICE_PSQL -Atc \"SELECT tableowner FROM pg_tables"
                           " WHERE tablename = 'who'\""))

    def test_the_reader_may_read_and_not_write(self):
        count = "query 'SELECT count(*) FROM packages' --format csv"
        self.assertEqual(self.stack.ask(f"sluice {count}"),
                         self.stack.ask(f"sluice_as reader {count}"))
        for statement in ("DELETE FROM packages", "CREATE TABLE mine (i int)"):
            with self.subTest(statement):
                self.assertIn("ACCESS_DENIED", self.stack.ask(
                    f"sluice_as reader exec '{statement}'", check=False))
        # PostgreSQL would refuse it too.
        self.assertEqual("f\n", self.stack.ask(
            "$SLUICE_PSQL -Atc \"SELECT has_table_privilege('reader_read',"
            " 'packages', 'INSERT, UPDATE, DELETE, TRUNCATE')\""))

    def test_an_admin_asks_and_others_do_not(self):
        self.assertRegex(self.stack.ask("sluice_as admin admin version"),
                         r"Signing key: \S")
        self.assertIn("unchanged",
                      self.stack.ask("sluice_as admin admin reload"))
        self.assertIn("ListActivity",
                      self.stack.ask("sluice_as admin admin activity"))
        self.assertIn("ADMIN_REQUIRED", self.stack.ask(
            "sluice admin version", check=False))

    def test_a_token_is_issued_looked_at_and_revoked(self):
        output = self.stack.ask(
            "token=$(sluice token issue --ttl 1m --scope read --raw)\n"
            'sluice token inspect <<<"$token"\n'
            'sluice token revoke <<<"$token"\n'
            'sluice token inspect <<<"$token"')
        self.assertRegex(output, r"(?s)^Valid\..*App: demo.*Scopes: read\n"
                         r".*Revoked at: 2.*Not valid here and now")

    def test_calls_go_on_through_a_rotation_of_keys(self):
        keys = f"{self.stack.folder}/state/gateway/keys"
        before = self.signing_key()
        self.stack.ask(f"sluice keys rotate '{keys}' --overlap 1s --wait\n"
                       "sluice query 'SELECT 1'\n"
                       "sluice_as admin admin reload\n"
                       "sluice query 'SELECT 1'")
        after = self.signing_key()
        self.assertNotEqual(before, after)
        listed = self.stack.ask(f"sluice keys list '{keys}'")
        self.assertRegex(listed, rf"{after}  active")
        self.assertRegex(listed, rf"{before}  retired")

    def signing_key(self):
        version = self.stack.ask("sluice_as admin admin version")
        return re.search(r"Signing key: (\S+)", version).group(1)

    def test_an_app_whose_tokens_are_revoked_gets_new_ones(self):
        output = self.stack.ask(
            "token=$(sluice_as reader token issue --raw)\n"
            "sluice_as admin token revoke --app reader\n"
            'sluice_as reader token inspect <<<"$token"\n'
            "sluice_as reader query 'SELECT 7 AS seven' --format csv")
        self.assertIn("Not valid here and now", output)
        self.assertTrue(output.endswith("seven\n7\n"), output)

    def test_the_audit_log_tells_of_a_write_and_is_whole(self):
        audit = f"{self.stack.folder}/state/gateway/audit"
        self.stack.ask("sluice exec 'CREATE TABLE audited (i int)'\n"
                       "sluice exec 'DROP TABLE audited'")
        lines = "".join(path.read_text() for path in
                        sorted(pathlib.Path(audit).glob("audit-*.jsonl")))
        self.assertIn('"event":"write_begun"', lines)
        self.assertNotIn("audited", lines)
        self.stack.ask(f"sluice audit verify '{audit}'")

    def test_the_check_judges_policy_and_keys_too(self):
        gateway = self.stack.folder / "state/gateway"
        folder = self.stack.temporary / "check"
        shutil.copytree(gateway, folder, ignore=shutil.ignore_patterns("log"))
        check = (f"'{self.stack.folder}/state/bin/sluiced'"
                 f" --config '{folder}/gateway.yaml' --check")
        self.assertIn("are valid", self.stack.run(check))
        (folder / "policy.yaml").write_text("apps: [{name: Demo}]\n")
        for key in (folder / "keys").glob("*.active.*"):
            key.unlink()
        refused = self.stack.run(f"! {check}")
        self.assertIn("apps[0].name", refused)
        self.assertIn("no signing key is active", refused)

    def test_the_probes_answer(self):
        port = self.stack.port_base + 4
        for path in ("livez", "readyz"):
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/{path}") as got:
                self.assertEqual(200, got.status)

    def test_secrets_are_readable_by_nobody_else(self):
        state = os.path.realpath(self.stack.folder / "state")
        for folder, _, files in os.walk(state):
            if folder.endswith("/data"):
                continue
            for name in files:
                if name.endswith((".key", ".password", ".pem", ".verifier",
                                  ".pgpass")) or (
                    name in ("password", "users.txt")
                ):
                    mode = os.stat(os.path.join(folder, name)).st_mode & 0o777
                    self.assertEqual(0o600, mode, f"{folder}/{name}")

    def test_no_password_is_in_a_log_or_a_command_line(self):
        state = self.stack.folder / "state"
        secrets = [
            path.read_text().strip()
            for path in (state / "secrets").glob("*.password")
        ]
        texts = ["\0".join(words) for words in self.stack.processes().values()]
        for service in [*NODES, "pgbouncer", "gateway"]:
            for log in (state / service / "log").iterdir():
                texts.append(log.read_text(errors="replace"))
        for secret in secrets:
            self.assertEqual(64, len(secret))
            self.assertFalse(any(secret in text for text in texts))


if __name__ == "__main__":
    unittest.main()
