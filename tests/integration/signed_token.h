// SignToken: tokens that a gateway of the stack would not issue now.

#ifndef SLUICE_TESTS_INTEGRATION_SIGNED_TOKEN_H_
#define SLUICE_TESTS_INTEGRATION_SIGNED_TOKEN_H_

#include <functional>
#include <string>

#include "server/identity/token.h"
#include "tests/support/test_stack.h"

namespace sluice::testing {

// By the stack's own key, of the app and certificate of that name, issued now
// and for as long as it can be, unless `change` says otherwise. `stack` has the
// settings of tokens that are the default.
std::string SignToken(
    TestStack& stack, const std::string& app,
    const std::function<void(identity::TokenClaims&)>& change);

}  // namespace sluice::testing

#endif  // SLUICE_TESTS_INTEGRATION_SIGNED_TOKEN_H_
