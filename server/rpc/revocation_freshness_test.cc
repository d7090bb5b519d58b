#include "server/rpc/revocation_freshness.h"

#include <optional>

#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "server/base/error.h"

namespace sluice::rpc {
namespace {

constexpr absl::Duration kMaxStaleness = absl::Seconds(30);

// A store whose clock the test sets.
class StoreOfAge final : public RevocationStore {
 public:
  Task<absl::StatusOr<absl::Time>> Revoke(const Revocation& /*revocation*/,
                                          Deadline /*deadline*/) override {
    co_return absl::InfinitePast();
  }
  absl::Duration Age() const override { return age; }

  absl::Duration age;
};

class RevocationFreshnessTest : public ::testing::Test {
 protected:
  static config::v1::Revocation Settings(config::v1::StaleRevocations stale) {
    config::v1::Revocation settings;
    settings.mutable_max_staleness()->set_seconds(
        absl::ToInt64Seconds(kMaxStaleness));
    settings.set_stale(stale);
    return settings;
  }

  // Whether a token that was issued so long ago may be used.
  static absl::Status UseAfter(const RevocationFreshness& freshness,
                               absl::Duration time_since_issue) {
    identity::TokenClaims token;
    token.issue_time = absl::FromUnixSeconds(1'700'000'000);
    return freshness.CheckUse(token, token.issue_time + time_since_issue);
  }

  static void ExpectStale(const absl::Status& status) {
    EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
    EXPECT_EQ(ReasonOf(status), v1::ERROR_REASON_REVOCATION_STALE);
    EXPECT_EQ(ErrorMetadataOf(status, "executed"), "no");
  }

  StoreOfAge store_;
  const RevocationFreshness serving_{
      &store_, Settings(config::v1::STALE_REVOCATIONS_SERVE)};
  const RevocationFreshness strict_{
      &store_, Settings(config::v1::STALE_REVOCATIONS_REFUSE)};
};

TEST_F(RevocationFreshnessTest, NothingIsStaleUpToTheLimit) {
  store_.age = kMaxStaleness;
  for (const RevocationFreshness* freshness : {&serving_, &strict_}) {
    EXPECT_TRUE(freshness->CheckIssue().ok());
    EXPECT_TRUE(UseAfter(*freshness, absl::Hours(1)).ok());
    EXPECT_EQ(freshness->Age(), kMaxStaleness);
  }
}

TEST_F(RevocationFreshnessTest, NoTokenIsIssuedWhenTheyAreStale) {
  store_.age = kMaxStaleness + absl::Nanoseconds(1);
  ExpectStale(serving_.CheckIssue());
  ExpectStale(strict_.CheckIssue());
}

TEST_F(RevocationFreshnessTest, ATokenIsGoodForTenMinutesWhenTheyAreStale) {
  store_.age = absl::InfiniteDuration();
  EXPECT_TRUE(UseAfter(serving_, absl::ZeroDuration()).ok());
  EXPECT_TRUE(UseAfter(serving_, absl::Minutes(10) - absl::Seconds(1)).ok());
  ExpectStale(UseAfter(serving_, absl::Minutes(10)));
}

TEST_F(RevocationFreshnessTest, TheStrictTakeNoTokenWhenTheyAreStale) {
  store_.age = absl::InfiniteDuration();
  ExpectStale(UseAfter(strict_, absl::ZeroDuration()));
}

TEST_F(RevocationFreshnessTest, WithoutAStoreThereIsNothingToWaitFor) {
  const RevocationFreshness none(
      nullptr, Settings(config::v1::STALE_REVOCATIONS_REFUSE));
  EXPECT_TRUE(none.CheckIssue().ok());
  EXPECT_TRUE(UseAfter(none, absl::Hours(1)).ok());
  EXPECT_EQ(none.Age(), std::nullopt);
}

}  // namespace
}  // namespace sluice::rpc
