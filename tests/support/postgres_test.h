// PostgresTest: tests that share one PostgreSQL, each with a database of its
// own.

#ifndef SLUICE_TESTS_SUPPORT_POSTGRES_TEST_H_
#define SLUICE_TESTS_SUPPORT_POSTGRES_TEST_H_

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "tests/support/postgres_server.h"
#include "tests/support/temp_dir.h"
#include "tests/support/test_certificates.h"

namespace sluice::testing {

// The name of a test's database is unique and needs no quotes; roles are the
// server's, and so all tests': `owner`, whose every database is, and `app`.
class PostgresTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    absl::StatusOr<std::unique_ptr<PostgresServer>> server = StartServer();
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
    server_->Ask("postgres",
                 "CREATE ROLE owner LOGIN; CREATE ROLE app LOGIN; "
                 "CREATE ROLE other LOGIN");
  }
  static void TearDownTestSuite() { server_.reset(); }

  static absl::StatusOr<std::unique_ptr<PostgresServer>> StartServer() {
    absl::StatusOr<TempDir> folder = TempDir::Make();
    if (!folder.ok()) return folder.status();
    TestCertificates certificates(folder->path());
    absl::Status status = certificates.MakeCa("ca");
    status.Update(certificates.MakeServer("ca", "pg", "pg.sluice.internal"));
    if (!status.ok()) return status;
    PostgresOptions options;
    options.certificate_file = certificates.CertificatePath("pg");
    options.key_file = certificates.KeyPath("pg");
    return PostgresServer::Start(options);
  }

  void SetUp() override {
    static int count = 0;
    database_ = absl::StrCat("test_", ++count);
    server().Ask("postgres",
                 absl::StrCat("CREATE DATABASE ", database_, " OWNER owner"));
  }

  static PostgresServer& server() { return *server_; }
  const std::string& database() const { return database_; }

  // As libpq takes it.
  std::string ConnectionOf(const std::string& user) const {
    return server().ConnectionString(database_, user);
  }
  SqlSession SessionOf(const std::string& user) const {
    return server().Connect(database_, user).value();
  }
  // As superuser; PostgresServer::Ask.
  std::string Ask(const std::string& sql) const {
    return server().Ask(database_, sql);
  }

 private:
  static inline std::unique_ptr<PostgresServer> server_;
  std::string database_;
};

}  // namespace sluice::testing

#endif  // SLUICE_TESTS_SUPPORT_POSTGRES_TEST_H_
