// Tests what an app with a token may do, and under which grant.

#include "server/policy/permit.h"

#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/base/error.h"

namespace sluice::policy {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Grant MakeGrant(std::string database, std::string role, Rights rights) {
  Grant grant;
  grant.database = std::move(database);
  grant.role = std::move(role);
  grant.rights = rights;
  return grant;
}

// An app that reads as one role, writes as another, and migrates as a third.
App MakeApp() {
  App app{};
  app.name = "orders";
  app.grants = {MakeGrant("orders", "orders_ro", {Right::kRead}),
                MakeGrant("orders", "orders_rw", {Right::kWrite, Right::kCopy}),
                MakeGrant("orders", "orders_owner", {Right::kDdl}),
                MakeGrant("stock", "stock_ro", {Right::kRead})};
  return app;
}

class PermitTest : public testing::Test {
 protected:
  Permit MakePermit(const std::vector<std::string>& scopes = {}) {
    return Permit(nullptr, app_, Scope::Parse(scopes).value());
  }

  // Role of the grant; the reason where there is none.
  std::string RoleOf(const Permit& permit, const std::string& database,
                     Rights needed) {
    const absl::StatusOr<const Grant*> grant =
        permit.FindGrant(database, needed);
    return grant.ok() ? (*grant)->role
                      : v1::ErrorReason_Name(ReasonOf(grant.status()));
  }

