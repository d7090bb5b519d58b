// Executor: runs one unit of work, for every RPC shape: admission, lease, run,
// retry, limits, outcome.

#ifndef SLUICE_SERVER_EXECUTION_EXECUTOR_H_
#define SLUICE_SERVER_EXECUTION_EXECUTOR_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/optional.h"
#include "server/base/event_loop.h"
#include "server/base/task.h"
#include "server/execution/admission.h"
#include "server/execution/description.h"
#include "server/execution/execution_context.h"
#include "server/execution/read_verdicts.h"
#include "server/execution/result_sink.h"
#include "server/execution/served_database.h"
#include "server/execution/work.h"
#include "server/execution/work_timer.h"
#include "server/identity/sealer.h"
#include "server/policy/policy.h"
#include "server/policy/statement_classifier.h"
#include "sluice/config/v1/config.pb.h"
#include "sluice/v1/database.pb.h"

namespace sluice::execution {

// Threads: belongs to one event loop; the constructor may run on any.
class Executor {
 public:
  Executor(EventLoop& loop, policy::StatementClassifier& classifier,
           const config::v1::Config& config, const ServedPlaces& places,
           const identity::Sealer& sealer)
      : context_(loop, classifier, config, places, sealer) {}
  // Drained by then.
  ~Executor() = default;
  Executor(const Executor&) = delete;

  ExecutionContext& context() { return context_; }
  EventLoop& loop() { return context_.loop(); }

  // Runs `work` to its end.
  // Errors: docs/errors.md.
  Task<absl::Status> Run(const Work& work);

  // Describes a statement without executing anything.
  // Errors: docs/errors.md.
  Task<absl::Status> Describe(const DescribeWork& work);

  // As ExecutionContext::Serve. From any thread; it takes effect soon, and
  // before what is posted to the loop later.
  void Serve(std::shared_ptr<const policy::Policy> policy);
  // The same with ExecutionContext's Update, HoldWrites and ReleaseWrites.
  void Update(std::shared_ptr<const topology::Topology> topology);
  void HoldWrites(const std::string& cluster, absl::Duration most);
  void ReleaseWrites(const std::string& cluster);

  // Refuses work from now on; ends when what is in progress has ended.
  Task<void> Drain() { return context_.Drain(); }

  bool Serves(absl::string_view database) const {
    return context_.FindDatabase(database) != nullptr;
  }
  // Whether its primary could be reached lately; false for one not served.
  bool IsReachable(absl::string_view database) const;
  // PostgreSQL's version there; empty before the first connection.
  std::string PostgresVersion(absl::string_view database) const;

 private:
  absl::Status Validate(const Work& work) const;
  // Whether the caller may run it, where, and how.
  absl::StatusOr<Admission> Grant(const Work& work,
                                  policy::StatementFacts facts);
  // Runs a statement of READ_ROUTING_AUTO as Query would, under the role of
  // Execute. None: it is not known to be a read, or PostgreSQL refused it as
  // one, and nothing was executed.
  Task<absl::optional<absl::Status>> RunIfRead(const Work& work,
                                               const Admission& admission,
                                               WorkTimer& timer);
  Task<ReadVerdict> Prove(const Work& work, const Admission& read,
                          WorkTimer& timer);
  Task<absl::Status> RunAdmitted(const Work& work, const Admission& admission,
                                 WorkTimer& timer);
  // The same with its records in the audit log.
  Task<absl::Status> RunRecorded(const Work& work, const Admission& admission,
                                 WorkTimer& timer);
  // A write, in a transaction of its own.
  Task<absl::Status> RunWrite(const Work& work, const Admission& admission);
  // A read, or what PostgreSQL runs outside transactions.
  Task<absl::Status> RunAlone(const Work& work, const Admission& admission,
                              WorkTimer& timer);

  ExecutionContext context_;
};

}  // namespace sluice::execution

#endif  // SLUICE_SERVER_EXECUTION_EXECUTOR_H_
