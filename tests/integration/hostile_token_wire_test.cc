// Hostile tokens over the wire: each is refused with the one answer, after its
// valid twin has passed, and the server goes on serving.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "server/identity/base64url.h"
#include "server/identity/peer_certificate.h"
#include "server/identity/signing_key_folder.h"
#include "server/identity/signing_keys.h"
#include "server/identity/test_hostile_tokens.h"
#include "server/identity/test_withdrawn_tokens.h"
#include "tests/support/await.h"
#include "tests/support/call_error.h"
#include "tests/support/file.h"
#include "tests/support/stack_test.h"
#include "tests/support/temp_dir.h"

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

// Each forge makes another token.
TokenForge MakeForge(identity::SigningKey key, std::string thumbprint,
                     std::string subject, std::string app = "app") {
  static int count = 0;
  const absl::Time now =
      absl::FromUnixSeconds(absl::ToUnixSeconds(absl::Now()));
  identity::TokenProfile profile;
  profile.issuer = "the-issuer";
  profile.audience = "the-audience";
  identity::TokenClaims claims;
  claims.subject = std::move(subject);
  claims.app = std::move(app);
  claims.token_id =
      identity::EncodeBase64Url(absl::StrFormat("%016d", ++count));
  claims.scopes = {"read", "database:demo"};
  claims.issue_time = now;
  claims.expire_time = now + absl::Minutes(10);
  claims.authentication_time = now - absl::Hours(1);
  claims.thumbprint = std::move(thumbprint);
  return TokenForge(std::move(profile), std::move(key), std::move(claims));
}

