// The Tokens service: what a token is good for, for how long, and for whom.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "tests/support/await.h"
#include "tests/support/call_error.h"
#include "tests/support/child_process.h"
#include "tests/support/file.h"
#include "tests/support/stack_test.h"
#include "tests/support/temp_dir.h"

namespace sluice::testing {
namespace {

using ::google::protobuf::Timestamp;
using ::grpc::StatusCode;
using ::testing::ElementsAre;
using ::testing::SizeIs;

constexpr absl::Duration kLimit = absl::Seconds(30);
// What precedes the 32 bytes of an Ed25519 key in a SubjectPublicKeyInfo
// (RFC 8410).
constexpr char kKeyInfoHex[] = "302a300506032b6570032100";

absl::Time TimeOf(const Timestamp& time) {
  return absl::FromUnixSeconds(time.seconds()) +
         absl::Nanoseconds(time.nanos());
}

std::string Unescape(const std::string& base64url) {
  std::string bytes;
  EXPECT_TRUE(absl::WebSafeBase64Unescape(base64url, &bytes)) << base64url;
  return bytes;
}

// One part of a JSON Web Signature, 0 being its header.
nlohmann::json PartOf(const std::string& token, size_t part) {
  const std::vector<std::string> parts = absl::StrSplit(token, '.');
  return nlohmann::json::parse(Unescape(parts.at(part)));
}

v1::IssueTokenRequest RequestOf(absl::Duration ttl,
                                const std::vector<std::string>& scopes = {}) {
  v1::IssueTokenRequest request;
  request.mutable_ttl()->set_seconds(absl::ToInt64Seconds(ttl));
  request.mutable_ttl()->set_nanos(static_cast<int32_t>(
      absl::ToInt64Nanoseconds(ttl - absl::Trunc(ttl, absl::Seconds(1)))));
  for (const std::string& scope : scopes) request.add_scopes(scope);
  return request;
}

v1::IssueTokenRequest RequestOf(const std::vector<std::string>& scopes) {
  v1::IssueTokenRequest request;
  for (const std::string& scope : scopes) request.add_scopes(scope);
  return request;
}

class TokensTest : public StackTest<TokensTest> {
 protected:
  static ClientOptions OptionsOf(const std::string& certificate) {
    return stack().client_options(certificate, stack().gateway().port());
  }
  static GatewayClient ClientOf(const std::string& certificate) {
    return GatewayClient(OptionsOf(certificate));
  }
  // Sends that token, whatever its certificate.
  static GatewayClient ClientWith(const std::string& token,
                                  const std::string& certificate = "app") {
    ClientOptions options = OptionsOf(certificate);
    options.authorization = {absl::StrCat("Bearer ", token)};
    return GatewayClient(options);
  }

  static std::string TokenOf(const std::string& certificate,
                             const v1::IssueTokenRequest& request =
                                 RequestOf(std::vector<std::string>())) {
    const auto issued = ClientOf(certificate).IssueToken(request);
    EXPECT_THAT(issued.status, IsOk());
    return issued.response.token();
  }

  static Outcome<v1::RenewTokenResponse> Renew(GatewayClient& client) {
    grpc::ClientContext context;
    SetDeadline(context, kLimit);
    Outcome<v1::RenewTokenResponse> renewed;
    renewed.status =
        client.tokens().RenewToken(&context, {}, &renewed.response);
    return renewed;
  }

  static v1::IntrospectTokenResponse Introspect(GatewayClient& client,
                                                const std::string& token) {
    grpc::ClientContext context;
    SetDeadline(context, kLimit);
    v1::IntrospectTokenRequest request;
    request.set_token(token);
    v1::IntrospectTokenResponse response;
    EXPECT_THAT(client.tokens().IntrospectToken(&context, request, &response),
                IsOk());
    return response;
  }

