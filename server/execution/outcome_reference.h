// OutcomeReference: names a transaction to PostgreSQL, long after it.

#ifndef SLUICE_SERVER_EXECUTION_OUTCOME_REFERENCE_H_
#define SLUICE_SERVER_EXECUTION_OUTCOME_REFERENCE_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/execution/request_record.h"
#include "server/identity/sealer.h"
#include "server/postgres/transaction.h"

namespace sluice::execution {

// A transaction id says something only together with where it was handed out:
// after a promotion, and after a crash that lost the end of the WAL,
// PostgreSQL hands the same ids out again.
struct OutcomeReference {
  uint64_t system_identifier = 0;
  uint32_t timeline = 0;
  // Changes with every crash of the server (postgres::TransactionId); 0: not
  // known.
  int64_t incarnation = 0;
  uint64_t xid = 0;
  // As the configuration names it; at most 255 bytes each.
  std::string database;
  std::string app;
  // Both empty without one; else the digest of the request, too: another one
  // may have got the id after this one failed.
  std::string request_id;
  std::string request_digest;

  bool operator==(const OutcomeReference&) const = default;
};

// As callers get it: printable ASCII, in no more than 600 characters where the
// names keep to the limits of configuration and contract.
std::string SealReference(const identity::Sealer& sealer,
                          const OutcomeReference& reference);

// The reference to a transaction, sealed; empty where it has written nothing.
// `record`: of a call with a request id, else null.
std::string SealTransaction(const identity::Sealer& sealer,
                            const postgres::TransactionId& id,
                            const std::string& database, const std::string& app,
                            const RequestRecord* record);

// Errors: INVALID_ARGUMENT (OUTCOME_REFERENCE_INVALID), always the same.
absl::StatusOr<OutcomeReference> OpenReference(const identity::Sealer& sealer,
                                               absl::string_view text);

// That error, for a reference that is not the caller's.
absl::Status InvalidReference();

}  // namespace sluice::execution

#endif  // SLUICE_SERVER_EXECUTION_OUTCOME_REFERENCE_H_