std::vector<ForgedToken> SendableTokens() {
  // Without a gateway: to see what they look like.
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

// What forged tokens are forged for.
Settings ForgedSettings() {
  return {{"tokens.issuer", "the-issuer"},
          {"tokens.audience", "the-audience"},
          // All come over connections of one client.
          {"listener.max_invalid_tokens", "1000000"}};
}

identity::PeerCertificate CertificateOf(TestStack& stack,
                                        const std::string& name) {
  return *identity::ReadPeerCertificate(
      ReadFile(stack.certificates().CertificatePath(name)),
      TestStack::kTrustDomain, identity::CommonNames::kRefused);
}

grpc::Status CallWith(const std::string& token, ClientOptions options) {
  options.authorization = {absl::StrCat("Bearer ", token)};
  return GatewayClient(options).GetCapabilities().status;
}

// The one answer.
MATCHER_P(IsRefusedAs, refusal, "") {
  return ::testing::ExplainMatchResult(
             FailsWith(grpc::StatusCode::UNAUTHENTICATED,
                       v1::ERROR_REASON_TOKEN_INVALID),
             arg, result_listener) &&
         arg.error_message() == refusal.error_message();
}

class HostileTokenWireTest : public StackTest<HostileTokenWireTest> {
 protected:
  friend class StackTest<HostileTokenWireTest>;

  static StackOptions Options() {
    StackOptions options;
    options.gateway = ForgedSettings();
    return options;
  }

  // Has the gateway's own key, and the certificate that the tokens are bound
  // to.
  static TokenForge Forge() {
    const identity::PeerCertificate certificate = CertificateOf(stack(), "app");
    const auto keys =
        identity::SigningKeys::Load(stack().gateway_options().signing_keys);
    return MakeForge((*keys)->active(), certificate.thumbprint,
                     certificate.identity);
  }

  static grpc::Status Call(const std::string& token) {
    return CallWith(token,
                    stack().client_options("app", stack().gateway().port()));
  }

  static void ExpectRefused(const std::string& token) {
    static const grpc::Status refusal = Call("no-token");
    EXPECT_THAT(Call(token), IsRefusedAs(refusal));
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

// A gateway with keys, a deny list and a control database of its own, and
// callers of it, each with an app, a certificate and a key of its own.
class WithdrawnTokenWireTest : public StackTest<WithdrawnTokenWireTest> {
 protected:
  friend class StackTest<WithdrawnTokenWireTest>;

  static constexpr int kMaxApps = 8;
  static constexpr absl::Duration kSoon = absl::Seconds(20);

  static StackOptions Options() {
    StackOptions options;
    options.control = ControlServers::kPrimary;
    return options;
  }

  void SetUp() override {
    const absl::Time now = absl::Now();
    for (int i = 0; i <= kMaxApps; ++i) {
      auto key = identity::GenerateSigningKey(KeyFolder(), now);
      ASSERT_TRUE(key.ok()) << key.status();
      keys_.push_back(*std::move(key));
    }
    ASSERT_TRUE(SetState(keys_[0], KeyState::kActive, now).ok());
    GatewayOptions options = stack().gateway_options();
    options.settings = Changed(options.settings, ForgedSettings());
    options.settings["revocation.deny_list_file"] = DenyList();
    options.signing_keys = KeyFolder();
    for (int i = 1; i <= kMaxApps; ++i) {
      options.apps.push_back({AppName(i), IdentityOf(i), {"app"}});
    }
    ASSERT_TRUE(WriteFile(DenyList(), "", 0600).ok());
    auto gateway = GatewayProcess::Start(options);
    ASSERT_TRUE(gateway.ok()) << gateway.status();
    gateway_ = *std::move(gateway);
  }

  using KeyState = identity::KeyState;

  // None is of another test too: what is revoked there stays revoked.
  std::string AppName(int number) const {
    return absl::StrCat("app-", first_app_ + number);
  }
  std::string IdentityOf(int number) const {
    return absl::StrCat("spiffe://", TestStack::kTrustDomain, "/app/",
                        AppName(number));
  }

  std::string KeyFolder() const { return folder_.Path("keys"); }
  std::string DenyList() const { return folder_.Path("deny-list"); }
  absl::Status SetState(const identity::SigningKeyFacts& key, KeyState state,
                        absl::Time since) const {
    return identity::SetSigningKeyState(KeyFolder(), key, state, since)
        .status();
  }

  // Of the next app.
  TokenForge NextForge() {
    const int number = ++apps_;
    EXPECT_TRUE(stack()
                    .certificates()
                    .MakeClient("ca", AppName(number), IdentityOf(number))
                    .ok());
    return ForgeOf(keys_[static_cast<size_t>(number)], AppName(number));
  }

  // Of an app by a key.
  TokenForge ForgeOf(const identity::SigningKeyFacts& facts,
                     const std::string& app) const {
    const identity::PeerCertificate certificate = CertificateOf(stack(), app);
    const auto keys = identity::ReadSigningKeys(KeyFolder());
    for (const identity::StoredKey& stored : *keys) {
      if (stored.facts.key_id != facts.key_id) continue;
      return MakeForge(stored.key, certificate.thumbprint, certificate.identity,
                       app);
    }
    ADD_FAILURE() << "no key " << facts.key_id;
    return MakeForge(identity::SigningKey::Generate(), "", "");
  }

  grpc::Status Call(const TokenForge& forge, const std::string& token) const {
    return CallWith(
        token, stack().client_options(forge.claims().app, gateway_->port()));
  }

  // Soon `token` is refused as what is no token, and others are not.
  void ExpectRefusedSoon(const TokenForge& forge,
                         const std::string& token) const {
    EXPECT_TRUE(Await(kSoon, [&] { return !Call(forge, token).ok(); }));
    EXPECT_THAT(Call(forge, token), IsRefusedAs(Call(forge, "no-token")));
    const TokenForge other = ForgeOf(keys_[0], "app");
    EXPECT_THAT(Call(other, other.Valid()), IsOk());
  }

  void ExpectEachRevokedIsRefused(
      const std::function<void(const identity::RevokedToken&,
                               const TokenForge&)>& revoke) {
    for (const identity::RevokedToken& revoked : identity::RevokedTokens()) {
      SCOPED_TRACE(revoked.name);
      const TokenForge forge = NextForge();
      ASSERT_THAT(Call(forge, forge.Valid()), IsOk());
      revoke(revoked, forge);
      ExpectRefusedSoon(forge, forge.Valid());
    }
  }

  // Retires the forge's key, after its token has been taken.
  void Retire(const identity::RetiredKeyToken& token, const TokenForge& forge,
              absl::Time retire_time) {
    ASSERT_THAT(Call(forge, forge.Valid()), IsOk()) << token.name;
    ASSERT_TRUE(SetState(keys_[static_cast<size_t>(apps_)], KeyState::kRetired,
                         retire_time)
                    .ok());
    ExpectRefusedSoon(forge, forge.Valid());
  }

  const TempDir folder_ = TempDir::Make().value();
  static inline int used_apps_ = 0;
  const int first_app_ = std::exchange(used_apps_, used_apps_ + kMaxApps);
  // The first is active, one more for each app.
  std::vector<identity::SigningKeyFacts> keys_;
  std::unique_ptr<GatewayProcess> gateway_;
  int apps_ = 0;
};

TEST_F(WithdrawnTokenWireTest, EachThatTheDenyListRevokesIsRefused) {
  std::string text;
  ExpectEachRevokedIsRefused(
      [&](const identity::RevokedToken& revoked, const TokenForge& forge) {
        absl::StrAppend(&text, revoked.kind, " ", revoked.value(forge));
        if (revoked.kind == "app") {
          absl::StrAppend(
              &text, " ",
              absl::FormatTime(absl::RFC3339_full, forge.claims().issue_time,
                               absl::UTCTimeZone()));
        }
        text += "\n";
        ASSERT_TRUE(WriteFile(DenyList(), text, 0600).ok());
      });
}

TEST_F(WithdrawnTokenWireTest, EachThatTheControlDatabaseRevokesIsRefused) {
  ClientOptions options = stack().client_options("admin", gateway_->port());
  options.scopes = {"admin"};
  GatewayClient admin(options);
  ExpectEachRevokedIsRefused([&](const identity::RevokedToken& revoked,
                                 const TokenForge& forge) {
    v1::RevokeTokensRequest request;
    const auto* field = request.GetDescriptor()->FindFieldByName(revoked.kind);
    ASSERT_NE(field, nullptr);
    request.GetReflection()->SetString(&request, field, revoked.value(forge));
    grpc::ClientContext context;
    SetDeadline(context, kSoon);
    v1::RevokeTokensResponse response;
    ASSERT_THAT(admin.admin().RevokeTokens(&context, request, &response),
                IsOk());
  });
}

TEST_F(WithdrawnTokenWireTest, EachOfARetiredKeyThatIsOutOfItsTimeIsRefused) {
  for (const identity::RetiredKeyToken& retired :
       identity::HostileTokensOfRetiredKeys()) {
    SCOPED_TRACE(retired.name);
    const TokenForge forge = NextForge();
    const absl::Time retire_time =
        forge.claims().issue_time - retired.retired_for;
    ASSERT_NO_FATAL_FAILURE(Retire(retired, forge, retire_time));
    ExpectRefusedSoon(forge, MakeToken(retired, forge, retire_time));
  }
}

TEST_F(WithdrawnTokenWireTest, WhatARetiredKeySignedInItsTimeIsTaken) {
  for (const identity::RetiredKeyToken& retired :
       identity::BorderlineTokensOfRetiredKeys()) {
    SCOPED_TRACE(retired.name);
    const TokenForge forge = NextForge();
    const absl::Time retire_time =
        forge.claims().issue_time - retired.retired_for;
    ASSERT_NO_FATAL_FAILURE(Retire(retired, forge, retire_time));
    EXPECT_THAT(Call(forge, MakeToken(retired, forge, retire_time)), IsOk());
  }
}

TEST_F(WithdrawnTokenWireTest, WhatADeletedKeySignedIsRefused) {
  const TokenForge forge = NextForge();
  ASSERT_THAT(Call(forge, forge.Valid()), IsOk());
  ASSERT_TRUE(identity::DeleteSigningKey(KeyFolder(), keys_[1]).ok());
  ExpectRefusedSoon(forge, forge.Valid());
}

}  // namespace
}  // namespace sluice::testing
