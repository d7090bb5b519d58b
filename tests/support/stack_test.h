// StackTest: tests that share one stack.

#ifndef SLUICE_TESTS_SUPPORT_STACK_TEST_H_
#define SLUICE_TESTS_SUPPORT_STACK_TEST_H_

#include <gtest/gtest.h>

#include <memory>

#include "absl/status/statusor.h"
#include "tests/support/test_stack.h"

namespace sluice::testing {

// `Suite` is the fixture itself, and has a static `Options()`.
template <typename Suite>
class StackTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    absl::StatusOr<std::unique_ptr<TestStack>> stack =
        TestStack::Start(Suite::Options());
    ASSERT_TRUE(stack.ok()) << stack.status();
    stack_ = *std::move(stack);
  }
  static void TearDownTestSuite() { stack_.reset(); }

  static StackOptions Options() { return {}; }
  static TestStack& stack() { return *stack_; }

 private:
  static inline std::unique_ptr<TestStack> stack_;
};

}  // namespace sluice::testing

#endif  // SLUICE_TESTS_SUPPORT_STACK_TEST_H_