  static v1::GetSigningKeysResponse SigningKeys() {
    GatewayClient client = ClientOf("app");
    grpc::ClientContext context;
    SetDeadline(context, kLimit);
    v1::GetSigningKeysResponse keys;
    EXPECT_THAT(client.tokens().GetSigningKeys(&context, {}, &keys), IsOk());
    return keys;
  }
};

MATCHER(IsRefusedToken, "") {
  return ::testing::ExplainMatchResult(
      FailsWith(StatusCode::UNAUTHENTICATED, v1::ERROR_REASON_TOKEN_INVALID),
      arg, result_listener);
}

MATCHER(IsInvalidRequest, "") {
  return ::testing::ExplainMatchResult(
      FailsWith(StatusCode::INVALID_ARGUMENT, v1::ERROR_REASON_INVALID_REQUEST),
      arg, result_listener);
}

TEST_F(TokensTest, ATokenIsGoodForCallsUntilItEnds) {
  const auto issued = ClientOf("app").IssueToken(RequestOf(absl::Seconds(1)));
  ASSERT_THAT(issued.status, IsOk());
  GatewayClient client = ClientWith(issued.response.token());
  EXPECT_THAT(client.Query("SELECT 1").status, IsOk());
  grpc::Status refused;
  EXPECT_TRUE(Await(kLimit, [&] {
    refused = client.Query("SELECT 1").status;
    return !refused.ok();
  }));
  EXPECT_THAT(refused, IsRefusedToken());
  EXPECT_GE(absl::Now(), TimeOf(issued.response.expire_time()));
}

TEST_F(TokensTest, TellsWhenToRenewAndWhenATokenEnds) {
  const absl::Time before = absl::Now() - absl::Seconds(1);
  const auto issued = ClientOf("app").IssueToken(RequestOf(absl::Seconds(300)));
  ASSERT_THAT(issued.status, IsOk());
  const absl::Time end = TimeOf(issued.response.expire_time());
  EXPECT_GE(end, before + absl::Seconds(300));
  EXPECT_LE(end, absl::Now() + absl::Seconds(300));
  EXPECT_EQ(end - TimeOf(issued.response.renew_time()), absl::Seconds(100));
}

TEST_F(TokensTest, ATokenLastsTenMinutesUnlessItIsAskedForOtherwise) {
  const nlohmann::json claims = PartOf(TokenOf("app"), 1);
  EXPECT_EQ(claims["exp"].get<int64_t>() - claims["iat"].get<int64_t>(), 600);
}

TEST_F(TokensTest, ALongerTimeIsCutAndTooShortAOneRefused) {
  const nlohmann::json claims =
      PartOf(TokenOf("app", RequestOf(absl::Hours(24 * 365 * 1000))), 1);
  EXPECT_EQ(claims["exp"].get<int64_t>() - claims["iat"].get<int64_t>(), 900);
  GatewayClient client = ClientOf("app");
  for (const absl::Duration ttl :
       {absl::ZeroDuration(), absl::Milliseconds(999), -absl::Seconds(5)}) {
    EXPECT_THAT(client.IssueToken(RequestOf(ttl)).status, IsInvalidRequest())
        << ttl;
  }
}

TEST_F(TokensTest, ATokenSaysWhoCallsAndNotWhatTheyMay) {
  const std::string token = TokenOf("app");
  const nlohmann::json header = PartOf(token, 0);
  EXPECT_EQ(header["alg"], "EdDSA");
  EXPECT_EQ(header["typ"], "at+jwt");
  const nlohmann::json claims = PartOf(token, 1);
  EXPECT_EQ(claims["iss"], "sluice");
  EXPECT_EQ(claims["aud"], "sluice");
  EXPECT_EQ(claims["sub"], "spiffe://sluice.test/app/app");
  EXPECT_EQ(claims["client_id"], "app");
  EXPECT_EQ(claims["auth_time"], claims["iat"]);
  EXPECT_FALSE(claims.contains("scp"));
}

TEST_F(TokensTest, ScopesAreValidated) {
  GatewayClient client = ClientOf("app");
  for (const char* scope :
       {"", "reads", "READ", "database:", " read", "database", "*"}) {
    EXPECT_THAT(client.IssueToken(RequestOf({"read", scope})).status,
                IsInvalidRequest())
        << scope;
  }
  EXPECT_THAT(
      client.IssueToken(RequestOf(std::vector<std::string>(65, "read"))).status,
      IsInvalidRequest());
  EXPECT_THAT(client
                  .IssueToken(RequestOf(
                      {absl::StrCat("database:", std::string(64, 'x'))}))
                  .status,
              IsInvalidRequest());
}

TEST_F(TokensTest, AScopeNarrowsTheDatabases) {
  ClientOptions options = OptionsOf("app");
  options.scopes = {"database:app"};
  EXPECT_THAT(GatewayClient(options).Query("SELECT 1").status, IsOk());
  options.scopes = {"database:spare"};
  EXPECT_THAT(
      GatewayClient(options).Query("SELECT 1").status,
      FailsWith(StatusCode::NOT_FOUND, v1::ERROR_REASON_UNKNOWN_DATABASE));
}

TEST_F(TokensTest, ASuccessorKeepsScopesAndTheTimeOfTheProof) {
  const std::string first = TokenOf("app", RequestOf({"read", "database:app"}));
  // Another second begins.
  absl::Time issued =
      absl::FromUnixSeconds(PartOf(first, 1)["iat"].get<int64_t>());
  ASSERT_TRUE(
      Await(kLimit, [&] { return absl::Now() >= issued + absl::Seconds(1); }));
  GatewayClient client = ClientWith(first);
  const auto renewed = Renew(client);
  ASSERT_THAT(renewed.status, IsOk());
  const nlohmann::json before = PartOf(first, 1);
  const nlohmann::json after = PartOf(renewed.response.token(), 1);
  EXPECT_EQ(after["scp"], before["scp"]);
  EXPECT_EQ(after["auth_time"], before["auth_time"]);
  EXPECT_GT(after["iat"].get<int64_t>(), before["iat"].get<int64_t>());
  EXPECT_NE(after["jti"], before["jti"]);
  // Both are good.
  EXPECT_THAT(ClientWith(renewed.response.token()).Query("SELECT 1").status,
              IsOk());
  EXPECT_THAT(client.Query("SELECT 1").status, IsOk());
}

TEST_F(TokensTest, RenewalEndsWithTheSession) {
  auto gateway = stack().StartGateway(
      {{"tokens.max_session", "4s"}, {"tokens.clock_skew", "0s"}});
  ASSERT_TRUE(gateway.ok()) << gateway.status();
  ClientOptions options = stack().client_options("app", (*gateway)->port());
  GatewayClient issuing(options);
  const auto issued = issuing.IssueToken();
  ASSERT_THAT(issued.status, IsOk());
  const nlohmann::json claims = PartOf(issued.response.token(), 1);
  EXPECT_EQ(claims["exp"].get<int64_t>() - claims["auth_time"].get<int64_t>(),
            4);
  options.authorization = {absl::StrCat("Bearer ", issued.response.token())};
  GatewayClient client(options);
  grpc::Status refused;
  EXPECT_TRUE(Await(kLimit, [&] {
    const auto renewed = Renew(client);
    refused = renewed.status;
    if (!refused.ok()) return true;
    const nlohmann::json successor = PartOf(renewed.response.token(), 1);
    EXPECT_LE(successor["exp"].get<int64_t>(),
              claims["auth_time"].get<int64_t>() + 4);
    return false;
  }));
  EXPECT_THAT(refused, IsRefusedToken());
}

TEST_F(TokensTest, ATokenOfAnotherAppIsRefused) {
  const std::string token = TokenOf("app");
  EXPECT_THAT(ClientWith(token).Query("SELECT 1").status, IsOk());
  EXPECT_THAT(ClientWith(token, "spare").GetCapabilities().status,
              IsRefusedToken());
}

TEST_F(TokensTest, ATokenOfAnotherCertificateOfTheAppIsRefused) {
  ASSERT_TRUE(stack()
                  .certificates()
                  .MakeClient("ca", "app-2", "spiffe://sluice.test/app/app")
                  .ok());
  const std::string first = TokenOf("app");
  const std::string second = TokenOf("app-2");
  EXPECT_THAT(ClientWith(first).Query("SELECT 1").status, IsOk());
  EXPECT_THAT(ClientWith(second, "app-2").Query("SELECT 1").status, IsOk());
  EXPECT_THAT(ClientWith(first, "app-2").Query("SELECT 1").status,
              IsRefusedToken());
  EXPECT_THAT(ClientWith(second).Query("SELECT 1").status, IsRefusedToken());
}

TEST_F(TokensTest, AnotherInstanceWithTheSameKeysTakesTheToken) {
  auto gateway = stack().StartGateway({});
  ASSERT_TRUE(gateway.ok()) << gateway.status();
  ClientOptions options = stack().client_options("app", (*gateway)->port());
  options.authorization = {absl::StrCat("Bearer ", TokenOf("app"))};
  EXPECT_THAT(GatewayClient(options).Query("SELECT 1").status, IsOk());
}

TEST_F(TokensTest, AnotherAudienceOrIssuerRefusesTheToken) {
  const std::string token = TokenOf("app");
  for (const char* setting : {"tokens.audience", "tokens.issuer"}) {
    auto gateway = stack().StartGateway({{setting, "other"}});
    ASSERT_TRUE(gateway.ok()) << gateway.status();
    ClientOptions options = stack().client_options("app", (*gateway)->port());
    EXPECT_THAT(GatewayClient(options).Query("SELECT 1").status, IsOk());
    options.authorization = {absl::StrCat("Bearer ", token)};
    EXPECT_THAT(GatewayClient(options).Query("SELECT 1").status,
                IsRefusedToken())
        << setting;
  }
}

TEST_F(TokensTest, IntrospectionTellsAnAppOfItsOwnTokensAlone) {
  const std::string token = TokenOf("app", RequestOf({"read"}));
  const nlohmann::json claims = PartOf(token, 1);
  GatewayClient app = ClientOf("app");
  const v1::IntrospectTokenResponse told = Introspect(app, token);
  EXPECT_TRUE(told.active());
  EXPECT_EQ(told.app(), "app");
  EXPECT_EQ(told.subject(), claims["sub"]);
  EXPECT_EQ(told.token_id(), claims["jti"]);
  EXPECT_THAT(told.scopes(), ElementsAre("read"));
  EXPECT_EQ(told.issue_time().seconds(), claims["iat"]);
  EXPECT_EQ(told.expire_time().seconds(), claims["exp"]);
  EXPECT_EQ(told.authentication_time().seconds(), claims["auth_time"]);
  EXPECT_EQ(told.certificate_thumbprint(), claims["cnf"]["x5t#S256"]);
  EXPECT_EQ(told.key_id(), PartOf(token, 0)["kid"]);
  // Of its own call.
  EXPECT_EQ(Introspect(app, "").app(), "app");

  GatewayClient spare = ClientOf("spare");
  for (const std::string& other : {token, std::string("x")}) {
    const v1::IntrospectTokenResponse nothing = Introspect(spare, other);
    EXPECT_FALSE(nothing.active());
    EXPECT_EQ(nothing.ByteSizeLong(), 0);
  }
}

TEST_F(TokensTest, RevocationNeedsAControlDatabase) {
  GatewayClient client = ClientOf("app");
  grpc::ClientContext context;
  v1::RevokeTokenResponse response;
  EXPECT_THAT(client.tokens().RevokeToken(&context, {}, &response),
              FailsWith(StatusCode::FAILED_PRECONDITION,
                        v1::ERROR_REASON_REVOCATION_UNAVAILABLE));
  grpc::ClientContext another;
  v1::RevokeTokenRequest of_spare;
  of_spare.set_token(TokenOf("spare"));
  EXPECT_THAT(client.tokens().RevokeToken(&another, of_spare, &response),
              IsInvalidRequest());
}

// By the openssl program, with nothing but the published key.
TEST_F(TokensTest, ThePublishedKeyVerifiesTheSignature) {
  const v1::GetSigningKeysResponse keys = SigningKeys();
  ASSERT_THAT(keys.keys(), SizeIs(1));
  const v1::JsonWebKey& key = keys.keys(0);
  EXPECT_EQ(key.kty(), "OKP");
  EXPECT_EQ(key.crv(), "Ed25519");
  EXPECT_EQ(key.use(), "sig");
  EXPECT_EQ(key.alg(), "EdDSA");
  const std::string token = TokenOf("app");
  EXPECT_EQ(PartOf(token, 0)["kid"], key.kid());

  absl::StatusOr<TempDir> folder = TempDir::Make();
  ASSERT_TRUE(folder.ok());
  const size_t dot = token.rfind('.');
  const auto verify = [&](const std::string& text) {
    EXPECT_TRUE(WriteFile(folder->Path("text"), text, 0600).ok());
    EXPECT_TRUE(
        WriteFile(folder->Path("key"),
                  absl::HexStringToBytes(kKeyInfoHex) + Unescape(key.x()), 0600)
            .ok());
    EXPECT_TRUE(WriteFile(folder->Path("signature"),
                          Unescape(token.substr(dot + 1)), 0600)
                    .ok());
    ChildCommand command;
    command.arguments = {"/usr/bin/openssl",
                         "pkeyutl",
                         "-verify",
                         "-pubin",
                         "-keyform",
                         "DER",
                         "-inkey",
                         folder->Path("key"),
                         "-rawin",
                         "-in",
                         folder->Path("text"),
                         "-sigfile",
                         folder->Path("signature")};
    return RunCommand(command).ok();
  };
  EXPECT_TRUE(verify(token.substr(0, dot)));
  EXPECT_FALSE(verify(token.substr(0, dot - 1)));
}

TEST_F(TokensTest, IssueCountsAmongTheCallsOfTheApp) {
  GatewayOptions options = stack().gateway_options();
  options.policy = RenderPolicy(options.apps) +
                   "  - name: slow\n"
                   "    spiffe_ids: [spiffe://sluice.test/app/slow]\n"
                   "    limits: {max_calls_per_second: 0.01, burst_calls: 2}\n";
  ASSERT_TRUE(stack()
                  .certificates()
                  .MakeClient("ca", "slow", "spiffe://sluice.test/app/slow")
                  .ok());
  auto gateway = GatewayProcess::Start(options);
  ASSERT_TRUE(gateway.ok()) << gateway.status();
  GatewayClient client(stack().client_options("slow", (*gateway)->port()));
  EXPECT_THAT(client.IssueToken().status, IsOk());
  EXPECT_THAT(client.IssueToken().status, IsOk());
  const grpc::Status refused = client.IssueToken().status;
  EXPECT_THAT(refused, FailsWith(StatusCode::RESOURCE_EXHAUSTED,
                                 v1::ERROR_REASON_RATE_LIMIT));
  EXPECT_TRUE(CallError::Of(refused).retry.has_value());
}

TEST_F(TokensTest, TheServerDoesNotStartWithoutAnActiveKey) {
  absl::StatusOr<TempDir> empty = TempDir::Make();
  ASSERT_TRUE(empty.ok());
  GatewayOptions options = stack().gateway_options();
  for (const auto& [folder, fault] :
       Settings{{empty->path(), "no signing key is active"},
                {"\"\"", "tokens.key_folder: required"}}) {
    options.signing_keys = folder;
    const auto gateway = GatewayProcess::Start(options);
    EXPECT_FALSE(gateway.ok());
    EXPECT_THAT(std::string(gateway.status().message()),
                ::testing::HasSubstr(fault));
  }
}

TEST_F(TokensTest, NoTokenIsInTheLog) {
  const std::string token = TokenOf("app");
  ClientWith(token).Query("SELECT 1");
  ClientWith(absl::StrCat(token, "x")).Query("SELECT 1");
  const std::string signature = token.substr(token.rfind('.') + 1);
  EXPECT_THAT(stack().gateway().ReadLog(),
              ::testing::Not(::testing::HasSubstr(signature)));
  EXPECT_THAT(stack().gateway().ReadLog(),
              ::testing::HasSubstr("call_refused"));
}

}  // namespace
}  // namespace sluice::testing
