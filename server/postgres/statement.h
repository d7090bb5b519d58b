// Runs one statement on a leased connection: prepared once, bound, executed,
// its rows handed to a sink as they arrive.

#ifndef SLUICE_SERVER_POSTGRES_STATEMENT_H_
#define SLUICE_SERVER_POSTGRES_STATEMENT_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/repeated_ptr_field.h"
#include "server/base/cancellation.h"
#include "server/base/task.h"
#include "server/postgres/canceller.h"
#include "server/postgres/codec/type_catalog.h"
#include "server/postgres/connection.h"
#include "server/postgres/row_sink.h"
#include "sluice/v1/database.pb.h"
#include "sluice/v1/types.pb.h"

namespace sluice::postgres {

// What transaction a statement is part of.
enum class Scope {
  // One of its own, which ends with it.
  kOwnTransaction,
  // A block that stays open.
  kOpenTransaction,
};

struct StatementRequest {
  StatementRequest(
      absl::string_view sql,
      const google::protobuf::RepeatedPtrField<v1::Value>& parameters)
      : sql(sql), parameters(parameters) {}

  const absl::string_view sql;
  const google::protobuf::RepeatedPtrField<v1::Value>& parameters;
  // Of the connection.
  Access access = Access::kReadOnly;
  Scope scope = Scope::kOwnTransaction;
  // PostgreSQL produces at most so many rows; 0: all. For reads.
  int32_t max_rows = 0;
  size_t max_parameter_bytes = 0;
  DetailPolicy detail_policy = DetailPolicy::kOmit;
  // Called with the first row, before the sink gets it. Null: nobody asks.
  std::function<void()> on_first_row;
  // Described anew each time: of a FETCH, whose columns are those of the cursor
  // that has the name by then.
  bool keeps_no_description = false;
};

struct StatementResult {
  // OK when PostgreSQL completed the statement, or the sink ended it.
  absl::Status status;
  // Whether it was sent to be executed.
  bool sent = false;
  // Whether the statement was sent and how it ended is not known; `status` is
  // an error then. Never of an open transaction: what is lost is rolled back.
  bool outcome_open = false;
  // Whether the connection was lost under way.
  bool connection_lost = false;
  // Empty when the statement was stopped before its end.
  std::string command_tag;
  std::vector<v1::Notice> notices;
};

// Runs `request`. `cancellation` reaches PostgreSQL; the result then carries
// its answer, CANCELLED or DEADLINE_EXCEEDED for an obeyed request.
Task<StatementResult> RunStatement(Connection& connection, TypeCatalog& types,
                                   Canceller& canceller,
                                   const StatementRequest& request,
                                   RowSink& sink, Cancellation& cancellation);

}  // namespace sluice::postgres

#endif  // SLUICE_SERVER_POSTGRES_STATEMENT_H_
