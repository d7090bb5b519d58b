// Tells what a statement takes and gives, on a leased connection, without
// running it.

#ifndef SLUICE_SERVER_POSTGRES_STATEMENT_DESCRIPTION_H_
#define SLUICE_SERVER_POSTGRES_STATEMENT_DESCRIPTION_H_

#include <vector>

#include "absl/status/statusor.h"
#include "server/base/cancellation.h"
#include "server/base/task.h"
#include "server/postgres/canceller.h"
#include "server/postgres/codec/type_catalog.h"
#include "server/postgres/connection.h"
#include "server/postgres/prepared_statements.h"
#include "server/postgres/statement.h"

namespace sluice::postgres {

struct StatementDescription {
  std::vector<TypeRef> parameters;
  // Empty when it returns no rows by nature.
  std::vector<ColumnDescription> columns;
};

// Of `request` its text, the types of its parameters and the detail policy
// count. It leaves nothing prepared. `cancellation` reaches PostgreSQL, which
// may have to wait for a lock on a table.
// Errors: those of PrepareAfresh; CANCELLED or DEADLINE_EXCEEDED.
Task<absl::StatusOr<StatementDescription>> DescribeStatement(
    Connection& connection, TypeCatalog& types, Canceller& canceller,
    const StatementRequest& request, Cancellation& cancellation);

}  // namespace sluice::postgres

#endif  // SLUICE_SERVER_POSTGRES_STATEMENT_DESCRIPTION_H_
