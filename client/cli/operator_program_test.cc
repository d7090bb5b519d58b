#include "client/cli/operator_program.h"

#include "gtest/gtest.h"

namespace sluice::cli {
namespace {

TEST(OperatorProgramTest, HasTheCommandsThatNeedNoGateway) {
  for (const char* name : {"keys", "policy", "audit"}) {
    EXPECT_TRUE(IsOperatorCommand(name)) << name;
  }
  for (const char* name : {"", "query", "token", "keys "}) {
    EXPECT_FALSE(IsOperatorCommand(name)) << name;
  }
}

}  // namespace
}  // namespace sluice::cli
