#include "server/rpc/access_loss.h"

#include <future>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "gtest/gtest.h"
#include "server/rpc/test_policy.h"

namespace sluice::rpc {
namespace {

using PolicyPointer = std::shared_ptr<const policy::Policy>;

constexpr char kShop[] = "spiffe://sluice.test/app/shop";
constexpr char kPolicy[] = R"(apps:
  - name: shop
    spiffe_ids: [spiffe://sluice.test/app/shop]
    grants:
      - {database: app, role: ro, access: [read]}
      - database: app
        role: rw
        access: [write, ddl]
        settings: {app.tenant: "a"}
      - {database: spare, role: ro, access: [read]}
)";

// The policy with one text of it replaced.
PolicyPointer Changed(const std::string& from, const std::string& to) {
  const std::string text = absl::StrReplaceAll(kPolicy, {{from, to}});
  EXPECT_NE(text, kPolicy) << from;
  return MakePolicy(text);
}

class AccessLossTest : public ::testing::Test {
 protected:
  bool Loses(const PolicyPointer& now, const std::string& database) const {
    return HasLostAccess(*before_, *now, kShop, database);
  }

  const PolicyPointer before_ = MakePolicy(kPolicy);
};

TEST_F(AccessLossTest, AnEqualPolicyTakesNothing) {
  EXPECT_FALSE(Loses(before_, "app"));
  EXPECT_FALSE(Loses(MakePolicy(kPolicy), "app"));
  EXPECT_FALSE(Loses(MakePolicy(kPolicy), ""));
}

TEST_F(AccessLossTest, AnIdentityWithoutAnAppLosesAll) {
  const PolicyPointer now = Changed("app/shop", "app/other");
  for (const char* database : {"app", "spare", ""}) {
    EXPECT_TRUE(Loses(now, database)) << database;
  }
}

TEST_F(AccessLossTest, AnIdentityThatIsAnotherAppsLosesAll) {
  const PolicyPointer now = Changed("name: shop", "name: other");
  for (const char* database : {"app", "spare", ""}) {
    EXPECT_TRUE(Loses(now, database)) << database;
  }
}

TEST_F(AccessLossTest, AGrantThatChangesIsLostInItsDatabaseAlone) {
  for (const auto& [from, to] :
       {std::pair("      - {database: app, role: ro, access: [read]}\n", ""),
        std::pair("{database: app, role: ro", "{database: app, role: other"),
        std::pair("role: rw", "role: other"),
        std::pair("[write, ddl]", "[write]"),
        std::pair("[write, ddl]", "[write, copy]"), std::pair("\"a\"", "\"b\""),
        std::pair("        settings: {app.tenant: \"a\"}\n", "")}) {
    SCOPED_TRACE(absl::StrCat(from, " -> ", to));
    const PolicyPointer now = Changed(from, to);
    EXPECT_TRUE(Loses(now, "app"));
    EXPECT_FALSE(Loses(now, "spare"));
    EXPECT_FALSE(Loses(now, ""));
  }
}

TEST_F(AccessLossTest, WhatIsAddedTakesNothing) {
  for (const auto& [from, to] :
       {std::pair("[write, ddl]", "[write, ddl, copy]"),
        std::pair("role: ro, access: [read]", "role: ro, access: [read, copy]"),
        std::pair("[spiffe:", "[spiffe://sluice.test/app/more, spiffe:"),
        std::pair("    grants:", "    admin: true\n    grants:")}) {
    EXPECT_FALSE(Loses(Changed(from, to), "app")) << to;
  }
}

TEST_F(AccessLossTest, AnAppThatWasNotThereBeforeHasNothingToGoOnWith) {
  EXPECT_TRUE(
      HasLostAccess(*Changed("app/shop", "app/other"), *before_, kShop, "app"));
}

// Calls in progress, which are told to end or not.
class CancellationTest : public AccessLossTest {
 protected:
  // A call on a database; null: one without a token.
  void Add(const std::string& database,
           std::shared_ptr<const identity::TokenClaims> token = nullptr) {
    Activity activity;
    activity.identity = kShop;
    activity.database = database;
    activity.policy = before_;
    activity.token = std::move(token);
    cancellations_.push_back(std::make_shared<Cancellation>());
    entries_.push_back(
        activities_.Add(std::move(activity), loop_, cancellations_.back()));
  }

  static std::shared_ptr<const identity::TokenClaims> Token(
      const std::string& id) {
    identity::TokenClaims claims;
    claims.token_id = id;
    return std::make_shared<const identity::TokenClaims>(std::move(claims));
  }

  CancelCause CauseOf(size_t number) {
    std::promise<CancelCause> cause;
    loop_.Post([&] { cause.set_value(cancellations_[number]->cause()); });
    return cause.get_future().get();
  }

  EventLoop loop_{"access-test"};
  ActivityRegistry activities_;
  std::vector<std::shared_ptr<Cancellation>> cancellations_;
  std::vector<ActivityRegistry::Entry> entries_;
};

TEST_F(CancellationTest, EndsTheCallsOfARevokedTokenAndNoOther) {
  Add("app", Token("revoked"));
  Add("app", Token("another"));
  Add("app");
  identity::Revocations revocations;
  revocations.AddToken("revoked");
  EXPECT_EQ(CancelRevoked(activities_, revocations), 1);
  EXPECT_EQ(CauseOf(0), CancelCause::kRevoked);
  EXPECT_EQ(CauseOf(1), CancelCause::kNone);
  EXPECT_EQ(CauseOf(2), CancelCause::kNone);
}

TEST_F(CancellationTest, EndsTheCallsInADatabaseWhereAGrantIsLost) {
  Add("app");
  Add("spare");
  EXPECT_EQ(CancelDenied(activities_, *Changed("[write, ddl]", "[write]")), 1);
  EXPECT_EQ(CauseOf(0), CancelCause::kRevoked);
  EXPECT_EQ(CauseOf(1), CancelCause::kNone);
}

}  // namespace
}  // namespace sluice::rpc
