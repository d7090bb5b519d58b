// TokenCaller: a caller whose every call carries the token that the test
// chooses.

#ifndef SLUICE_TESTS_INTEGRATION_TOKEN_CALLER_H_
#define SLUICE_TESTS_INTEGRATION_TOKEN_CALLER_H_

#include <string>

#include "sluice/v1/admin.pb.h"
#include "sluice/v1/tokens.pb.h"
#include "tests/support/gateway_client.h"
#include "tests/support/gateway_process.h"
#include "tests/support/test_stack.h"

namespace sluice::testing {

// Calls of one certificate to one gateway, over one connection.
class TokenCaller {
 public:
  TokenCaller(const TestStack& stack, const GatewayProcess& gateway,
              const std::string& certificate = "app");

  // Of its app; the scopes of an admin where `scope` is "admin".
  Outcome<v1::IssueTokenResponse> Issue(const std::string& scope = "");
  // A failure of the test when it is refused.
  std::string TokenOf(const std::string& scope = "");

  // A successor to a token.
  Outcome<v1::RenewTokenResponse> Renew(const std::string& token);

  grpc::Status Query(const std::string& token,
                     const std::string& sql = "SELECT 1");
  grpc::Status Transact(const std::string& token, const std::string& sql);
  grpc::Status Stream(const std::string& token, const std::string& sql);

  grpc::Status RevokeToken(const std::string& token);
  Outcome<v1::RevokeTokensResponse> RevokeTokens(
      const std::string& token, const v1::RevokeTokensRequest& request);
  v1::IntrospectTokenResponse Introspect(const std::string& token);

 private:
  GatewayClient client_;
};

}  // namespace sluice::testing

#endif  // SLUICE_TESTS_INTEGRATION_TOKEN_CALLER_H_
