// ChildProcess: a program that runs beside the test and never outlives it.

#ifndef SLUICE_TESTS_SUPPORT_CHILD_PROCESS_H_
#define SLUICE_TESTS_SUPPORT_CHILD_PROCESS_H_

#include <sys/types.h>

#include <csignal>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "tests/support/unix_user.h"

namespace sluice::testing {

struct ChildCommand {
  // The program's path first.
  std::vector<std::string> arguments;
  // "NAME=value", beside the test's own without PG*, SLUICE_* and LC_*.
  std::vector<std::string> environment;
  // Takes, appended, what the program writes to both of its outputs.
  std::string log_file;
  // Whom it runs as; as the test where unset.
  std::optional<UnixUser> user;
  // What the kernel sends it when the test dies, however that happens.
  int death_signal = SIGKILL;
};

// Threads: that which starts it lives as long as it (PR_SET_PDEATHSIG looks at
// the thread).
class ChildProcess {
 public:
  // In the root folder, which all users can enter. A program that can't be
  // executed exits with code 127.
  static absl::StatusOr<std::unique_ptr<ChildProcess>> Start(
      const ChildCommand& command);
  // Kills it.
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;

  pid_t pid() const { return pid_; }
  bool Running();
  void Signal(int signal);

  // The exit code, or 128 and the signal that killed it, as a shell says it;
  // nothing while it runs after `limit`.
  std::optional<int> AwaitExit(absl::Duration limit);

  // Signals, awaits its end, and kills it when it has not ended by then.
  int Stop(int signal, absl::Duration limit);

 private:
  explicit ChildProcess(pid_t pid) : pid_(pid) {}

  const pid_t pid_;
  std::optional<int> exit_code_;
};

// Runs a program to its end; gives all that it wrote.
// Errors: INTERNAL with what it wrote when its exit code is not 0,
// DEADLINE_EXCEEDED.
absl::StatusOr<std::string> RunCommand(
    ChildCommand command, absl::Duration limit = absl::Seconds(60));

}  // namespace sluice::testing

#endif  // SLUICE_TESTS_SUPPORT_CHILD_PROCESS_H_
