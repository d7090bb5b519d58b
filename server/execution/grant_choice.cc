#include "server/execution/grant_choice.h"

#include <initializer_list>

#include "server/policy/statement_rules.h"

namespace sluice::execution {
namespace {

using policy::Grant;
using policy::Permit;
using policy::Right;
using policy::Rights;
using postgres::Access;

constexpr Rights kReadAlone = {Right::kRead};

// The grant of the first of `rights` that the app has; what it says of the
// first when it has none.
absl::StatusOr<const Grant*> FindFirst(const Permit& permit,
                                       absl::string_view database,
                                       std::initializer_list<Right> rights) {
  absl::StatusOr<const Grant*> first =
      permit.FindGrant(database, {*rights.begin()});
  const Rights granted = permit.RightsIn(database);
  for (const Right right : rights) {
    if (granted.Has(right)) return permit.FindGrant(database, {right});
  }
  return first;
}

}  // namespace

void Need::Add(const policy::StatementFacts& facts) {
  const Right right = policy::RightOf(facts);
  rights_.Add(right);
  if (right == Right::kRead && facts.evidence != policy::Evidence::kParsed) {
    is_proved_ = false;
  }
}

Rights Need::RightsOf(const Permit& permit, absl::string_view database) const {
  Rights rights = rights_;
  if (access_ == Access::kReadOnly) return rights;
  const bool may_write = permit.RightsIn(database).Has(Right::kWrite);
  const bool only_reads = kReadAlone.HasAll(rights);
  if (!is_proved_ || (only_reads && (may_write || writes_record_))) {
    rights.Add(Right::kWrite);
  }
  return rights;
}

Access Need::AccessWith(Rights rights) const {
  return kReadAlone.HasAll(rights) ? Access::kReadOnly : access_;
}

absl::StatusOr<const Grant*> FindTransactionGrant(const Permit& permit,
                                                  absl::string_view database,
                                                  Access access) {
  return access == Access::kReadOnly
             ? permit.FindGrant(database, kReadAlone)
             : FindFirst(permit, database, {Right::kWrite, Right::kDdl});
}

Rights RightsUnder(const Permit& permit, const Grant& grant) {
  Rights rights = grant.rights;
  rights.Add(Right::kRead);
  return rights.And(permit.RightsIn(grant.database));
}

absl::StatusOr<const Grant*> FindOutcomeGrant(const Permit& permit,
                                              absl::string_view database) {
  return FindFirst(permit, database,
                   {Right::kWrite, Right::kDdl, Right::kRead});
}

}  // namespace sluice::execution
