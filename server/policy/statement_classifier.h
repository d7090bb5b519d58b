// StatementClassifier: runs libpg_query on a thread with the stack that its
// recursion needs. There is a thread only while there is work: texts are seen
// once and remembered.

#ifndef SLUICE_SERVER_POLICY_STATEMENT_CLASSIFIER_H_
#define SLUICE_SERVER_POLICY_STATEMENT_CLASSIFIER_H_

#include <pthread.h>

#include <cstddef>
#include <deque>
#include <functional>
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

  // At most `max_queued` texts wait.
  explicit StatementClassifier(size_t max_queued = kDefaultMaxQueued)
      : max_queued_(max_queued) {}

  // Answers those that wait with UNAVAILABLE; ends with the thread.
  ~StatementClassifier();

  StatementClassifier(const StatementClassifier&) = delete;

  // Calls `done` once, unless it returns an error.
  // Errors: RESOURCE_EXHAUSTED with reason QUEUE_FULL, or TOO_MANY_CALLS if
  // the system refuses the thread or its stack.
  absl::Status Classify(std::string sql, Callback done);

  // Waits for the answer: for tests and for tools.
  absl::StatusOr<StatementFacts> ClassifyNow(std::string sql);

 private:
  struct Job {
    std::string sql;
    Callback done;
  };

  struct Turn {
    Job job;
    bool stopping;
  };

  absl::Status StartThread() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Run();

  // The oldest job. None: there is none, and the thread ends.
  absl::optional<Turn> NextTurn();

  const size_t max_queued_;
  Mutex mutex_;
  std::deque<Job> jobs_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  // Whether the thread will look for a job again.
  bool running_ ABSL_GUARDED_BY(mutex_) = false;
  // To be joined, running or not.
  absl::optional<pthread_t> thread_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace sluice::policy

#endif  // SLUICE_SERVER_POLICY_STATEMENT_CLASSIFIER_H_
