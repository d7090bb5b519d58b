// InteractiveTransaction: a transaction that its caller drives step by step,
// from BEGIN until its connection is given back.

#ifndef SLUICE_SERVER_EXECUTION_INTERACTIVE_TRANSACTION_H_
#define SLUICE_SERVER_EXECUTION_INTERACTIVE_TRANSACTION_H_

#include <functional>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "server/base/cancellation.h"
#include "server/base/event_loop.h"
#include "server/base/task.h"
#include "server/execution/audit_scope.h"
#include "server/execution/execution_context.h"
#include "server/execution/result_sink.h"
#include "server/execution/transaction_ends.h"
#include "server/execution/transaction_options.h"
#include "server/execution/write_record.h"
#include "server/policy/app_usage.h"
#include "server/policy/permit.h"
#include "server/policy/rights.h"
#include "server/policy/statement_class.h"
#include "server/postgres/transaction.h"
#include "sluice/v1/database.pb.h"

namespace sluice::execution {

// A request that fails while the transaction goes on makes it FAILED, whether
// PostgreSQL failed it or the gateway: rolling back, also to a savepoint, is
// all that is left. Where is_over() after a request, the request's status is
// the transaction's.
// Threads: belongs to one event loop. One request at a time.
// Lifetime: until End has ended.
class InteractiveTransaction {
 public:
  // Of whom `permit` is. `on_stop` is called once, when something stops the
  // transaction; whoever waits then for anything but a request's end is to call
  // End. By the end of that call this may be gone.
  InteractiveTransaction(ExecutionContext& context, policy::Permit permit,
                         std::function<void()> on_stop);
  InteractiveTransaction(const InteractiveTransaction&) = delete;

  // Whom the audit log names; without it nothing is recorded. Before Begin.
  void SetAuditScope(AuditScope scope) { audit_ = std::move(scope); }

  // Errors of all requests: docs/errors.md. None is sent to PostgreSQL once the
  // transaction is stopped: the status is stopped().

  // Opens it. The first request, and no other. `place` is given back when it
  // is over.
  Task<absl::Status> Begin(const v1::TransactBegin& begin,
                           policy::AppUsage::Place place,
                           v1::TransactBegun* begun);
  // Runs a statement. `cancellation`, which belongs to `sink`, is requested
  // when time is up or the transaction is stopped.
  Task<absl::Status> Run(const v1::TransactStatement& statement,
                         ResultSink& sink, Cancellation& cancellation,
                         v1::ExecutionSummary* summary);
  Task<absl::Status> SetSavepoint(const std::string& name);
  Task<absl::Status> RollBackTo(const std::string& name);
  Task<absl::Status> ReleaseSavepoint(const std::string& name);
  // Over afterwards, however it ends.
  Task<absl::Status> Commit(v1::TransactCommitted* committed);
  // Over afterwards; never fails, since what is lost is rolled back as well.
  Task<absl::Status> RollBack();

  // Stops it for a reason that a request did not give: the caller has gone,
  // time is up, the server stops. The first reason counts. Interrupts the
  // request in progress.
  void Stop(absl::Status reason);
  // Why it was stopped; OK: it was not.
  const absl::Status& stopped() const { return stopped_; }

  // Counts the time until EndIdle as the caller's silence.
  void StartIdle();
  void EndIdle() { idle_.Stop(); }

  // Rolls back what is open and gives the connection back.
  Task<void> End();

  v1::TransactionState state() const { return state_; }
  bool has_begun() const { return state_ != v1::TRANSACTION_STATE_UNSPECIFIED; }
  bool is_over() const { return over_; }

 private:
  // What a request does while PostgreSQL is at work for it.
  class Unit;

  postgres::Connection& connection() const { return place_->connection(); }
  // Whether it can take more than a rollback.
  absl::Status CheckActive() const;
  absl::Status CheckBegin(const v1::TransactBegin& begin);
  // Whether the grant that it runs under has the right that a statement needs.
  absl::Status CheckRight(const policy::StatementFacts& facts) const;
  TransactionSide SideOf(Cancellation& cancellation);
  Task<absl::Status> RunAdmitted(const v1::TransactStatement& statement,
                                 ResultSink& sink, Cancellation& cancellation,
                                 v1::ExecutionSummary* summary);
  // The same with its records in the audit log.
  Task<absl::Status> RunRecorded(const v1::TransactStatement& statement,
                                 const policy::StatementFacts& facts,
                                 ResultSink& sink, Cancellation& cancellation,
                                 v1::ExecutionSummary* summary);
  Task<absl::Status> RunStatement(const v1::TransactStatement& statement,
                                  const policy::StatementFacts& facts,
                                  ResultSink& sink, Cancellation& cancellation,
                                  v1::ExecutionSummary* summary);
  Task<absl::Status> RunSavepointCommand(absl::string_view command,
                                         const std::string& name);
  void StartStatementTimer(Cancellation& cancellation);
  // What follows from the end of a request: the state, and its status.
  absl::Status Conclude(absl::Status status);
  absl::Status ConcludeCommit(const postgres::CommitResult& result,
                              v1::TransactCommitted* committed);
  // Empty where nothing was written.
  std::string MakeReference(const postgres::TransactionId& id) const;
  absl::Status ConcludeLost(absl::Status status);
  void Finish(v1::TransactionState state);

  ExecutionContext& context_;
  const policy::Permit permit_;
  AuditScope audit_;
  TransactionRecord record_{audit_};
  const std::function<void()> on_stop_;
  policy::AppUsage::Place usage_;
  GrantedDatabase database_;
  // Of its statements.
  policy::Rights rights_;
  postgres::Access access_ = postgres::Access::kReadWrite;
  TransactionTimeouts timeouts_;
  std::optional<Placement> place_;
  v1::TransactionState state_ = v1::TRANSACTION_STATE_UNSPECIFIED;
  bool over_ = false;
  absl::Status stopped_;
  // Of the request in progress.
  Cancellation* running_ = nullptr;
  bool timed_out_ = false;
  Timer statement_;
  Timer idle_;
  Timer total_;
};

}  // namespace sluice::execution

#endif  // SLUICE_SERVER_EXECUTION_INTERACTIVE_TRANSACTION_H_
