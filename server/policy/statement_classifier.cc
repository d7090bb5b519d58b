#include "server/policy/statement_classifier.h"

#include <cstring>
#include <future>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "server/base/error.h"
#include "server/policy/statement_analysis.h"

namespace sluice::policy {
namespace {

// At most 15 bytes.
constexpr char kThreadName[] = "sluice-classify";

// A held Mutex as std::condition_variable_any wants it.
class Relock {
 public:
  explicit Relock(Mutex& mutex) : mutex_(mutex) {}
  void lock() ABSL_NO_THREAD_SAFETY_ANALYSIS { mutex_.Lock(); }
  void unlock() ABSL_NO_THREAD_SAFETY_ANALYSIS { mutex_.Unlock(); }

 private:
  Mutex& mutex_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<StatementClassifier>> StatementClassifier::Start(
    size_t max_queued) {
  auto classifier =
      std::unique_ptr<StatementClassifier>(new StatementClassifier(max_queued));
  absl::Status started = classifier->StartThread();
  if (!started.ok()) return started;
  return classifier;
}

StatementClassifier::~StatementClassifier() {
  if (!thread_.has_value()) return;
  {
    MutexLock lock(&mutex_);
    stopping_ = true;
  }
  changed_.notify_one();
  pthread_join(*thread_, nullptr);
}

absl::Status StatementClassifier::StartThread() {
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  absl::Cleanup destroy = [&] { pthread_attr_destroy(&attributes); };
  pthread_attr_setstacksize(&attributes, kAnalysisStackBytes);
  pthread_t thread;
  const int error = pthread_create(
      &thread, &attributes,
      [](void* self) -> void* {
        static_cast<StatementClassifier*>(self)->Run();
        return nullptr;
      },
      this);
  if (error != 0) {
    return absl::UnavailableError(absl::StrCat(
        "no thread for the statement classifier: ", std::strerror(error)));
  }
  thread_ = thread;
  return absl::OkStatus();
}

absl::Status StatementClassifier::Classify(std::string sql, Callback done) {
  {
    MutexLock lock(&mutex_);
    if (jobs_.size() >= max_queued_) {
      return MakeError(
          absl::StatusCode::kResourceExhausted, v1::ERROR_REASON_QUEUE_FULL,
          absl::StrCat("the queue for the classification of statements holds ",
                       max_queued_, " already"),
          {{"executed", "no"}});
    }
    jobs_.push_back(Job{std::move(sql), std::move(done)});
  }
  changed_.notify_one();
  return absl::OkStatus();
}

absl::StatusOr<StatementFacts> StatementClassifier::ClassifyNow(
    std::string sql) {
  std::promise<absl::StatusOr<StatementFacts>> promise;
  absl::Status queued = Classify(
      std::move(sql), [&promise](absl::StatusOr<StatementFacts> answer) {
        promise.set_value(std::move(answer));
      });
  if (!queued.ok()) return queued;
  return promise.get_future().get();
}

void StatementClassifier::Run() {
  pthread_setname_np(pthread_self(), kThreadName);
  while (absl::optional<Job> job = NextJob()) {
    job->done(AnalyzeStatement(job->sql));
  }
  RefuseWaiting();
}

absl::optional<StatementClassifier::Job> StatementClassifier::NextJob() {
  Relock relock(mutex_);
  MutexLock lock(&mutex_);
  while (jobs_.empty() && !stopping_) changed_.wait(relock);
  if (stopping_) return absl::nullopt;
  Job job = std::move(jobs_.front());
  jobs_.pop_front();
  return job;
}

void StatementClassifier::RefuseWaiting() {
  std::deque<Job> waiting;
  {
    MutexLock lock(&mutex_);
    waiting.swap(jobs_);
  }
  for (Job& job : waiting) {
    job.done(MakeError(absl::StatusCode::kUnavailable,
                       v1::ERROR_REASON_SHUTTING_DOWN, "the server is stopping",
                       {{"executed", "no"}}));
  }
}

}  // namespace sluice::policy
