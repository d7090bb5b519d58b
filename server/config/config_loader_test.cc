#include "server/config/config_loader.h"

#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice::config {
namespace {

using testing::HasSubstr;

constexpr char kMinimal[] = R"(listener:
  certificate_file: tls/server.crt
  private_key_file: tls/server.key
  client_ca_file: tls/ca.crt
identity:
  trust_domain: sluice.example
policy_file: policy.yaml
tokens: {key_folder: keys}
backend:
  host: /run/pgbouncer
  user: sluice
  password_file: password
databases:
  - name: demo
)";

// A folder with the files that kMinimal names.
class ConfigLoaderTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "/config_loader_test.XXXXXX";
    folder_ = std::filesystem::canonical(mkdtemp(pattern.data())).string();
    std::filesystem::create_directory(folder_ + "/tls");
    std::filesystem::create_directory(folder_ + "/keys");
    for (const char* file :
         {"tls/server.crt", "tls/server.key", "tls/ca.crt", "policy.yaml"}) {
      Write(file, "");
    }
    Write("password", "x\n");
    chmod((folder_ + "/password").c_str(), 0640);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  void Write(const std::string& name, const std::string& text) {
    std::ofstream(folder_ + "/" + name) << text;
  }

  absl::StatusOr<v1::Config> Load(const std::string& text) {
    Write("sluiced.yaml", text);
    return LoadConfig(folder_ + "/sluiced.yaml");
  }

  // Faults of kMinimal with `from` replaced by `to`.
  std::string FaultsWith(absl::string_view from, absl::string_view to) {
    const std::string text = absl::StrReplaceAll(kMinimal, {{from, to}});
    EXPECT_NE(text, kMinimal) << from;
    return std::string(Load(text).status().message());
  }

  // kMinimal with further sections; one of tokens, the first, joins its own.
  static std::string WithMore(absl::string_view sections) {
    std::string text = kMinimal;
    if (absl::ConsumePrefix(&sections, "tokens: {")) {
      absl::StrReplaceAll(
          {{"{key_folder: keys}",
            absl::StrCat("{key_folder: keys, ",
                         sections.substr(0, sections.find('}') + 1))}},
          &text);
      sections.remove_prefix(sections.find('}') + 1);
    }
    return absl::StrCat(text, sections);
  }

  // Faults of that.
  std::string FaultsWithMore(absl::string_view sections) {
    return std::string(Load(WithMore(sections)).status().message());
  }

  std::string folder_;
};

TEST_F(ConfigLoaderTest, FillsInEveryDefault) {
  absl::StatusOr<v1::Config> config = Load(kMinimal);
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->listener().address(), "127.0.0.1");
  EXPECT_EQ(config->listener().port(), 0);
  EXPECT_EQ(config->backend().port(), 6432);
  EXPECT_EQ(config->databases(0).entry(), "demo.{role}");
  EXPECT_EQ(config->databases(0).node(), "primary");
  EXPECT_EQ(config->pool().max_connections(), 20);
  EXPECT_EQ(config->pool().min_connections(), 2);
  EXPECT_EQ(config->pool().max_waiters(), 1000);
  EXPECT_EQ(config->pool().idle_timeout().seconds(), 60);
  EXPECT_EQ(config->pool().max_lifetime().seconds(), 1800);
  EXPECT_EQ(config->pool().connect_timeout().seconds(), 5);
  EXPECT_EQ(config->pool().max_opening(), 4);
  EXPECT_EQ(config->pool().max_prepared_statements(), 256);
  EXPECT_EQ(config->limits().default_deadline().seconds(), 30);
  EXPECT_EQ(config->limits().max_deadline().seconds(), 300);
  EXPECT_EQ(config->limits().max_rows(), 1'000'000);
  EXPECT_EQ(config->limits().max_result_bytes(), 3'145'728);
  EXPECT_EQ(config->limits().max_statement_bytes(), 1'048'576);
  EXPECT_EQ(config->limits().max_parameter_bytes(), 3'145'728);
  EXPECT_EQ(config->limits().max_calls(), 10'000);
  EXPECT_GE(config->concurrency().worker_pairs(), 1);
  EXPECT_FALSE(config->errors().include_detail());
}

