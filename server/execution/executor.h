// Executor: runs one unit of work, for every RPC shape: admission, lease, run,
// retry, limits, outcome.

#ifndef SLUICE_SERVER_EXECUTION_EXECUTOR_H_
#define SLUICE_SERVER_EXECUTION_EXECUTOR_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "server/base/cancellation.h"
#include "server/base/deadline.h"
#include "server/base/event_loop.h"
#include "server/base/task.h"
#include "server/execution/description.h"
#include "server/execution/result_sink.h"
#include "server/execution/statement_classes.h"
#include "server/policy/statement_classifier.h"
#include "server/postgres/pool.h"
#include "server/postgres/statement.h"
#include "sluice/config/v1/config.pb.h"
#include "sluice/v1/database.pb.h"

namespace sluice::execution {

// One statement of one caller, and where its outcome goes.
// Lifetime: everything referred to outlives the run.
struct Work {
  Work(postgres::Access access, const std::string& database,
       const std::string& sql,
       const google::protobuf::RepeatedPtrField<v1::Value>& parameters,
       const v1::RequestOptions& options, Deadline deadline,
       Cancellation& cancellation, ResultSink& sink,
       v1::ExecutionSummary* summary)
      : access(access),
        database(database),
        sql(sql),
        parameters(parameters),
        options(options),
        deadline(deadline),
        cancellation(cancellation),
        sink(sink),
        summary(summary) {}

  // kReadOnly: PostgreSQL refuses to write; kReadWrite: on the primary.
  const postgres::Access access;
  const std::string& database;
  const std::string& sql;
  const google::protobuf::RepeatedPtrField<v1::Value>& parameters;
  const v1::RequestOptions& options;
  const Deadline deadline;
  Cancellation& cancellation;
  ResultSink& sink;
  v1::ExecutionSummary* const summary;
};

// A database that is served: where its connections come from.
struct ServedDatabase {
  std::string name;
  std::string node;
  postgres::ConnectionSettings connection;
  postgres::PoolLimits pool;
};

// Threads: belongs to one event loop; the constructor may run on any.
class Executor {
 public:
  Executor(EventLoop& loop, policy::StatementClassifier& classifier,
           const config::v1::Config& config,
           const std::vector<ServedDatabase>& databases);
  // Drained by then.
  ~Executor() = default;
  Executor(const Executor&) = delete;

  // The limits of a result that is asked for with `options`.
  ResultLimits UnaryLimits(const v1::RequestOptions& options) const;
  ResultLimits StreamLimits(const v1::RequestOptions& options) const;

  // Runs `work` to its end.
  // Errors: docs/errors.md.
  Task<absl::Status> Run(const Work& work);

  // Describes a statement without executing anything.
  // Errors: docs/errors.md.
  Task<absl::Status> Describe(const DescribeWork& work);

  // Refuses work from now on; ends when what is in progress has ended.
  Task<void> Drain();

  bool Serves(absl::string_view database) const {
    return databases_.contains(database);
  }
  // Whether its backend could be reached lately; false for one not served.
  bool IsReachable(absl::string_view database) const;
  // PostgreSQL's version there; empty before the first connection.
  std::string PostgresVersion(absl::string_view database) const;

  EventLoop& loop() { return loop_; }

 private:
  struct Database {
    std::string node;
    std::unique_ptr<postgres::Pool> pool;
  };

  absl::Status Validate(const Work& work) const;
  // Says whether an RPC takes a statement.
  using Rule = absl::Status (*)(const policy::StatementFacts& facts);
  // The facts of a statement that its RPC takes.
  Task<absl::StatusOr<policy::StatementFacts>> Admit(
      const std::string& sql, Rule rule, const Cancellation& cancellation);
  Task<absl::Status> RunAdmitted(const Work& work,
                                 const policy::StatementFacts& facts,
                                 Database& database);
  postgres::StatementRequest MakeRequest(const Work& work) const;

  EventLoop& loop_;
  const config::v1::Limits limits_;
  const postgres::DetailPolicy detail_policy_;
  StatementClasses classes_;
  absl::flat_hash_map<std::string, Database> databases_;
};

}  // namespace sluice::execution

#endif  // SLUICE_SERVER_EXECUTION_EXECUTOR_H_
