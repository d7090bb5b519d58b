// Tests under which grant work runs, and whether it may write there.

#include "server/execution/grant_choice.h"

#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "server/base/error.h"
#include "server/policy/policy.h"

namespace sluice::execution {
namespace {

using policy::Evidence;
using policy::Grant;
using policy::Permit;
using policy::Right;
using policy::Rights;
using policy::StatementClass;
using postgres::Access;

constexpr char kDatabase[] = "orders";

policy::StatementFacts FactsOf(StatementClass statement_class,
                               Evidence evidence = Evidence::kParsed) {
  policy::StatementFacts facts;
  facts.statement_class = statement_class;
  facts.evidence = evidence;
  return facts;
}

// An app with a grant for each of the sets, called "role-0", "role-1".
class Granted {
 public:
  explicit Granted(std::initializer_list<Rights> grants,
                   policy::Scope scope = {})
      : permit_(nullptr, app_, std::move(scope)) {
    for (const Rights rights : grants) {
      Grant grant;
      grant.database = kDatabase;
      grant.role = "role-" + std::to_string(app_.grants.size());
      grant.rights = rights;
      app_.grants.push_back(std::move(grant));
    }
  }
  Granted(const Granted&) = delete;

  const Permit& permit() const { return permit_; }

  // "role-0 on" for a session that only reads, "role-0 off" for one that may
  // write; the reason where it is refused.
  std::string Choose(Access access,
                     const std::vector<policy::StatementFacts>& statements,
                     bool once = false) const {
    Need need(access);
    for (const policy::StatementFacts& facts : statements) need.Add(facts);
    if (once) need.AddRecord();
    const Rights rights = need.RightsOf(permit_, kDatabase);
    const std::string role = RoleOf(permit_.FindGrant(kDatabase, rights));
    if (role.find("role") != 0) return role;
    return role +
           (need.AccessWith(rights) == Access::kReadOnly ? " on" : " off");
  }

  static std::string RoleOf(const absl::StatusOr<const Grant*>& grant) {
    return grant.ok() ? (*grant)->role
                      : v1::ErrorReason_Name(ReasonOf(grant.status()));
  }