TEST_F(ConfigLoaderTest, FillsInTheDefaultsOfTheListener) {
  absl::StatusOr<v1::Config> config = Load(kMinimal);
  ASSERT_TRUE(config.ok()) << config.status();
  const v1::Listener& listener = config->listener();
  EXPECT_EQ(listener.handshake_timeout().seconds(), 5);
  EXPECT_EQ(listener.max_connections(), 10'000);
  EXPECT_EQ(listener.max_connections_per_address(), 1'000);
  EXPECT_EQ(listener.max_calls_per_connection(), 1'000);
  EXPECT_EQ(listener.max_metadata_bytes(), 16'384);
  EXPECT_EQ(listener.max_connection_age().seconds(), 3600);
  EXPECT_EQ(listener.max_connection_age_grace().seconds(), 3600);
  EXPECT_EQ(listener.min_ping_interval().seconds(), 10);
  EXPECT_EQ(listener.max_invalid_tokens(), 20);
  EXPECT_EQ(config->admin_listener().address(), "127.0.0.1");
  EXPECT_EQ(config->admin_listener().port(), 0);
}

TEST_F(ConfigLoaderTest, FillsInTheDefaultsOfTokensRevocationAndAudit) {
  absl::StatusOr<v1::Config> config = Load(kMinimal);
  ASSERT_TRUE(config.ok()) << config.status();
  const v1::Tokens& tokens = config->tokens();
  EXPECT_EQ(tokens.issuer(), "sluice");
  EXPECT_EQ(tokens.audience(), "sluice");
  EXPECT_EQ(tokens.default_ttl().seconds(), 600);
  EXPECT_EQ(tokens.max_ttl().seconds(), 900);
  EXPECT_EQ(tokens.max_session().seconds(), 43'200);
  EXPECT_EQ(tokens.clock_skew().seconds(), 5);
  EXPECT_EQ(tokens.max_cached(), 65'536);
  EXPECT_EQ(config->revocation().poll_interval().seconds(), 1);
  EXPECT_EQ(config->revocation().max_staleness().seconds(), 10);
  EXPECT_EQ(config->revocation().stale(), v1::STALE_REVOCATIONS_SERVE);
  EXPECT_EQ(config->audit().max_file_bytes(), 134'217'728);
  EXPECT_EQ(config->audit().max_files(), 0);
  EXPECT_EQ(config->audit().on_failure(), v1::AUDIT_FAILURE_REFUSE);
}

TEST_F(ConfigLoaderTest, DefaultTimeOfTokensFollowsAShortLimit) {
  absl::StatusOr<v1::Config> config = Load(WithMore("tokens: {max_ttl: 2m}"));
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->tokens().default_ttl().seconds(), 120);
  EXPECT_EQ(FaultsWithMore("tokens: {max_ttl: 2m, default_ttl: 3m}"),
            "tokens.default_ttl: more than tokens.max_ttl (line 8)");
}

TEST_F(ConfigLoaderTest, FilesAndFoldersOfTheNewSectionsAreResolvedAndChecked) {
  absl::StatusOr<v1::Config> config =
      Load(absl::StrCat(kMinimal,
                        "revocation: {deny_list_file: password}\n"
                        "audit: {folder: tls}\n"));
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->policy_file(), folder_ + "/policy.yaml");
  EXPECT_EQ(config->tokens().key_folder(), folder_ + "/keys");
  EXPECT_EQ(config->revocation().deny_list_file(), folder_ + "/password");
  EXPECT_EQ(config->audit().folder(), folder_ + "/tls");
  EXPECT_THAT(FaultsWith("policy.yaml", "none.yaml"),
              HasSubstr("policy_file: can't read"));
  EXPECT_THAT(FaultsWith("key_folder: keys", ""),
              HasSubstr("tokens.key_folder: required"));
  EXPECT_THAT(FaultsWith("key_folder: keys", "key_folder: none"),
              HasSubstr("tokens.key_folder: can't open"));
  EXPECT_THAT(FaultsWith("key_folder: keys", "key_folder: password"),
              HasSubstr("is no folder"));
  EXPECT_THAT(FaultsWithMore("revocation: {deny_list_file: none}"),
              HasSubstr("revocation.deny_list_file: can't read"));
}

TEST_F(ConfigLoaderTest, TheFolderOfTheAuditLogMayBeYetToBeMade) {
  EXPECT_EQ(FaultsWithMore("audit: {folder: none}"), "");
  EXPECT_EQ(FaultsWithMore("audit: {folder: none/}"), "");
  EXPECT_THAT(FaultsWithMore("audit: {folder: none/none}"),
              HasSubstr("audit.folder: can't open"));
  EXPECT_THAT(FaultsWithMore("audit: {folder: password/none}"),
              HasSubstr("audit.folder: can't open"));
  EXPECT_THAT(FaultsWithMore("audit: {folder: password}"),
              HasSubstr("is no folder"));
}

TEST_F(ConfigLoaderTest, SettingsOfTheNewSectionsMakeSense) {
  for (const char* section :
       {"tokens: {issuer: ''}", "tokens: {audience: 'a b'}",
        "tokens: {default_ttl: 0s}", "tokens: {max_ttl: 901s}",
        "tokens: {max_session: 43201s}", "tokens: {clock_skew: 61s}",
        "tokens: {clock_skew: -1s}", "tokens: {max_cached: 0}",
        "revocation: {poll_interval: 0s}", "revocation: {poll_interval: 11s}",
        "revocation: {max_staleness: 0s}", "revocation: {stale: maybe}",
        "audit: {max_file_bytes: 0}", "audit: {on_failure: unspecified}",
        "admin_listener: {port: 65536}", "admin_listener: {address: 0.0.0.0}",
        "admin_listener: {address: '::'}",
        "admin_listener: {address: 192.0.2.1}"}) {
    const std::string field = absl::StrReplaceAll(
        std::string(section, 0, std::string(section).find(':', 16)),
        {{": {", "."}});
    EXPECT_THAT(FaultsWithMore(section),
                HasSubstr(std::string(field, 0, field.find(':')) + ": "))
        << section;
  }
  for (const char* section :
       {"tokens: {max_ttl: 900s, max_session: 12h, clock_skew: 0s}",
        "admin_listener: {address: '::1', port: 65535}",
        "admin_listener: {address: 127.1.2.3}",
        "revocation: {control_entry: c, fallback_entries: [c1, c2]}",
        "audit: {on_failure: continue, max_files: 3}"}) {
    EXPECT_EQ(FaultsWithMore(section), "") << section;
  }
  EXPECT_EQ(FaultsWithMore("revocation: {fallback_entries: [a]}"),
            "revocation.control_entry: required with fallback_entries (line "
            "15)");
  EXPECT_THAT(
      FaultsWithMore("revocation: {control_entry: a, fallback_entries: [a]}"),
      HasSubstr("revocation.fallback_entries[0]: \"a\" is not unique"));
}

TEST_F(ConfigLoaderTest, ConnectionLimitsOutOfRangeAreNamed) {
  for (const char* setting :
       {"handshake_timeout: 0s", "max_connections: 0",
        "max_connections_per_address: 0", "max_calls_per_connection: 0",
        "max_metadata_bytes: 8191", "max_metadata_bytes: 2147483648",
        "max_connection_age: 0s", "max_connection_age_grace: 0s",
        "min_ping_interval: 0s", "max_invalid_tokens: 0"}) {
    const std::string name(setting, std::string(setting).find(':'));
    EXPECT_THAT(FaultsWith("  certificate_file",
                           absl::StrCat("  ", setting, "\n  certificate_file")),
                HasSubstr(absl::StrCat("listener.", name, ": ")));
  }
}

TEST_F(ConfigLoaderTest, EntriesHaveNoBracesButThoseOfTheRole) {
  EXPECT_EQ(FaultsWithMore("    entry: 'x.{role}'"), "");
  EXPECT_EQ(FaultsWithMore("    entry: plain"), "");
  for (const char* entry : {"'{Role}'", "'{'", "'}'", "'a{db}b'"}) {
    EXPECT_THAT(FaultsWithMore(absl::StrCat("    entry: ", entry)),
                HasSubstr("databases[0].entry: braces stand for nothing but"))
        << entry;
  }
}

TEST_F(ConfigLoaderTest, WhatIsGivenStands) {
  absl::StatusOr<v1::Config> config = Load(absl::StrCat(kMinimal, R"(
    entry: demo_primary
    node: n1
pool: {min_connections: 0, max_waiters: 0, idle_timeout: 1s}
concurrency: {worker_pairs: 3}
)"));
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->databases(0).entry(), "demo_primary");
  EXPECT_EQ(config->databases(0).node(), "n1");
  EXPECT_EQ(config->pool().min_connections(), 0);
  EXPECT_EQ(config->pool().max_waiters(), 0);
  EXPECT_EQ(config->pool().idle_timeout().seconds(), 1);
  EXPECT_EQ(config->concurrency().worker_pairs(), 3);
}

TEST_F(ConfigLoaderTest, DefaultsFollowASmallPool) {
  absl::StatusOr<v1::Config> config =
      Load(absl::StrCat(kMinimal, "pool: {max_connections: 1}"));
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->pool().min_connections(), 1);
  EXPECT_EQ(config->concurrency().worker_pairs(), 1);
}

TEST_F(ConfigLoaderTest, PathsAreTakenFromTheFolderOfTheFile) {
  absl::StatusOr<v1::Config> config = Load(kMinimal);
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->listener().client_ca_file(), folder_ + "/tls/ca.crt");
  EXPECT_EQ(config->backend().password_file(), folder_ + "/password");
  config = Load(absl::StrReplaceAll(
      kMinimal, {{"tls/ca.crt", folder_ + "/tls/server.crt"}}));
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->listener().client_ca_file(), folder_ + "/tls/server.crt");
}

TEST_F(ConfigLoaderTest, ReportsAllFaultsOfAnEmptyFile) {
  EXPECT_EQ(Load("").status().message(),
            "listener.certificate_file: required\n"
            "listener.private_key_file: required\n"
            "listener.client_ca_file: required\n"
            "identity.trust_domain: required\n"
            "policy_file: required\n"
            "backend.user: required\n"
            "backend.password_file: required\n"
            "backend.host: required\n"
            "databases: at least one is required\n"
            "tokens.key_folder: required");
}

TEST_F(ConfigLoaderTest, FaultsOfReadingAndOfSenseComeTogether) {
  EXPECT_EQ(FaultsWith("databases:\n  - name: demo\n",
                       "databases:\n  - nam: demo\n  - name: x\n  - name: x\n"),
            "databases[0].nam: unknown field (line 14)\n"
            "databases[0].name: required (line 14)\n"
            "databases[2].name: \"x\" is not unique (line 16)");
}

TEST_F(ConfigLoaderTest, OneFaultOfAFieldIsEnough) {
  EXPECT_EQ(FaultsWith("user: sluice", "user: [sluice]"),
            "backend.user: expected a single value (line 11)");
}

TEST_F(ConfigLoaderTest, FilesMustBeReadable) {
  EXPECT_EQ(FaultsWith("tls/ca.crt", "tls/none.crt"),
            absl::StrCat("listener.client_ca_file: can't read ", folder_,
                         "/tls/none.crt: No such file or directory (line 4)"));
  EXPECT_THAT(FaultsWith("tls/ca.crt", "tls"), HasSubstr("no regular file"));
}

TEST_F(ConfigLoaderTest, KeyFilesAreResolvedCheckedAndDifferent) {
  absl::StatusOr<v1::Config> config =
      Load(absl::StrCat(kMinimal, "outcome: {key_files: [password]}"));
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->outcome().key_files(0), folder_ + "/password");
  EXPECT_THAT(FaultsWithMore("outcome: {key_files: [password, none]}"),
              HasSubstr("outcome.key_files[1]: can't read"));
  EXPECT_THAT(FaultsWithMore("outcome: {key_files: [password, password]}"),
              HasSubstr("outcome.key_files[1]: "));
  EXPECT_THAT(FaultsWithMore("outcome: {key_files: [\"\"]}"),
              HasSubstr("outcome.key_files[0]: required"));
  // Any file that others may read.
  EXPECT_THAT(FaultsWithMore("outcome: {key_files: [tls/ca.crt]}"),
              HasSubstr("is open to others than its owner and group"));
}

