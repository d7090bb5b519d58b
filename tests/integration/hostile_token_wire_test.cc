// Hostile tokens over the wire: each is refused with the one answer, after its
// valid twin has passed, and the server goes on serving.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "server/identity/base64url.h"
#include "server/identity/peer_certificate.h"
#include "server/identity/signing_keys.h"
#include "server/identity/test_hostile_tokens.h"
#include "tests/support/call_error.h"
#include "tests/support/file.h"
#include "tests/support/stack_test.h"

namespace sluice::testing {
namespace {

using identity::ForgedToken;
using identity::TokenForge;

// What gRPC's clients send in metadata; one that is told to send another
// character ends. Spaces around a field's value are no part of it (RFC 9110,
// section 5.5), and what is empty is no token.
bool IsSendable(const std::string& token) {
  return !token.empty() && token.front() != ' ' && token.back() != ' ' &&
         std::all_of(token.begin(), token.end(),
                     [](char c) { return c >= ' ' && c <= '~'; });
}

// A forge without a gateway, to see what tokens look like.
TokenForge MakeForge(identity::SigningKey key, std::string thumbprint,
                     std::string subject) {
  const absl::Time now =
      absl::FromUnixSeconds(absl::ToUnixSeconds(absl::Now()));
  identity::TokenProfile profile;
  profile.issuer = "the-issuer";
  profile.audience = "the-audience";
  identity::TokenClaims claims;
  claims.subject = std::move(subject);
  claims.app = "app";
  claims.token_id = identity::EncodeBase64Url("0123456789abcdef");
  claims.scopes = {"read", "database:demo"};
  claims.issue_time = now;
  claims.expire_time = now + absl::Minutes(10);
  claims.authentication_time = now - absl::Hours(1);
  claims.thumbprint = std::move(thumbprint);
  return TokenForge(std::move(profile), std::move(key), std::move(claims));
}

std::vector<ForgedToken> SendableTokens() {
  const TokenForge forge = MakeForge(
      identity::SigningKey::Generate(),
      identity::EncodeBase64Url(std::string(32, 'a')), "spiffe://x/y");
  std::vector<ForgedToken> tokens = identity::HostileTokens();
  tokens.erase(std::remove_if(tokens.begin(), tokens.end(),
                              [&](const ForgedToken& token) {
                                return !IsSendable(token.make(forge));
                              }),
               tokens.end());
  return tokens;
}

class HostileTokenWireTest : public StackTest<HostileTokenWireTest> {
 protected:
  friend class StackTest<HostileTokenWireTest>;

  static StackOptions Options() {
    StackOptions options;
    options.gateway = {{"tokens.issuer", "the-issuer"},
                       {"tokens.audience", "the-audience"},
                       // All come over connections of one client.
                       {"listener.max_invalid_tokens", "1000000"}};
    return options;
  }

  // Has the gateway's own key, and the certificate that the tokens are bound
  // to.
  static TokenForge Forge() {
    const auto certificate = identity::ReadPeerCertificate(
        ReadFile(stack().certificates().CertificatePath("app")),
        TestStack::kTrustDomain, identity::CommonNames::kRefused);
    const auto keys =
        identity::SigningKeys::Load(stack().gateway_options().signing_keys);
    return MakeForge((*keys)->active(), certificate->thumbprint,
                     certificate->identity);
  }

  static grpc::Status Call(const std::string& token) {
    ClientOptions options =
        stack().client_options("app", stack().gateway().port());
    options.authorization = {absl::StrCat("Bearer ", token)};
    return GatewayClient(options).GetCapabilities().status;
  }

  // The one answer.
  static void ExpectRefused(const std::string& token) {
    const grpc::Status status = Call(token);
    EXPECT_THAT(status, FailsWith(grpc::StatusCode::UNAUTHENTICATED,
                                  v1::ERROR_REASON_TOKEN_INVALID));
    static const std::string refusal = Call("no-token").error_message();
    EXPECT_EQ(status.error_message(), refusal);
  }
};

TEST_F(HostileTokenWireTest, EachOfTheTableIsRefused) {
  const std::vector<ForgedToken> table = SendableTokens();
  // Of the others unit tests tell.
  EXPECT_GT(table.size() + 20, identity::HostileTokens().size());
  for (const ForgedToken& hostile : table) {
    SCOPED_TRACE(hostile.name);
    const TokenForge forge = Forge();
    const std::string token = hostile.make(forge);
    ASSERT_THAT(Call(forge.Valid()), IsOk());
    ExpectRefused(token);
    ASSERT_THAT(Call(forge.Valid()), IsOk());
  }
}

TEST_F(HostileTokenWireTest, WhatStandsJustWithinTheLimitsIsNot) {
  for (const ForgedToken& borderline : identity::BorderlineTokens()) {
    SCOPED_TRACE(borderline.name);
    const grpc::Status status = Call(borderline.make(Forge()));
    // An app or scopes that the policy does not know are for it to refuse.
    if (borderline.name == "ALongApp" || borderline.name == "ALongScope" ||
        borderline.name == "ManyScopes") {
      continue;
    }
    EXPECT_THAT(status, IsOk());
  }
}

TEST_F(HostileTokenWireTest, AByteChangedAnywhereIsRefused) {
  const uint32_t seed = std::random_device()();
  SCOPED_TRACE(absl::StrCat("seed ", seed));
  std::mt19937 random(seed);
  const std::string token = Forge().Valid();
  ASSERT_THAT(Call(token), IsOk());
  for (size_t i = 0; i < token.size(); ++i) {
    std::string changed = token;
    do {
      changed[i] = static_cast<char>('!' + (random() % ('~' - '!' + 1)));
    } while (changed == token);
    SCOPED_TRACE(absl::StrCat("at ", i, ": ", changed));
    ExpectRefused(changed);
  }
  EXPECT_THAT(Call(token), IsOk());
}

}  // namespace
}  // namespace sluice::testing
