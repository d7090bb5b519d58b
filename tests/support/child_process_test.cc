// Tests of ChildProcess: what it reports, and that it ends with its parent.

#include "tests/support/child_process.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>

#include "absl/strings/numbers.h"
#include "tests/support/await.h"
#include "tests/support/file.h"
#include "tests/support/temp_dir.h"

namespace sluice::testing {
namespace {

using ::testing::HasSubstr;

ChildCommand Shell(const std::string& script) {
  ChildCommand command;
  command.arguments = {"/bin/sh", "-c", script};
  return command;
}

TEST(ChildProcessTest, GivesWhatTheProgramWrote) {
  absl::StatusOr<std::string> output =
      RunCommand(Shell("pwd; echo to-stderr >&2"));
  ASSERT_TRUE(output.ok()) << output.status();
  EXPECT_EQ(*output, "/\nto-stderr\n");
}

TEST(ChildProcessTest, ReportsTheExitCodeWithTheOutput) {
  absl::StatusOr<std::string> output = RunCommand(Shell("echo why; exit 3"));
  EXPECT_THAT(output.status().message(), HasSubstr("exit code 3"));
  EXPECT_THAT(output.status().message(), HasSubstr("why"));
}

TEST(ChildProcessTest, ReportsAProgramThatCannotBeExecuted) {
  ChildCommand command;
  command.arguments = {"/no/such/program"};
  absl::StatusOr<std::string> output = RunCommand(command);
  EXPECT_THAT(output.status().message(), HasSubstr("exit code 127"));
  EXPECT_THAT(output.status().message(), HasSubstr("No such file"));
}

TEST(ChildProcessTest, HidesTheCallersSettingsOfPsqlAndSluice) {
  setenv("PGHOST", "elsewhere", 1);
  setenv("SLUICE_ADDRESS", "elsewhere", 1);
  ChildCommand command = Shell("echo ${PGHOST:-none} ${SLUICE_ADDRESS:-none}");
  absl::StatusOr<std::string> output = RunCommand(command);
  unsetenv("PGHOST");
  unsetenv("SLUICE_ADDRESS");
  ASSERT_TRUE(output.ok()) << output.status();
  EXPECT_EQ(*output, "none none\n");
}

TEST(ChildProcessTest, KillsWhatDoesNotStopInTime) {
  absl::StatusOr<TempDir> folder = TempDir::Make();
  ASSERT_TRUE(folder.ok()) << folder.status();
  ChildCommand command = Shell("trap '' TERM; echo ready; sleep 60");
  command.log_file = folder->Path("log");
  absl::StatusOr<std::unique_ptr<ChildProcess>> child =
      ChildProcess::Start(command);
  ASSERT_TRUE(child.ok()) << child.status();
  ASSERT_TRUE(Await(absl::Seconds(5),
                    [&] { return ReadFile(command.log_file) == "ready\n"; }));
  EXPECT_TRUE((*child)->Running());
  EXPECT_EQ((*child)->Stop(SIGTERM, absl::Milliseconds(50)), 128 + SIGKILL);
  EXPECT_FALSE((*child)->Running());
}

// A parent that dies of SIGKILL runs no destructor.
TEST(ChildProcessTest, EndsWithItsParent) {
  absl::StatusOr<TempDir> folder = TempDir::Make();
  ASSERT_TRUE(folder.ok()) << folder.status();
  ChildCommand command = Shell("echo $$; exec sleep 60");
  command.log_file = folder->Path("log");
  const pid_t parent = fork();
  if (parent == 0) {
    absl::StatusOr<std::unique_ptr<ChildProcess>> child =
        ChildProcess::Start(command);
    pause();
    _exit(0);
  }
  pid_t child = 0;
  ASSERT_TRUE(Await(absl::Seconds(5), [&] {
    return absl::SimpleAtoi(ReadFile(command.log_file), &child);
  }));
  EXPECT_EQ(kill(child, 0), 0);
  kill(parent, SIGKILL);
  waitpid(parent, nullptr, 0);
  // Whoever adopts it may take a while to reap it.
  const std::string status_file = "/proc/" + std::to_string(child) + "/status";
  EXPECT_TRUE(Await(absl::Seconds(5), [&] {
    const std::string status = ReadFile(status_file);
    return status.empty() || status.find("State:\tZ") != std::string::npos;
  }));
}

}  // namespace
}  // namespace sluice::testing
