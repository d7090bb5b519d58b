// Batch: several statements in one unit: sent together, run in order.

#ifndef SLUICE_SERVER_POSTGRES_BATCH_H_
#define SLUICE_SERVER_POSTGRES_BATCH_H_

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "server/base/cancellation.h"
#include "server/base/task.h"
#include "server/postgres/bind_message.h"
#include "server/postgres/canceller.h"
#include "server/postgres/connection.h"
#include "server/postgres/prepared_statements.h"
#include "server/postgres/row_sink.h"
#include "server/postgres/server_error.h"
#include "sluice/v1/database.pb.h"
#include "sluice/v1/types.pb.h"

namespace sluice::postgres {

struct BatchResult {
  // OK when PostgreSQL completed every run, whatever the sinks made of the
  // rows. After an error the runs behind it were skipped.
  absl::Status status;
  // Whether anything was sent.
  bool sent = false;
  bool connection_lost = false;
  // Whether the error is PostgreSQL's own.
  bool refused = false;
  // The plan of the run that failed was stale, or what is known of its types.
  bool plan_changed = false;
  bool types_changed = false;
  // A run that was completed, and gave a row that was not of its types.
  std::optional<size_t> stale_run;
  // Whether the commit took place here, and a standby did not confirm it.
  bool commit_may_be_lost = false;
  // One for each run that was completed; the next one failed, if any.
  std::vector<std::string> command_tags;
  std::vector<v1::Notice> notices;
};

// A run is one execution of a prepared statement. To be used within a
// transaction block: otherwise all runs are one transaction, which the end of
// the unit commits.
// Lifetime: the connection and the sinks outlive it.
class Batch {
 public:
  // Begins with the end of the statements that the connection has forgotten by
  // now: those that it forgets while the batch is filled may be among its runs.
  Batch(Connection& connection, DetailPolicy detail_policy);
  ~Batch();
  Batch(const Batch&) = delete;

  // Appends a run; gives the number of bytes of its parameters. `sink` takes
  // its rows, null: nobody; whoever adds it calls Begin and End. A sink that
  // fails or has enough gets no more rows. After an error nothing was appended.
  // Errors: those of WriteBind.
  absl::StatusOr<size_t> Add(const PreparedStatement& statement,
                             absl::Span<const v1::Value* const> parameters,
                             ParameterLimit limit, RowSink* sink);

  size_t run_count() const { return sinks_.size(); }
  // What will be sent, without the end of the unit.
  size_t bytes() const { return messages_.size(); }

  // Sends the unit and waits for its end. `cancellation` reaches PostgreSQL;
  // the status is then CANCELLED or DEADLINE_EXCEEDED.
  // A batch is run once.
  Task<BatchResult> Run(Canceller& canceller, Cancellation& cancellation);

 private:
  Connection& connection_;
  const DetailPolicy detail_policy_;
  // Prepared statements that it closes; empty once that is sent.
  std::vector<std::string> closed_names_;
  std::string messages_;
  std::vector<RowSink*> sinks_;
};

}  // namespace sluice::postgres

#endif  // SLUICE_SERVER_POSTGRES_BATCH_H_
