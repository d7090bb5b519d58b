// RunAsUser: part of a test as another unix user.

#ifndef SLUICE_TESTS_SUPPORT_AS_USER_H_
#define SLUICE_TESTS_SUPPORT_AS_USER_H_

#include <functional>

#include "tests/support/unix_user.h"

namespace sluice::testing {

// Runs `work` to its end in a thread that has become `user`, of whom only root
// can make it another; the other threads stay what they are.
void RunAsUser(const UnixUser& user, const std::function<void()>& work);

}  // namespace sluice::testing

#endif  // SLUICE_TESTS_SUPPORT_AS_USER_H_
