#include "tests/support/child_process.h"

#include <fcntl.h>
#include <grp.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "tests/support/await.h"
#include "tests/support/file.h"
#include "tests/support/temp_dir.h"

namespace sluice::testing {
namespace {

constexpr int kExecFailed = 127;

// What the child needs, made before the fork: a copy of a process with threads
// may not allocate memory.
class Launch {
 public:
  explicit Launch(const ChildCommand& command)
      : command_(command), arguments_(command.arguments), parent_(getpid()) {
    for (char** variable = environ; *variable != nullptr; ++variable) {
      const absl::string_view entry = *variable;
      if (absl::StartsWith(entry, "PG") || absl::StartsWith(entry, "LC_") ||
          absl::StartsWith(entry, "SLUICE_")) {
        continue;
      }
      environment_.emplace_back(entry);
    }
    environment_.emplace_back("LC_ALL=C.UTF-8");
    environment_.insert(environment_.end(), command.environment.begin(),
                        command.environment.end());
    FillPointers(arguments_, argument_pointers_);
    FillPointers(environment_, environment_pointers_);
  }

  [[noreturn]] void Run() {
    const char* const failed = Prepare();
    if (failed == nullptr) {
      execve(argument_pointers_[0], argument_pointers_.data(),
             environment_pointers_.data());
    }
    dprintf(STDERR_FILENO, "%s: %s: %s\n", argument_pointers_[0],
            failed == nullptr ? "exec" : failed, std::strerror(errno));
    _exit(kExecFailed);
  }

 private:
  static void FillPointers(std::vector<std::string>& strings,
                           std::vector<char*>& pointers) {
    for (std::string& one : strings) pointers.push_back(one.data());
    pointers.push_back(nullptr);
  }

  // What failed; null when nothing did.
  const char* Prepare() {
    const int log = open(command_.log_file.c_str(),
                         O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (log < 0 || dup2(log, STDOUT_FILENO) < 0 ||
        dup2(log, STDERR_FILENO) < 0) {
      return "open its log";
    }
    const int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (nothing < 0 || dup2(nothing, STDIN_FILENO) < 0) return "open /dev/null";
    close_range(STDERR_FILENO + 1, UINT_MAX, 0);
    if (chdir("/") != 0) return "chdir";
    if (!DropUser()) return "change user";
    // A change of user clears it, so it comes last.
    if (prctl(PR_SET_PDEATHSIG, command_.death_signal) != 0) return "prctl";
    if (getppid() != parent_) _exit(kExecFailed);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
    signal(SIGPIPE, SIG_DFL);
    return nullptr;
  }

  bool DropUser() {
    if (!command_.user.has_value() || geteuid() == command_.user->uid) {
      return true;
    }
    const UnixUser& user = *command_.user;
    return setgroups(user.groups.size(), user.groups.data()) == 0 &&
           setgid(user.gid) == 0 && setuid(user.uid) == 0;
  }

  const ChildCommand& command_;
  std::vector<std::string> arguments_;
  std::vector<std::string> environment_;
  std::vector<char*> argument_pointers_;
  std::vector<char*> environment_pointers_;
  const pid_t parent_;
};

int ExitCodeOf(int wait_status) {
  return WIFSIGNALED(wait_status) ? 128 + WTERMSIG(wait_status)
                                  : WEXITSTATUS(wait_status);
}

}  // namespace

absl::StatusOr<std::unique_ptr<ChildProcess>> ChildProcess::Start(
    const ChildCommand& command) {
  Launch launch(command);
  const pid_t pid = fork();
  if (pid == 0) launch.Run();
  if (pid < 0) {
    return absl::InternalError(absl::StrCat("fork: ", std::strerror(errno)));
  }
  return std::unique_ptr<ChildProcess>(new ChildProcess(pid));
}

ChildProcess::~ChildProcess() {
  if (!Running()) return;
  Signal(SIGKILL);
  int wait_status = 0;
  waitpid(pid_, &wait_status, 0);
}

bool ChildProcess::Running() { return !AwaitExit(absl::ZeroDuration()); }

void ChildProcess::Signal(int signal) {
  // A pid that has been waited for may be another's by now.
  if (!exit_code_.has_value()) kill(pid_, signal);
}

std::optional<int> ChildProcess::AwaitExit(absl::Duration limit) {
  if (exit_code_.has_value()) return exit_code_;
  int wait_status = 0;
  if (Await(limit, [&] { return waitpid(pid_, &wait_status, WNOHANG) != 0; })) {
    exit_code_ = ExitCodeOf(wait_status);
  }
  return exit_code_;
}

int ChildProcess::Stop(int signal, absl::Duration limit) {
  Signal(signal);
  if (AwaitExit(limit).has_value()) return *exit_code_;
  Signal(SIGKILL);
  return AwaitExit(absl::InfiniteDuration()).value();
}

absl::StatusOr<std::string> RunCommand(ChildCommand command,
                                       absl::Duration limit) {
  absl::StatusOr<TempDir> folder = TempDir::Make();
  if (!folder.ok()) return folder.status();
  command.log_file = folder->Path("output");
  absl::StatusOr<std::unique_ptr<ChildProcess>> child =
      ChildProcess::Start(command);
  if (!child.ok()) return child.status();
  const std::optional<int> exit_code = (*child)->AwaitExit(limit);
  const std::string output = ReadFile(command.log_file);
  const std::string words = absl::StrJoin(command.arguments, " ");
  if (!exit_code.has_value()) {
    return absl::DeadlineExceededError(absl::StrCat(words, "\n", output));
  }
  if (*exit_code != 0) {
    return absl::InternalError(
        absl::StrCat("exit code ", *exit_code, " of ", words, "\n", output));
  }
  return output;
}

}  // namespace sluice::testing
