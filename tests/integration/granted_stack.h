// GrantedTest: a gateway whose apps have different grants in one database.

#ifndef SLUICE_TESTS_INTEGRATION_GRANTED_STACK_H_
#define SLUICE_TESTS_INTEGRATION_GRANTED_STACK_H_

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "tests/support/call_error.h"
#include "tests/support/column_values.h"
#include "tests/support/stack_test.h"
#include "tests/support/transact_stream.h"
#include "tests/support/values.h"

namespace sluice::testing {

// Apps: `reader` reads as `ro`; `split` reads as `ro`, writes as `rw`, migrates
// as `owner`; `migrator` reads as `ro` and migrates as `owner`; `writer` writes
// as `rw` and nothing else; `tenant_a` and `tenant_b` read and write as roles
// called so, with a setting each; `limited` does all as `rw`, within limits;
// `single` may have one call in progress; `misled` and the rest have roles that
// the gateway does not serve with.
//
// Tables: `item (id int, maker text, tenant text)`, which `ro` reads, and `rw`
// and the tenants write; `secret (id int, owner text, tenant text)`, whose rows
// are visible by `session_user` and by the setting.
class GrantedTest : public StackTest<GrantedTest> {
 protected:
  friend class StackTest<GrantedTest>;
  using Code = grpc::StatusCode;

  static constexpr char kTenantB[] = "b'); DROP TABLE item; --";

  static std::string Policy(const std::string& tenant_a = "a");
  static StackOptions Options();
  static void SetUpTestSuite();
  void SetUp() override;

  // With tokens of these scopes.
  static GatewayClient As(const std::string& app,
                          const std::vector<std::string>& scopes = {});

  // What a statement gives that tells who runs it, or the reason why it fails.
  static std::string Query(GatewayClient& client, const std::string& sql);
  static std::string Query(const std::string& app, const std::string& sql);
  static std::string Execute(GatewayClient& client, const std::string& sql);
  static std::string Execute(const std::string& app, const std::string& sql);
  static std::string Stream(GatewayClient& client, const std::string& sql);
  static std::string Stream(const std::string& app, const std::string& sql);
  // "", or the reason why it fails.
  static std::string Describe(GatewayClient& client, const std::string& sql);
  // Of a transaction of these steps: what the last one gives.
  static std::string RunSteps(GatewayClient& client,
                              const std::vector<std::string>& steps);
  static std::string RunSteps(const std::string& app,
                              const std::vector<std::string>& steps);
  // Of an interactive transaction that has begun, or the reason why not.
  static std::string Begin(TransactStream& stream,
                           v1::TransactionAccess access);
  static std::string Ask(TransactStream& stream, const std::string& sql);
};

}  // namespace sluice::testing

#endif  // SLUICE_TESTS_INTEGRATION_GRANTED_STACK_H_
