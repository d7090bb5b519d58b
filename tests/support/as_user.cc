#include "tests/support/as_user.h"

#include <gtest/gtest.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <thread>

namespace sluice::testing {
namespace {

// The system's calls are of a thread; the C library's change all threads.
bool Become(const UnixUser& user) {
  if (geteuid() == user.uid) return true;
  return syscall(SYS_setgroups, user.groups.size(), user.groups.data()) == 0 &&
         syscall(SYS_setresgid, user.gid, user.gid, user.gid) == 0 &&
         syscall(SYS_setresuid, user.uid, user.uid, user.uid) == 0;
}

}  // namespace

void RunAsUser(const UnixUser& user, const std::function<void()>& work) {
  std::thread([&] {
    ASSERT_TRUE(Become(user)) << user.name;
    work();
  }).join();
}

}  // namespace sluice::testing