  App app_ = MakeApp();
};

TEST(ScopeTest, NoneIsEverythingButAdmin) {
  const Scope scope = Scope::Parse({}).value();
  EXPECT_EQ(scope.rights, Rights::All());
  EXPECT_TRUE(scope.databases.empty());
  EXPECT_FALSE(scope.admin);
}

TEST(ScopeTest, OneRightLeavesOutTheOthers) {
  const Scope scope = Scope::Parse({"write", "read"}).value();
  EXPECT_EQ(scope.rights, Rights({Right::kRead, Right::kWrite}));
}

TEST(ScopeTest, DatabasesAndAdminLeaveTheRightsAlone) {
  const Scope scope =
      Scope::Parse({"database:a", "admin", "database:database:b"}).value();
  EXPECT_EQ(scope.rights, Rights::All());
  EXPECT_THAT(scope.databases, ElementsAre("a", "database:b"));
  EXPECT_TRUE(scope.admin);
}

TEST(ScopeTest, WhatIsNotKnownIsRefused) {
  for (const char* text : {"", "Read", "read ", "database:", "database", "all",
                           "admin,read", "connect"}) {
    const absl::Status status = Scope::Parse({"read", text}).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << text;
    EXPECT_EQ(ReasonOf(status), v1::ERROR_REASON_INVALID_REQUEST) << text;
  }
}

TEST_F(PermitTest, EachRightIsUnderItsGrant) {
  const Permit permit = MakePermit();
  EXPECT_EQ(RoleOf(permit, "orders", {Right::kRead}), "orders_ro");
  EXPECT_EQ(RoleOf(permit, "orders", {Right::kWrite}), "orders_rw");
  EXPECT_EQ(RoleOf(permit, "orders", {Right::kCopy}), "orders_rw");
  EXPECT_EQ(RoleOf(permit, "orders", {Right::kDdl}), "orders_owner");
  EXPECT_EQ(RoleOf(permit, "stock", {Right::kRead}), "stock_ro");
}

TEST_F(PermitTest, TheFirstGrantThatHasAllIsTaken) {
  app_.grants.insert(app_.grants.begin(),
                     MakeGrant("orders", "both", {Right::kRead, Right::kDdl}));
  const Permit permit = MakePermit();
  EXPECT_EQ(RoleOf(permit, "orders", {Right::kRead}), "both");
  EXPECT_EQ(RoleOf(permit, "orders", {Right::kRead, Right::kDdl}), "both");
  EXPECT_EQ(RoleOf(permit, "orders", {Right::kWrite}), "orders_rw");
}

TEST_F(PermitTest, ReadsAmongOthersRunUnderTheGrantOfThose) {
  const Permit permit = MakePermit();
  EXPECT_EQ(RoleOf(permit, "orders", {Right::kRead, Right::kWrite}),
            "orders_rw");
  EXPECT_EQ(RoleOf(permit, "orders", {Right::kRead, Right::kDdl}),
            "orders_owner");
}

TEST_F(PermitTest, ReadsAmongOthersNeedTheRightToRead) {
  app_.grants.erase(app_.grants.begin());
  EXPECT_EQ(RoleOf(MakePermit(), "orders", {Right::kRead, Right::kWrite}),
            "ERROR_REASON_ACCESS_DENIED");
}

TEST_F(PermitTest, WhatNoOneGrantHasIsDenied) {
  const Permit permit = MakePermit();
  EXPECT_EQ(RoleOf(permit, "orders", {Right::kDdl, Right::kWrite}),
            "ERROR_REASON_ACCESS_DENIED");
}

TEST_F(PermitTest, WhatIsMissingIsNamed) {
  const absl::Status status =
      MakePermit()
          .FindGrant("stock", {Right::kRead, Right::kWrite, Right::kDdl})
          .status();
  EXPECT_EQ(status.code(), absl::StatusCode::kPermissionDenied);
  EXPECT_EQ(ReasonOf(status), v1::ERROR_REASON_ACCESS_DENIED);
  EXPECT_EQ(ErrorMetadataOf(status, "executed"), "no");
  EXPECT_THAT(std::string(status.message()), HasSubstr("write, ddl"));
}

TEST_F(PermitTest, AnUnknownDatabaseIsOneWordForAllReasons) {
  const absl::Status absent = MakePermit().CheckDatabase("nowhere");
  EXPECT_EQ(absent.code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(ReasonOf(absent), v1::ERROR_REASON_UNKNOWN_DATABASE);

  App other{};
  other.grants = {MakeGrant("nowhere", "role", Rights::All())};
  const Permit elsewhere(nullptr, other, Scope());
  ASSERT_TRUE(elsewhere.CheckDatabase("nowhere").ok());
  const Permit narrowed = MakePermit({"database:stock"});
  EXPECT_TRUE(narrowed.CheckDatabase("stock").ok());
  const absl::Status out_of_scope = narrowed.CheckDatabase("orders");
  EXPECT_EQ(ReasonOf(out_of_scope), v1::ERROR_REASON_UNKNOWN_DATABASE);
  // Word for word what an app hears that has no such grant.
  EXPECT_EQ(out_of_scope, elsewhere.CheckDatabase("orders"));
  EXPECT_EQ(narrowed.FindGrant("orders", {Right::kRead}).status(),
            out_of_scope);
  EXPECT_EQ(MakePermit().FindGrant("nowhere", {Right::kRead}).status(), absent);
}

TEST_F(PermitTest, ADatabaseWithoutANameIsMissing) {
  const absl::Status status = MakePermit().CheckDatabase("");
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(ReasonOf(status), v1::ERROR_REASON_INVALID_REQUEST);
}

TEST_F(PermitTest, ATokenNarrowsTheRightsDown) {
  const Permit permit = MakePermit({"read"});
  EXPECT_EQ(permit.RightsIn("orders"), Rights({Right::kRead}));
  EXPECT_EQ(RoleOf(permit, "orders", {Right::kRead}), "orders_ro");
  EXPECT_EQ(RoleOf(permit, "orders", {Right::kWrite}),
            "ERROR_REASON_ACCESS_DENIED");
}

TEST_F(PermitTest, ATokenGivesNoRightThatTheAppLacks) {
  const Permit permit = MakePermit({"read", "listen", "admin"});
  EXPECT_EQ(permit.RightsIn("orders"), Rights({Right::kRead}));
  EXPECT_FALSE(permit.CheckAdmin().ok());
}

TEST_F(PermitTest, RightsAreThoseOfAllGrantsOfTheDatabase) {
  const Permit permit = MakePermit();
  EXPECT_EQ(RightNames(permit.RightsIn("orders")), "read, write, ddl, copy");
  EXPECT_EQ(RightNames(permit.RightsIn("stock")), "read");
  EXPECT_TRUE(permit.RightsIn("nowhere").empty());
  EXPECT_TRUE(MakePermit({"database:stock"}).RightsIn("orders").empty());
}

TEST_F(PermitTest, AnAdminIsOneByPolicyAndByToken) {
  app_.admin = true;
  EXPECT_TRUE(MakePermit({"admin"}).CheckAdmin().ok());
  const absl::Status status = MakePermit().CheckAdmin();
  EXPECT_EQ(status.code(), absl::StatusCode::kPermissionDenied);
  EXPECT_EQ(ReasonOf(status), v1::ERROR_REASON_ADMIN_REQUIRED);
}

}  // namespace
}  // namespace sluice::policy
