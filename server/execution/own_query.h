// Statements of the gateway's own: what it asks PostgreSQL beside what callers
// send.

#ifndef SLUICE_SERVER_EXECUTION_OWN_QUERY_H_
#define SLUICE_SERVER_EXECUTION_OWN_QUERY_H_

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/repeated_ptr_field.h"
#include "server/base/cancellation.h"
#include "server/base/task.h"
#include "server/postgres/connection.h"
#include "server/postgres/pool.h"
#include "sluice/v1/types.pb.h"

namespace sluice::execution {

// Lifetime: the text is a constant.
struct OwnQuery {
  absl::string_view sql;
  google::protobuf::RepeatedPtrField<v1::Value> parameters;
  // Of the connection that it runs on.
  postgres::Access access = postgres::Access::kReadOnly;
};

struct OwnResult {
  absl::Status status;
  bool connection_lost = false;
  v1::ResultSet rows;

  // A value of the first row; empty where there is none.
  std::string Text(int column) const;
  std::string Bytes(int column) const;
};

// Runs `query`, of at most a thousand rows, in a transaction of its own.
// `connection` is one of `pool`. Errors: PostgreSQL's.
Task<OwnResult> RunOwnQuery(postgres::Connection& connection,
                            postgres::Pool& pool, const OwnQuery& query,
                            Cancellation& cancellation);

// Parameters of it.
v1::Value TextParameter(absl::string_view text);
v1::Value BytesParameter(std::string bytes);
v1::Value IntegerParameter(int64_t integer);

}  // namespace sluice::execution

#endif  // SLUICE_SERVER_EXECUTION_OWN_QUERY_H_
