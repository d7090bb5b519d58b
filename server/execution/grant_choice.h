// Which rights work needs, and whether PostgreSQL lets it write.

#ifndef SLUICE_SERVER_EXECUTION_GRANT_CHOICE_H_
#define SLUICE_SERVER_EXECUTION_GRANT_CHOICE_H_

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/policy/permit.h"
#include "server/policy/rights.h"
#include "server/policy/statement_class.h"
#include "server/postgres/session_state.h"

namespace sluice::execution {

// Gathers what the statements of one call, or of one transaction, need.
class Need {
 public:
  // kReadWrite: of a call that may write, whatever its statements are.
  explicit Need(postgres::Access access) : access_(access) {}

  void Add(const policy::StatementFacts& facts);
  // A record of the request is written, too.
  void AddRecord() { writes_record_ = true; }

  // What is to be granted. A call that may write, and whose statements read, is
  // given the right to write where the app has it, since functions write, too.
  // Without it such a call runs read only, if it is certain that it reads.
  policy::Rights RightsOf(const policy::Permit& permit,
                          absl::string_view database) const;
  // With those rights.
  postgres::Access AccessWith(policy::Rights rights) const;

 private:
  const postgres::Access access_;
  policy::Rights rights_;
  bool writes_record_ = false;
  // Whether every read is one by its parse tree.
  bool is_proved_ = true;
};

// The grant of an interactive transaction: of one that may write, that with
// `write`, else that with `ddl`.
// Errors: those of Permit::FindGrant.
absl::StatusOr<const policy::Grant*> FindTransactionGrant(
    const policy::Permit& permit, absl::string_view database,
    postgres::Access access);

// What statements may do that run under a grant: reads come along with others.
policy::Rights RightsUnder(const policy::Permit& permit,
                           const policy::Grant& grant);

// The grant that tells outcomes: that of writes, else of whatever there is.
// Errors: those of Permit::FindGrant.
absl::StatusOr<const policy::Grant*> FindOutcomeGrant(
    const policy::Permit& permit, absl::string_view database);

}  // namespace sluice::execution

#endif  // SLUICE_SERVER_EXECUTION_GRANT_CHOICE_H_
