#include "server/rpc/token_issue.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/base/error.h"

namespace sluice::rpc {
namespace {

using ::testing::ElementsAre;

const absl::Time kNow = absl::FromUnixSeconds(1'700'000'000);

class TokenIssueTest : public ::testing::Test {
 protected:
  TokenIssueTest() {
    app_.name = "shop";
    app_.default_ttl = absl::Minutes(5);
    app_.max_ttl = absl::Minutes(8);
  }

  // With that token, if any.
  Caller MakeCaller(
      std::shared_ptr<const identity::TokenClaims> token = nullptr) const {
    auto certificate = std::make_shared<identity::PeerCertificate>();
    certificate->identity = "spiffe://sluice.test/app/shop";
    certificate->thumbprint = "thumbprint";
    return Caller(certificate, std::move(token),
                  policy::Permit(nullptr, app_, {}), {});
  }

  template <typename Request>
  static Request WithTtl(absl::Duration ttl) {
    Request request;
    request.mutable_ttl()->set_seconds(absl::ToInt64Seconds(ttl));
    return request;
  }

  absl::Status Issue(const std::vector<std::string>& scopes) const {
    v1::IssueTokenRequest request;
    request.mutable_scopes()->Assign(scopes.begin(), scopes.end());
    return ClaimsOf(request, MakeCaller(), kNow).status();
  }

  policy::App app_{};
};

TEST_F(TokenIssueTest, AFirstTokenIsOfTheCertificateAndOfNow) {
  v1::IssueTokenRequest request;
  request.add_scopes("read");
  const auto claims = ClaimsOf(request, MakeCaller(), kNow);
  ASSERT_TRUE(claims.ok()) << claims.status();
  EXPECT_EQ(claims->subject, "spiffe://sluice.test/app/shop");
  EXPECT_EQ(claims->app, "shop");
  EXPECT_EQ(claims->thumbprint, "thumbprint");
  EXPECT_EQ(claims->issue_time, kNow);
  EXPECT_EQ(claims->authentication_time, kNow);
  EXPECT_EQ(claims->expire_time, kNow + absl::Minutes(5));
  EXPECT_THAT(claims->scopes, ElementsAre("read"));
}

TEST_F(TokenIssueTest, ASuccessorHasNoMoreScopesAndNoNewerProof) {
  auto token = std::make_shared<identity::TokenClaims>();
  token->scopes = {"read", "database:app"};
  token->authentication_time = kNow - absl::Hours(3);
  const auto claims =
      ClaimsOf(v1::RenewTokenRequest(), MakeCaller(token), kNow);
  ASSERT_TRUE(claims.ok()) << claims.status();
  EXPECT_THAT(claims->scopes, ElementsAre("read", "database:app"));
  EXPECT_EQ(claims->authentication_time, kNow - absl::Hours(3));
  EXPECT_EQ(claims->issue_time, kNow);
}

TEST_F(TokenIssueTest, LastsAsLongAsTheAppMayHaveIt) {
  const auto token = std::make_shared<identity::TokenClaims>();
  for (const auto& [asked, granted] :
       {std::pair(absl::Seconds(1), absl::Seconds(1)),
        std::pair(absl::Minutes(8), absl::Minutes(8)),
        std::pair(absl::Hours(1), absl::Minutes(8))}) {
    const auto issued =
        ClaimsOf(WithTtl<v1::IssueTokenRequest>(asked), MakeCaller(), kNow);
    const auto renewed = ClaimsOf(WithTtl<v1::RenewTokenRequest>(asked),
                                  MakeCaller(token), kNow);
    EXPECT_EQ(issued->expire_time, kNow + granted);
    EXPECT_EQ(renewed->expire_time, kNow + granted);
  }
  EXPECT_EQ(ReasonOf(ClaimsOf(WithTtl<v1::IssueTokenRequest>(absl::Seconds(0)),
                              MakeCaller(), kNow)
                         .status()),
            v1::ERROR_REASON_INVALID_REQUEST);
}

TEST_F(TokenIssueTest, ScopesAreKnownFewAndShort) {
  EXPECT_TRUE(Issue(std::vector<std::string>(64, "read")).ok());
  EXPECT_TRUE(Issue({"database:" + std::string(63, 'x')}).ok());
  for (const std::vector<std::string>& scopes :
       {std::vector<std::string>(65, "read"),
        std::vector<std::string>{"database:" + std::string(64, 'x')},
        std::vector<std::string>{"everything"}}) {
    EXPECT_EQ(ReasonOf(Issue(scopes)), v1::ERROR_REASON_INVALID_REQUEST);
  }
}

TEST_F(TokenIssueTest, IsToBeRenewedAfterTwoThirdsOfItsTime) {
  identity::TokenClaims claims;
  claims.issue_time = kNow;
  claims.expire_time = kNow + absl::Minutes(9);
  EXPECT_EQ(RenewTimeOf(claims), kNow + absl::Minutes(6));
}

}  // namespace
}  // namespace sluice::rpc
