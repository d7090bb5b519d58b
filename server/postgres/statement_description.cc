#include "server/postgres/statement_description.h"

#include <utility>

#include "server/postgres/statement_preparation.h"
#include "server/postgres/unit_interrupt.h"

namespace sluice::postgres {

Task<absl::StatusOr<StatementDescription>> DescribeStatement(
    Connection& connection, TypeCatalog& types, Canceller& canceller,
    const StatementRequest& request, Cancellation& cancellation) {
  if (cancellation.Requested()) {
    co_return CancellationError(cancellation.cause(), "queue");
  }
  UnitInterrupt interrupt(connection, canceller);
  cancellation.Listen([&interrupt] { interrupt.Request(); });
  Task<absl::StatusOr<PreparedStatement>> preparing =
      PrepareAfresh(connection, types, request);
  absl::StatusOr<PreparedStatement> prepared = co_await std::move(preparing);
  cancellation.Unlisten();
  Task<void> settling = interrupt.Settle();
  co_await std::move(settling);

  if (cancellation.Requested()) {
    co_return CancellationError(cancellation.cause(), "prepare");
  }
  if (!prepared.ok()) co_return prepared.status();
  co_return StatementDescription{std::move(prepared->parameters),
                                 std::move(prepared->columns)};
}

}  // namespace sluice::postgres
