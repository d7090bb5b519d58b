// Prepares a statement on a connection, or finds it prepared.

#ifndef SLUICE_SERVER_POSTGRES_STATEMENT_PREPARATION_H_
#define SLUICE_SERVER_POSTGRES_STATEMENT_PREPARATION_H_

#include <cstddef>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/base/task.h"
#include "server/postgres/codec/type_catalog.h"
#include "server/postgres/connection.h"
#include "server/postgres/prepared_statements.h"
#include "server/postgres/statement.h"

namespace sluice::postgres {

// A prepared statement: one of the connection's cache, or, for a text too long
// to be kept, the unnamed one, which lasts until the next.
struct Preparation {
  const PreparedStatement& statement() const {
    return cached == nullptr ? unnamed : *cached;
  }

  // Key in the connection's cache.
  std::string key;
  const PreparedStatement* cached = nullptr;
  PreparedStatement unnamed;
};

// Parses and describes the statement in one round trip unless the connection
// has it. Types that are not known yet cost another. Nothing is executed.
// Errors: PostgreSQL's own; INVALID_ARGUMENT (UNKNOWN_TYPE); UNAVAILABLE
// (CONNECTION_LOST).
Task<absl::StatusOr<Preparation>> Prepare(Connection& connection,
                                          TypeCatalog& types,
                                          const StatementRequest& request);

// Whether Prepare would find the statement on the connection, without a round
// trip.
bool IsPrepared(Connection& connection, const TypeCatalog& types,
                const StatementRequest& request);

// Parses and describes the statement as the unnamed one, whatever the
// connection has prepared and whatever is known of types that are not built
// in: it follows DDL. Fewer parameters than the statement has may be given.
// Errors: as Prepare; INVALID_ARGUMENT (PARAMETER_COUNT).
Task<absl::StatusOr<PreparedStatement>> PrepareAfresh(
    Connection& connection, TypeCatalog& types,
    const StatementRequest& request);

// INVALID_ARGUMENT (PARAMETER_COUNT).
absl::Status ParameterCountError(size_t given, size_t wanted);

}  // namespace sluice::postgres

#endif  // SLUICE_SERVER_POSTGRES_STATEMENT_PREPARATION_H_
