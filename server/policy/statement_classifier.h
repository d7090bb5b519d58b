// StatementClassifier: the thread that runs libpg_query, with the stack that
// its recursion needs.

#ifndef SLUICE_SERVER_POLICY_STATEMENT_CLASSIFIER_H_
#define SLUICE_SERVER_POLICY_STATEMENT_CLASSIFIER_H_

#include <pthread.h>

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/optional.h"
#include "server/base/mutex.h"
#include "server/policy/statement_class.h"

namespace sluice::policy {

// Classifies one text at a time, in the order of arrival.
// Threads: any may call, but ClassifyNow not from within a callback.
class StatementClassifier {
 public:
  // Gets the facts, or an error that AnalyzeStatement lists, or UNAVAILABLE
  // with reason SHUTTING_DOWN. Runs on the classifier's thread and must not
  // block.
  using Callback = std::function<void(absl::StatusOr<StatementFacts>)>;

  static constexpr size_t kDefaultMaxQueued = 1024;

  // Starts the thread. At most `max_queued` texts wait.
  // Errors: UNAVAILABLE if the system refuses the thread or its stack.
  static absl::StatusOr<std::unique_ptr<StatementClassifier>> Start(
      size_t max_queued = kDefaultMaxQueued);

  // Answers those that wait with UNAVAILABLE and ends the thread.
  ~StatementClassifier();

  StatementClassifier(const StatementClassifier&) = delete;

  // Calls `done` once, unless it returns an error.
  // Errors: RESOURCE_EXHAUSTED with reason QUEUE_FULL.
  absl::Status Classify(std::string sql, Callback done);

  // Waits for the answer: for tests and for tools.
  absl::StatusOr<StatementFacts> ClassifyNow(std::string sql);

 private:
  struct Job {
    std::string sql;
    Callback done;
  };

  explicit StatementClassifier(size_t max_queued) : max_queued_(max_queued) {}

  absl::Status StartThread();
  void Run();

  // Waits for the oldest job. None: the classifier stops.
  absl::optional<Job> NextJob();
  void RefuseWaiting();

  const size_t max_queued_;
  // Set once, before anybody else sees the object.
  absl::optional<pthread_t> thread_;
  Mutex mutex_;
  std::condition_variable_any changed_;
  std::deque<Job> jobs_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace sluice::policy

#endif  // SLUICE_SERVER_POLICY_STATEMENT_CLASSIFIER_H_