 private:
  policy::App app_;
  const Permit permit_;
};

constexpr Rights kRead = {Right::kRead};
constexpr Rights kWrite = {Right::kWrite};
constexpr Rights kDdl = {Right::kDdl};
constexpr char kDenied[] = "ERROR_REASON_ACCESS_DENIED";

const policy::StatementFacts kSelect = FactsOf(StatementClass::kRead);
const policy::StatementFacts kScannedSelect =
    FactsOf(StatementClass::kRead, Evidence::kScanned);
const policy::StatementFacts kInsert = FactsOf(StatementClass::kWrite);
const policy::StatementFacts kCreate = FactsOf(StatementClass::kDdl);

TEST(GrantChoiceTest, AQueryReadsUnderTheGrantOfReads) {
  const Granted app({kWrite, kRead});
  EXPECT_EQ(app.Choose(Access::kReadOnly, {kSelect}), "role-1 on");
  // PostgreSQL sees to it that this one reads.
  EXPECT_EQ(app.Choose(Access::kReadOnly, {kScannedSelect}), "role-1 on");
}

TEST(GrantChoiceTest, WhatMayWriteRunsUnderTheGrantOfItsClass) {
  const Granted app({kRead, kWrite, kDdl});
  EXPECT_EQ(app.Choose(Access::kReadWrite, {kInsert}), "role-1 off");
  EXPECT_EQ(app.Choose(Access::kReadWrite, {kCreate}), "role-2 off");
  EXPECT_EQ(
      app.Choose(Access::kReadWrite, {FactsOf(StatementClass::kProcedure)}),
      "role-1 off");
  EXPECT_EQ(
      app.Choose(Access::kReadWrite, {FactsOf(StatementClass::kUnparsable)}),
      "role-2 off");
}

TEST(GrantChoiceTest, AReadThatMayWriteRunsUnderTheGrantOfWrites) {
  EXPECT_EQ(Granted({kRead, kWrite}).Choose(Access::kReadWrite, {kSelect}),
            "role-1 off");
}

TEST(GrantChoiceTest, AProvedReadOfAnAppThatOnlyReadsRunsReadOnly) {
  const Granted app({kRead});
  EXPECT_EQ(app.Choose(Access::kReadWrite, {kSelect}), "role-0 on");
  EXPECT_EQ(app.Choose(Access::kReadWrite, {kSelect, kSelect}), "role-0 on");
}

TEST(GrantChoiceTest, AReadByItsFirstWordMayBeAWrite) {
  EXPECT_EQ(Granted({kRead}).Choose(Access::kReadWrite, {kScannedSelect}),
            kDenied);
  EXPECT_EQ(
      Granted({kRead}).Choose(Access::kReadWrite, {kSelect, kScannedSelect}),
      kDenied);
  EXPECT_EQ(Granted({kRead, kDdl})
                .Choose(Access::kReadWrite, {kCreate, kScannedSelect}),
            kDenied);
  EXPECT_EQ(
      Granted({kRead, kWrite}).Choose(Access::kReadWrite, {kScannedSelect}),
      "role-1 off");
}

TEST(GrantChoiceTest, ARecordOfTheRequestIsAWrite) {
  EXPECT_EQ(Granted({kRead}).Choose(Access::kReadWrite, {kSelect}, true),
            kDenied);
  EXPECT_EQ(Granted({kRead, kDdl}).Choose(Access::kReadWrite, {kCreate}, true),
            "role-1 off");
}

TEST(GrantChoiceTest, ATokenThatOnlyReadsMakesTheAppOneThatOnlyReads) {
  const Granted app({kRead, kWrite}, policy::Scope::Parse({"read"}).value());
  EXPECT_EQ(app.Choose(Access::kReadWrite, {kSelect}), "role-0 on");
  EXPECT_EQ(app.Choose(Access::kReadWrite, {kInsert}), kDenied);
}

TEST(GrantChoiceTest, ATransactionNeedsOneGrantForAllItsSteps) {
  EXPECT_EQ(
      Granted({kRead, kWrite}).Choose(Access::kReadWrite, {kSelect, kInsert}),
      "role-1 off");
  EXPECT_EQ(
      Granted({kWrite, kDdl}).Choose(Access::kReadWrite, {kCreate, kInsert}),
      kDenied);
  EXPECT_EQ(Granted({kRead, {Right::kWrite, Right::kDdl}})
                .Choose(Access::kReadWrite, {kCreate, kInsert, kSelect}),
            "role-1 off");
}

TEST(GrantChoiceTest, AnInteractiveTransactionWritesElseMigratesElseIsDenied) {
  const auto role = [](const Granted& app, Access access) {
    return Granted::RoleOf(
        FindTransactionGrant(app.permit(), kDatabase, access));
  };
  EXPECT_EQ(role(Granted({kRead, kDdl, kWrite}), Access::kReadWrite), "role-2");
  EXPECT_EQ(role(Granted({kRead, kDdl}), Access::kReadWrite), "role-1");
  EXPECT_EQ(role(Granted({kRead}), Access::kReadWrite), kDenied);
  EXPECT_EQ(role(Granted({kWrite, kRead}), Access::kReadOnly), "role-1");
  EXPECT_EQ(role(Granted({kWrite}), Access::kReadOnly), kDenied);
}

TEST(GrantChoiceTest, ReadsComeAlongWhereTheAppMayRead) {
  const Granted both({kRead, kWrite});
  const Grant& writes = **both.permit().FindGrant(kDatabase, kWrite);
  EXPECT_EQ(RightNames(RightsUnder(both.permit(), writes)), "read, write");
  const Granted one({kWrite});
  const Grant& only = **one.permit().FindGrant(kDatabase, kWrite);
  EXPECT_EQ(RightNames(RightsUnder(one.permit(), only)), "write");
}

TEST(GrantChoiceTest, OutcomesAreToldUnderTheGrantOfWritesIfThereIsOne) {
  const auto role = [](const Granted& app) {
    return Granted::RoleOf(FindOutcomeGrant(app.permit(), kDatabase));
  };
  EXPECT_EQ(role(Granted({kRead, kDdl, kWrite})), "role-2");
  EXPECT_EQ(role(Granted({kRead, kDdl})), "role-1");
  EXPECT_EQ(role(Granted({kRead})), "role-0");
  EXPECT_EQ(role(Granted({{Right::kCopy}})), kDenied);
}

}  // namespace
}  // namespace sluice::execution
