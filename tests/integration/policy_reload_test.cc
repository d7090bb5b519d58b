// A policy file that changes while the gateway runs.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "tests/support/await.h"
#include "tests/support/call_error.h"
#include "tests/support/stack_test.h"

namespace sluice::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using Code = grpc::StatusCode;

// A look a second, and what a busy machine takes.
constexpr absl::Duration kReloadLimit = absl::Seconds(3);

class PolicyReloadTest : public StackTest<PolicyReloadTest> {
 protected:
  friend class StackTest<PolicyReloadTest>;

  static StackOptions Options() { return {}; }

  void SetUp() override {
    options_ = stack().gateway_options();
    absl::StatusOr<std::unique_ptr<GatewayProcess>> gateway =
        GatewayProcess::Start(options_);
    ASSERT_TRUE(gateway.ok()) << gateway.status();
    gateway_ = *std::move(gateway);
  }

  void Replace(const std::string& policy) {
    const absl::Status status = gateway_->ReplacePolicy(policy);
    ASSERT_TRUE(status.ok()) << status;
  }

  GatewayClient ClientOf(const std::string& certificate) {
    return GatewayClient(stack().client_options(certificate, gateway_->port()));
  }

  // Shows that token, whatever its certificate.
  GatewayClient ClientWith(const std::string& token) {
    ClientOptions options = stack().client_options("app", gateway_->port());
    options.authorization = {absl::StrCat("Bearer ", token)};
    return GatewayClient(options);
  }

  // Whether an app is told anything of a token.
  bool IsKnown(const std::string& certificate, const std::string& token) {
    GatewayClient client = ClientOf(certificate);
    grpc::ClientContext context;
    SetDeadline(context, GatewayClient::kDeadline);
    v1::IntrospectTokenRequest request;
    request.set_token(token);
    v1::IntrospectTokenResponse response;
    EXPECT_THAT(client.tokens().IntrospectToken(&context, request, &response),
                IsOk());
    return response.active();
  }

  // The policy that the gateway has started with.
  std::string Original() { return RenderPolicy(options_.apps); }

  bool AwaitLog(const std::string& text) {
    return Await(kReloadLimit, [&] {
      return gateway_->ReadLog().find(text) != std::string::npos;
    });
  }

  GatewayOptions options_;
  std::unique_ptr<GatewayProcess> gateway_;
};

TEST_F(PolicyReloadTest, AGrantThatIsTakenAwayIsGoneAndComesBack) {
  GatewayClient client = ClientOf("app");
  ASSERT_THAT(client.Query("SELECT 1").status, IsOk());
  Replace(absl::StrCat("apps:\n  - name: app\n    spiffe_ids: [",
                       options_.apps[0].spiffe_id, "]\n"));
  EXPECT_TRUE(Await(kReloadLimit,
                    [&] { return !client.Query("SELECT 1").status.ok(); }));
  EXPECT_THAT(client.Query("SELECT 1").status,
              FailsWith(Code::NOT_FOUND, v1::ERROR_REASON_UNKNOWN_DATABASE));
  EXPECT_EQ(client.GetCapabilities().response.databases_size(), 0);
  Replace(Original());
  EXPECT_TRUE(Await(kReloadLimit,
                    [&] { return client.Query("SELECT 1").status.ok(); }));
}

TEST_F(PolicyReloadTest, AnAppThatIsAddedMayCall) {
  GatewayClient stranger = ClientOf("stranger");
  ASSERT_THAT(
      stranger.GetCapabilities().status,
      FailsWith(Code::PERMISSION_DENIED, v1::ERROR_REASON_APP_NOT_ALLOWED));
  Replace(absl::StrCat(Original(), "  - name: stranger\n    spiffe_ids: [",
                       absl::StrReplaceAll(options_.apps[0].spiffe_id,
                                           {{"/app/app", "/app/stranger"}}),
                       "]\n"));
  EXPECT_TRUE(Await(kReloadLimit,
                    [&] { return stranger.GetCapabilities().status.ok(); }));
  EXPECT_EQ(stranger.GetCapabilities().response.app(), "stranger");
}

TEST_F(PolicyReloadTest, ATokenIsOfNoUseOnceItsIdentityIsAnotherApps) {
  const std::string token = ClientOf("app").IssueToken().response.token();
  GatewayClient client = ClientWith(token);
  ASSERT_THAT(client.Query("SELECT 1").status, IsOk());
  Replace(
      absl::StrReplaceAll(Original(), {{"name: app\n", "name: renamed\n"}}));
  EXPECT_TRUE(Await(kReloadLimit,
                    [&] { return !client.Query("SELECT 1").status.ok(); }));
  EXPECT_THAT(client.Query("SELECT 1").status,
              FailsWith(Code::UNAUTHENTICATED, v1::ERROR_REASON_TOKEN_INVALID));
  EXPECT_THAT(ClientOf("app").Query("SELECT 1").status, IsOk());
}

TEST_F(PolicyReloadTest, NobodyIsToldOfTokensOfAnIdentityThatIsAnotherApps) {
  // Two identities of one app, then of two.
  const std::string shared = absl::StrCat(
      "apps:\n  - name: app\n    spiffe_ids: [", options_.apps[0].spiffe_id,
      ", ", options_.apps[1].spiffe_id, "]\n");
  Replace(shared);
  EXPECT_TRUE(Await(kReloadLimit, [&] {
    return ClientOf("spare").GetCapabilities().response.app() == "app";
  }));
  const std::string token = ClientOf("spare").IssueToken().response.token();
  EXPECT_TRUE(IsKnown("app", token));
  Replace(Original());
  EXPECT_TRUE(Await(kReloadLimit, [&] {
    return ClientOf("spare").GetCapabilities().response.app() == "spare";
  }));
  EXPECT_FALSE(IsKnown("app", token));
  // Nor the other, since the token is of the app that it was.
  EXPECT_FALSE(IsKnown("spare", token));
}

TEST_F(PolicyReloadTest, ABrokenFileIsRefusedAndTheLastGoodOneStays) {
  GatewayClient client = ClientOf("app");
  ASSERT_THAT(client.Query("SELECT 1").status, IsOk());
  // Without the app, and with a fault besides.
  Replace("apps:\n  - name: Other\n    colour: red\n");
  ASSERT_TRUE(AwaitLog("reload_refused")) << gateway_->ReadLog();
  const std::string log = gateway_->ReadLog();
  EXPECT_THAT(log, HasSubstr("apps[0].colour: unknown field (line 3)"));
  EXPECT_THAT(log, HasSubstr("apps[0].spiffe_ids: required (line 2)"));
  EXPECT_THAT(log, HasSubstr("\"part\":\"policy\""));
  EXPECT_THAT(client.Query("SELECT 1").status, IsOk());
  EXPECT_THAT(log, Not(HasSubstr("\"reloaded\"")));
  // What is right again is taken again.
  Replace(
      absl::StrReplaceAll(Original(), {{"name: app\n", "name: renamed\n"}}));
  // Tokens name the app, so a new name needs a new one.
  EXPECT_TRUE(Await(kReloadLimit, [&] {
    return ClientOf("app").GetCapabilities().response.app() == "renamed";
  }));
}

TEST_F(PolicyReloadTest, TheGatewayDoesNotStartWithABrokenPolicy) {
  GatewayOptions options = options_;
  options.policy = "apps: [{name: app, spiffe_ids: [app]}]";
  const absl::Status status = GatewayProcess::Start(options).status();
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("apps[0].spiffe_ids[0]: "));
}

}  // namespace
}  // namespace sluice::testing
