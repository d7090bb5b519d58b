// What the unix users of the local stack keep from one another. Needs root:
// only then has each service a user of its own.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <memory>
#include <optional>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "tests/support/child_process.h"
#include "tests/support/file.h"
#include "tests/support/free_port.h"
#include "tests/support/temp_dir.h"
#include "tests/support/test_paths.h"
#include "tests/support/unix_user.h"

namespace sluice::testing {
namespace {

using ::testing::HasSubstr;

constexpr absl::Duration kUpLimit = absl::Minutes(5);

// A local stack, brought up by a copy of the scripts: those of the source tree
// would build first.
class SecurityRootTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    ASSERT_EQ(geteuid(), 0u) << "needs root";
    absl::StatusOr<TempDir> folder = TempDir::Make();
    ASSERT_TRUE(folder.ok()) << folder.status();
    folder_.emplace(*std::move(folder));
    ASSERT_TRUE(MakeFolder(folder_->Path("tree"), 0755).ok());
    ChildCommand copy;
    copy.arguments = {"/bin/cp", "-a", SourcePath("deploy"),
                      folder_->Path("tree/deploy")};
    ASSERT_TRUE(RunCommand(copy).ok());
    absl::StatusOr<std::string> up = RunCommand(Script("up", {}), kUpLimit);
    ASSERT_TRUE(up.ok()) << up.status();
  }

  static void TearDownTestSuite() {
    if (!folder_.has_value()) return;
    absl::StatusOr<std::string> down = RunCommand(Script("down", {"--purge"}));
    EXPECT_TRUE(down.ok()) << down.status();
    folder_.reset();
  }

  static ChildCommand Script(const std::string& name,
                             const std::vector<std::string>& arguments) {
    ChildCommand command;
    command.arguments = {folder_->Path("tree/deploy/local/" + name)};
    command.arguments.insert(command.arguments.end(), arguments.begin(),
                             arguments.end());
    command.environment = {"SLUICE_LOCAL_DIR=" + folder_->Path("stack"),
                           "SLUICE_BUILD_DIR=" + BuildPath("")};
    if (name == "up") {
      port_base_ = FindFreePort(6);
      command.environment.push_back(
          absl::StrCat("SLUICE_PORT_BASE=", port_base_));
    }
    return command;
  }

  static std::string State(const std::string& path) {
    return folder_->Path("stack/state/" + path);
  }

  static absl::StatusOr<std::string> RunAs(
      const std::string& user, std::vector<std::string> arguments,
      std::vector<std::string> environment = {}) {
    absl::StatusOr<UnixUser> found = FindUser(user);
    if (!found.ok()) return found.status();
    ChildCommand command;
    command.arguments = std::move(arguments);
    command.environment = std::move(environment);
    command.user = *std::move(found);
    return RunCommand(command);
  }

  static absl::StatusOr<std::string> ReadAs(const std::string& user,
                                            const std::string& path) {
    return RunAs(user, {"/bin/cat", path});
  }

  // Asks through pgbouncer with the gateway's own user and password.
  static absl::StatusOr<std::string> QueryAs(const std::string& user) {
    const std::string password(
        absl::StripAsciiWhitespace(ReadFile(State("secrets/sluice.password"))));
    return RunAs(
        user,
        {PostgresProgram("psql"), "-X", "-A", "-t", "-w", "-h",
         State("sockets/pgbouncer"), "-p", absl::StrCat(port_base_ + 3), "-U",
         "sluice", "-d", absl::StrCat("demo.demo_read.pg-1_", port_base_ + 1),
         "-c", "SELECT 7"},
        {"PGPASSWORD=" + password});
  }

 private:
  static inline std::optional<TempDir> folder_;
  static inline int port_base_ = 0;
};

TEST_F(SecurityRootTest, PgBouncersSocketIsForTheGatewaysUserAlone) {
  absl::StatusOr<std::string> gateway = QueryAs("sluice");
  ASSERT_TRUE(gateway.ok()) << gateway.status();
  EXPECT_EQ(*gateway, "7\n");
  for (const char* other : {"nobody", "postgres"}) {
    EXPECT_THAT(QueryAs(other).status().message(),
                HasSubstr("Permission denied"))
        << other;
  }
}

TEST_F(SecurityRootTest, PgBouncersPasswordsAreForItsOwnUserAlone) {
  const std::string file = State("pgbouncer/users.txt");
  EXPECT_TRUE(ReadAs("sluice-pgbouncer", file).ok());
  for (const char* other : {"sluice", "nobody", "postgres"}) {
    EXPECT_THAT(ReadAs(other, file).status().message(),
                HasSubstr("Permission denied"))
        << other;
  }
}

TEST_F(SecurityRootTest, TheGatewaysSecretsAreForItsOwnUserAlone) {
  for (const char* name : {"gateway/password", "gateway/server.key"}) {
    EXPECT_TRUE(ReadAs("sluice", State(name)).ok()) << name;
    for (const char* other : {"sluice-pgbouncer", "nobody", "postgres"}) {
      EXPECT_THAT(ReadAs(other, State(name)).status().message(),
                  HasSubstr("Permission denied"))
          << name << " as " << other;
    }
  }
}

TEST_F(SecurityRootTest, NoServiceReachesTheCaOrTheSecretsOfAll) {
  for (const char* name :
       {"ca/ca.key", "ca/postgres-ca.key", "secrets/demo_write.password"}) {
    ASSERT_NE(ReadFile(State(name)), "") << name;
    for (const char* user :
         {"sluice", "sluice-pgbouncer", "postgres", "nobody"}) {
      EXPECT_THAT(ReadAs(user, State(name)).status().message(),
                  HasSubstr("Permission denied"))
          << name << " as " << user;
    }
  }
}

}  // namespace
}  // namespace sluice::testing
