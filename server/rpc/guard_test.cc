// What the guard says without a connection; the rest of it is tested over the
// wire.

#include "server/rpc/guard.h"

#include <memory>
#include <string>
#include <utility>

#include "gtest/gtest.h"
#include "server/base/error.h"
#include "server/rpc/test_policy.h"

namespace sluice::rpc {
namespace {

constexpr char kShop[] = "spiffe://sluice.test/app/shop";
constexpr char kPolicy[] = R"(apps:
  - name: shop
    spiffe_ids: [spiffe://sluice.test/app/shop]
    grants:
      - {database: app, role: ro, access: [read]}
    limits: {max_open_transactions: 1}
)";
constexpr char kPolicyWithoutGrants[] = R"(apps:
  - name: shop
    spiffe_ids: [spiffe://sluice.test/app/shop]
)";

class GuardTest : public ::testing::Test {
 protected:
  GuardTest() { Revoke({}); }

  void Revoke(identity::Revocations revocations) {
    revocations_.Set(
        std::make_shared<const identity::Revocations>(std::move(revocations)));
  }

  // One who was admitted under the policy in force, by a token of that id; null
  // for none.
  Caller Admitted(const char* token_id) const {
    auto certificate = std::make_shared<identity::PeerCertificate>();
    certificate->identity = kShop;
    std::shared_ptr<identity::TokenClaims> token;
    if (token_id != nullptr) {
      token = std::make_shared<identity::TokenClaims>();
      token->token_id = token_id;
    }
    const std::shared_ptr<const policy::Policy> policy = policy_.Get();
    return Caller(certificate, token,
                  policy::Permit(policy, *policy->FindApp(kShop), {}), {});
  }

  static void ExpectRevoked(const absl::Status& status) {
    EXPECT_EQ(status.code(), absl::StatusCode::kUnauthenticated);
    EXPECT_EQ(ReasonOf(status), v1::ERROR_REASON_TOKEN_INVALID);
    EXPECT_EQ(ErrorMetadataOf(status, "executed"), "no");
  }

  Snapshot<policy::Policy> policy_{MakePolicy(kPolicy)};
  Snapshot<identity::SigningKeys> keys_;
  Snapshot<identity::Revocations> revocations_;
  identity::PeerCertificates certificates_{"sluice.test",
                                           identity::CommonNames::kRefused};
  identity::TokenVerifier tokens_{{}, 8, keys_, revocations_};
  const RevocationFreshness freshness_{nullptr, {}};
  policy::AppUsage usage_;
  Guard guard_{
      {policy_, certificates_, tokens_, revocations_, freshness_, usage_}};
};

TEST_F(GuardTest, RefusesACallWithoutACertificate) {
  const grpc::ServerContext context;
  for (const Proof proof :
       {Proof::kCertificate, Proof::kToken, Proof::kAdminToken}) {
    const absl::Status status = guard_.Admit(context, proof).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kUnauthenticated);
    EXPECT_EQ(ReasonOf(status), v1::ERROR_REASON_IDENTITY_INVALID);
  }
  EXPECT_EQ(guard_.IdentityOf(context), "");
}

TEST_F(GuardTest, FindsATokenThatWasRevokedWhileItLooked) {
  const Caller caller = Admitted("one");
  EXPECT_TRUE(guard_.Recheck(caller, "app").ok());
  identity::Revocations revocations;
  revocations.AddToken("one");
  Revoke(std::move(revocations));
  ExpectRevoked(guard_.Recheck(caller, "app"));
  ExpectRevoked(guard_.Recheck(caller, ""));
  EXPECT_TRUE(guard_.Recheck(Admitted("another"), "app").ok());
  EXPECT_TRUE(guard_.Recheck(Admitted(nullptr), "app").ok());
}

TEST_F(GuardTest, FindsAGrantThatWasTakenAwayWhileItLooked) {
  const Caller caller = Admitted("one");
  policy_.Set(MakePolicy(kPolicyWithoutGrants));
  ExpectRevoked(guard_.Recheck(caller, "app"));
  // It is about no database yet.
  EXPECT_TRUE(guard_.Recheck(caller, "").ok());
  EXPECT_TRUE(guard_.Recheck(Admitted("one"), "app").ok());
}

TEST_F(GuardTest, BoundsTheTransactionsOfAnApp) {
  const Caller caller = Admitted("one");
  {
    const auto first = guard_.AdmitTransaction(caller);
    EXPECT_TRUE(first.ok());
    EXPECT_EQ(ReasonOf(guard_.AdmitTransaction(caller).status()),
              v1::ERROR_REASON_TOO_MANY_TRANSACTIONS);
  }
  EXPECT_TRUE(guard_.AdmitTransaction(caller).ok());
}

}  // namespace
}  // namespace sluice::rpc
