// RunProgram: runs a transaction to its end: lease, attempts, outcome.

#ifndef SLUICE_SERVER_EXECUTION_TRANSACTION_RUN_H_
#define SLUICE_SERVER_EXECUTION_TRANSACTION_RUN_H_

#include <functional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "google/protobuf/message_lite.h"
#include "server/base/cancellation.h"
#include "server/base/deadline.h"
#include "server/base/task.h"
#include "server/execution/execution_context.h"
#include "server/execution/request_record.h"
#include "server/execution/transaction_attempt.h"
#include "sluice/v1/database.pb.h"

namespace sluice::execution {

// A call that takes place at most once, by its request id.
struct OnceCall {
  OnceCall(RequestRecord record, google::protobuf::MessageLite& reply,
           std::function<absl::Status(const std::string&)> replay)
      : record(std::move(record)), reply(reply), replay(std::move(replay)) {}

  const RequestRecord record;
  // Of the call; complete when its transaction concludes, and then kept.
  const google::protobuf::MessageLite& reply;
  // Makes the reply out of the one that was kept.
  const std::function<absl::Status(const std::string& kept)> replay;
};

// Lifetime: everything referred to outlives the run.
struct TransactionRun {
  TransactionRun(const std::string& app, const GrantedDatabase& database,
                 TransactionProgram& program, Deadline deadline,
                 Cancellation& cancellation, v1::ExecutionSummary* summary)
      : app(app),
        database(database),
        program(program),
        deadline(deadline),
        cancellation(cancellation),
        summary(summary) {}

  const std::string& app;
  const GrantedDatabase& database;
  TransactionProgram& program;
  const Deadline deadline;
  Cancellation& cancellation;
  v1::ExecutionSummary* const summary;
  // Called when the statements have ended well, before the reply is kept and
  // the commit; fills what the summary does not. Null: nothing.
  std::function<void()> complete_reply;
  // Judges the complete reply before the commit; an error rolls back. Null:
  // any will do.
  std::function<absl::Status()> judge_reply;
  // Null: it takes place each time.
  const OnceCall* once = nullptr;
  // What is tried again beside what a lost connection kept from its commit.
  enum class Retry {
    kNothingElse,
    // Serialization failures and deadlocks, as long as the deadline allows.
    kConflicts,
  } retry = Retry::kNothingElse;
  postgres::Access access = postgres::Access::kReadWrite;
  // From the first attempt on; then the call ends with TRANSACTION_TIMEOUT, or
  // with STATEMENT_TIMEOUT where it is one statement's.
  absl::Duration total_timeout = absl::InfiniteDuration();
  enum class TimeoutOf {
    kTransaction,
    kStatement
  } timeout_of = TimeoutOf::kTransaction;
  // Whether errors name the step at fault.
  enum class NameStep { kNo, kYes } name_step = NameStep::kNo;
};

// Errors: docs/errors.md. OUTCOME_UNKNOWN carries the reference, if the
// transaction had an id.
Task<absl::Status> RunProgram(ExecutionContext& context,
                              const TransactionRun& run);

}  // namespace sluice::execution

#endif  // SLUICE_SERVER_EXECUTION_TRANSACTION_RUN_H_
