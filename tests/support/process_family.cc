#include "tests/support/process_family.h"

#include <algorithm>
#include <csignal>
#include <string>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "tests/support/await.h"
#include "tests/support/file.h"

namespace sluice::testing {
namespace {

constexpr absl::Duration kStopLimit = absl::Seconds(5);

// As /proc shows it: R, S, T for stopped, Z for one that nobody has waited
// for; NUL when there is no such process.
char StateOf(pid_t process) {
  const std::string stat = ReadFile(absl::StrCat("/proc/", process, "/stat"));
  // The name before it may hold anything.
  const size_t name_end = stat.rfind(") ");
  return name_end == std::string::npos ? '\0' : stat[name_end + 2];
}

bool HasEnded(pid_t process) {
  const char state = StateOf(process);
  return state == '\0' || state == 'Z';
}

void FreezeOne(pid_t process) {
  kill(process, SIGSTOP);
  Await(kStopLimit,
        [=] { return StateOf(process) == 'T' || HasEnded(process); });
}

}  // namespace

std::vector<pid_t> ChildrenOf(pid_t parent) {
  const std::string list =
      ReadFile(absl::StrCat("/proc/", parent, "/task/", parent, "/children"));
  std::vector<pid_t> children;
  for (absl::string_view word : absl::StrSplit(list, ' ', absl::SkipEmpty())) {
    pid_t child = 0;
    if (absl::SimpleAtoi(word, &child)) children.push_back(child);
  }
  return children;
}

void FreezeFamily(pid_t parent) {
  FreezeOne(parent);
  for (pid_t child : ChildrenOf(parent)) FreezeOne(child);
}

void WakeFamily(pid_t parent) {
  for (pid_t child : ChildrenOf(parent)) kill(child, SIGCONT);
  kill(parent, SIGCONT);
}

void AwaitEnds(const std::vector<pid_t>& processes, absl::Duration limit) {
  const auto all_ended = [&] {
    return std::all_of(processes.begin(), processes.end(), HasEnded);
  };
  if (Await(limit, all_ended)) return;
  for (pid_t process : processes) {
    if (!HasEnded(process)) kill(process, SIGKILL);
  }
  Await(limit, all_ended);
}

}  // namespace sluice::testing