TEST_F(ConfigLoaderTest, PasswordFileMustBeClosedToOthers) {
  const std::string file = folder_ + "/password";
  for (const mode_t mode : {0644, 0642, 0641, 0604}) {
    ASSERT_EQ(chmod(file.c_str(), mode), 0);
    EXPECT_THAT(std::string(Load(kMinimal).status().message()),
                HasSubstr("backend.password_file"))
        << mode;
  }
  ASSERT_EQ(chmod(file.c_str(), 0600), 0);
  EXPECT_TRUE(Load(kMinimal).ok());
}

TEST_F(ConfigLoaderTest, HostNameNeedsAnAddressAndACa) {
  EXPECT_EQ(FaultsWith("/run/pgbouncer", "db.sluice.example"),
            "backend.hostaddr: required (line 9)\n"
            "backend.ca_file: required (line 9)");
  EXPECT_EQ(FaultsWith("/run/pgbouncer",
                       "db.sluice.example\n  hostaddr: 127.0.0.1\n"
                       "  ca_file: tls/ca.crt"),
            "");
  EXPECT_THAT(FaultsWith("/run/pgbouncer", "db\n  hostaddr: db"),
              HasSubstr("backend.hostaddr: expected an IP address"));
}

TEST_F(ConfigLoaderTest, HostThatLibpqWouldReadAsSomethingElseIsRefused) {
  for (const char* host : {"'@abstract'", "a,b", "'a b'", "'a=b'", "a/b"}) {
    EXPECT_THAT(FaultsWith("/run/pgbouncer", host), HasSubstr("backend.host:"))
        << host;
  }
}

