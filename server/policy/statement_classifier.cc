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

absl::StatusOr<StatementFacts> ShuttingDown() {
  return MakeError(absl::StatusCode::kUnavailable,
                   v1::ERROR_REASON_SHUTTING_DOWN, "the server is stopping",
                   {{"executed", "no"}});
}

}  // namespace

StatementClassifier::~StatementClassifier() {
  absl::optional<pthread_t> thread;
  {
    MutexLock lock(&mutex_);
    stopping_ = true;
    thread = thread_;
  }
  if (thread.has_value()) pthread_join(*thread, nullptr);
}

absl::Status StatementClassifier::StartThread() {
  // The last one has ended, or is about to.
  if (thread_.has_value()) pthread_join(*thread_, nullptr);
  thread_.reset();
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
    return MakeError(absl::StatusCode::kResourceExhausted,
                     v1::ERROR_REASON_TOO_MANY_CALLS,
                     absl::StrCat("no thread for the statement classifier: ",
                                  std::strerror(error)),
                     {{"executed", "no"}});
  }
  thread_ = thread;
  return absl::OkStatus();
}

absl::Status StatementClassifier::Classify(std::string sql, Callback done) {
  MutexLock lock(&mutex_);
  if (jobs_.size() >= max_queued_) {
    return MakeError(
        absl::StatusCode::kResourceExhausted, v1::ERROR_REASON_QUEUE_FULL,
        absl::StrCat("the queue for the classification of statements holds ",
                     max_queued_, " already"),
        {{"executed", "no"}});
  }
  if (!running_) {
    absl::Status started = StartThread();
    if (!started.ok()) return started;
    running_ = true;
  }
  jobs_.push_back(Job{std::move(sql), std::move(done)});
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
  while (absl::optional<Turn> turn = NextTurn()) {
    turn->job.done(turn->stopping ? ShuttingDown()
                                  : AnalyzeStatement(turn->job.sql));
  }
}

absl::optional<StatementClassifier::Turn> StatementClassifier::NextTurn() {
  MutexLock lock(&mutex_);
  if (jobs_.empty()) {
    running_ = false;
    return absl::nullopt;
  }
  Turn turn{std::move(jobs_.front()), stopping_};
  jobs_.pop_front();
  return turn;
}

}  // namespace sluice::policy
