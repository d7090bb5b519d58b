// ProveRead: asks PostgreSQL whether a statement calls nothing volatile.

#ifndef SLUICE_SERVER_EXECUTION_READ_PROOF_H_
#define SLUICE_SERVER_EXECUTION_READ_PROOF_H_

#include <cstddef>
#include <string>

#include "absl/strings/string_view.h"
#include "google/protobuf/repeated_ptr_field.h"
#include "server/base/cancellation.h"
#include "server/base/task.h"
#include "server/execution/placement.h"
#include "server/execution/read_verdicts.h"
#include "server/policy/statement_class.h"
#include "sluice/v1/types.pb.h"

namespace sluice::execution {

// A statement that policy::MayProveRead.
// Lifetime: everything referred to outlives the proof.
struct ProofRequest {
  const std::string& sql;
  const google::protobuf::RepeatedPtrField<v1::Value>& parameters;
  const policy::StatementFacts& facts;
  size_t max_parameter_bytes = 0;
};

// What is sent: the plan, without executing anything, of a query that reads the
// statement through a WITH. PostgreSQL folds a WITH that is referred to once
// into the query "if it is non-recursive and side-effect-free (that is, it is a
// SELECT containing no volatile functions)" (its documentation, "WITH Queries",
// since version 12), and makes a "CTE Scan" of it otherwise. So it is
// PostgreSQL that resolves names for the role, and looks at overloads,
// operators, casts, views, rules and policies of rows.
std::string ProofSql(absl::string_view sql,
                     const policy::StatementFacts& facts);

// kReads: nothing is volatile. kUnknown: PostgreSQL can't plan the statement,
// now or there, or the call has ended.
Task<ReadVerdict> ProveRead(const Placement& place, const ProofRequest& request,
                            Cancellation& cancellation);

}  // namespace sluice::execution

#endif  // SLUICE_SERVER_EXECUTION_READ_PROOF_H_