TEST_F(ConfigLoaderTest, SocketHasNoUseForTls) {
  EXPECT_EQ(FaultsWith("/run/pgbouncer",
                       "/run/pgbouncer\n  ca_file: tls/ca.crt\n"
                       "  hostaddr: 127.0.0.1"),
            "backend.hostaddr: has no use when backend.host is a Unix socket "
            "(line 12)\n"
            "backend.ca_file: has no use when backend.host is a Unix socket "
            "(line 11)");
}

TEST_F(ConfigLoaderTest, NamesAreChecked) {
  // With the default entry, which has the role's name besides.
  const std::string longest(61, 'x');
  EXPECT_EQ(
      FaultsWith("- name: demo\n", absl::StrCat("- name: ", longest, "\n")),
      "");
  EXPECT_THAT(FaultsWithMore(absl::StrCat("  - name: ", longest, "xxx")),
              HasSubstr("databases[1].name: expected 1 to 63 bytes"));
  EXPECT_THAT(FaultsWithMore("  - name: \"a\\0b\""),
              HasSubstr("databases[1].name: expected 1 to 63 bytes"));
}

TEST_F(ConfigLoaderTest, NumbersOutOfRangeAreNamed) {
  for (const char* section :
       {"pool: {max_connections: 0}", "pool: {max_connections: 10001}",
        "pool: {min_connections: 21}", "pool: {max_opening: 0}",
        "pool: {max_prepared_statements: 0}", "pool: {idle_timeout: 0s}",
        "pool: {max_lifetime: -1s}", "pool: {connect_timeout: 0s}",
        "limits: {default_deadline: 0s}", "limits: {max_deadline: -1ms}",
        "limits: {max_rows: 0}", "limits: {max_result_bytes: 0}",
        "limits: {max_result_bytes: 2147483649}",
        "limits: {max_statement_bytes: 67108865}",
        "limits: {max_parameter_bytes: 536870913}", "limits: {max_calls: 0}",
        "concurrency: {worker_pairs: 21}"}) {
    const std::string field = absl::StrReplaceAll(
        std::string(section, 0, std::string(section).rfind(':')),
        {{": {", "."}});
    EXPECT_THAT(FaultsWithMore(section), testing::StartsWith(field + ": "));
  }
  for (const char* section :
       {"pool: {max_connections: 10000}", "pool: {min_connections: 20}",
        "limits: {max_result_bytes: 2147483648}",
        "limits: {max_statement_bytes: 67108864}",
        "limits: {max_parameter_bytes: 536870912}", "pool: {max_lifetime: 1ns}",
        "concurrency: {worker_pairs: 20}"}) {
    EXPECT_EQ(FaultsWithMore(section), "") << section;
  }
  EXPECT_THAT(FaultsWith("  certificate_file",
                         "  port: 65536\n"
                         "  certificate_file"),
              HasSubstr("listener.port: expected 0 to 65535, not 65536"));
  EXPECT_THAT(FaultsWith("  certificate_file",
                         "  address: localhost\n"
                         "  certificate_file"),
              HasSubstr("listener.address: expected an IP address"));
  EXPECT_THAT(FaultsWith("user: sluice", "user: sluice\n  port: 0"),
              HasSubstr("backend.port: expected 1 to 65535, not 0"));
}

