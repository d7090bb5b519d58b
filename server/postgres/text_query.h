// TextQuery: a statement of the gateway's own, whose values travel as text.

#ifndef SLUICE_SERVER_POSTGRES_TEXT_QUERY_H_
#define SLUICE_SERVER_POSTGRES_TEXT_QUERY_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/base/deadline.h"
#include "server/base/task.h"
#include "server/postgres/connection.h"

namespace sluice::postgres {

struct TextQuery {
  TextQuery(absl::string_view sql, std::vector<std::string> parameters)
      : sql(sql), parameters(std::move(parameters)) {}

  // A constant.
  const absl::string_view sql;
  // No NUL in them.
  const std::vector<std::string> parameters;
};

// No value: NULL.
using TextRow = std::vector<std::optional<std::string>>;

// Runs `query`, unprepared, in a transaction of its own; for results that fit
// into memory. At the deadline the connection is closed.
// Errors: PostgreSQL's, without its details; UNAVAILABLE (CONNECTION_LOST),
// `executed` unknown or not, also at the deadline.
Task<absl::StatusOr<std::vector<TextRow>>> RunTextQuery(Connection& connection,
                                                        const TextQuery& query,
                                                        Deadline deadline);

}  // namespace sluice::postgres

#endif  // SLUICE_SERVER_POSTGRES_TEXT_QUERY_H_