TEST_F(ConfigLoaderTest, ExampleOfTheDocumentationLoads) {
  std::ifstream file(SLUICE_EXAMPLE_CONFIG);
  std::ostringstream example;
  example << file.rdbuf();
  ASSERT_THAT(example.str(), HasSubstr("/etc/sluice/"));
  Write("outcome.key", "");
  Write("consul.token", "");
  Write("deny.list", "");
  chmod((folder_ + "/outcome.key").c_str(), 0600);
  chmod((folder_ + "/consul.token").c_str(), 0600);
  absl::StatusOr<v1::Config> config = Load(absl::StrReplaceAll(
      example.str(), {{"/etc/sluice/", folder_ + "/"},
                      {"/run/sluice/proposals/", folder_ + "/"},
                      {"/var/log/sluice/", folder_ + "/"}}));
  EXPECT_TRUE(config.ok()) << config.status();
}

TEST_F(ConfigLoaderTest, FileItselfMustBeReadable) {
  EXPECT_EQ(LoadConfig(folder_ + "/none.yaml").status().code(),
            absl::StatusCode::kNotFound);
  EXPECT_FALSE(LoadConfig(folder_).ok());
  EXPECT_THAT(std::string(LoadConfig(folder_).status().message()),
              HasSubstr(folder_));
}

}  // namespace
}  // namespace sluice::config
