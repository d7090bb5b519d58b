#include "server/execution/transaction_run.h"

#include <algorithm>
#include <optional>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "server/base/error.h"
#include "server/base/event_loop.h"
#include "server/base/jitter.h"
#include "server/base/proto_duration.h"
#include "server/execution/outcome_reference.h"
#include "server/execution/transaction_errors.h"

namespace sluice::execution {
namespace {

// Tries after a lost connection, and after a stale plan.
constexpr int kMaxLosses = 3;
constexpr int kMaxStalePlans = 3;
constexpr absl::Duration kFirstBackoff = absl::Milliseconds(2);
constexpr absl::Duration kMaxBackoff = absl::Milliseconds(250);

// Runs one transaction, again where that is right.
class Runner {
 public:
  Runner(ExecutionContext& context, const TransactionRun& run)
      : context_(context), run_(run), total_timer_(context.loop()) {}
  Runner(const Runner&) = delete;

  Task<absl::Status> Run() {
    for (;;) {
      ++attempts_;
      Task<absl::Status> trying = TryOnce();
      absl::Status status = co_await std::move(trying);
      if (status.ok()) co_return status;
      if (timed_out_ && ErrorMetadataOf(status, "executed") == "no") {
        co_return run_.timeout_of == TransactionRun::TimeoutOf::kStatement
            ? StatementTimeoutError(run_.total_timeout)
            : TransactionTimeoutError(run_.total_timeout);
      }
      if (!MayRetry()) co_return status;
      const absl::Duration wait = NextWait();
      if (run_.deadline.Remaining() <= wait) co_return status;
      SleepAwaiter a_while(context_.loop(), Deadline::In(wait));
      co_await a_while;
      if (timed_out_) co_return TransactionTimeoutError(run_.total_timeout);
      if (run_.cancellation.Requested()) co_return status;
    }
  }

 private:
  Task<absl::Status> TryOnce() {
    result_ = AttemptResult();
    demoted_ = false;
    const SteadyTime asked_at = SteadyNow();
    Task<absl::StatusOr<Placement>> placing = PlaceOnPrimary(
        run_.database, run_.access, run_.cancellation, demoted_at_);
    absl::StatusOr<Placement> placed = co_await std::move(placing);
    if (!placed.ok()) co_return placed.status();
    const Placement& place = *placed;
    node_ = place.node();
    started_at_ = SteadyNow();
    if (attempts_ == 1) StartTotalTimer();
    queue_time_ += absl::FromChrono(started_at_ - asked_at);

    if (run_.once != nullptr) run_.program.claim = run_.once->record.Claim();
    if (stale_plans_ > 0) {
      run_.program.pace = TransactionProgram::Pace::kStepByStep;
    }
    run_.program.verdict = MakeVerdict();
    run_.program.conclusion = MakeConclusion();
    TransactionAttempt attempt(context_, place, run_.program,
                               run_.cancellation);
    Task<AttemptResult> running = attempt.Run();
    result_ = co_await std::move(running);
    if (result_.status.ok()) {
      // What was kept could not know of the commit.
      if (run_.once == nullptr) {
        Summarize(result_.id);
      } else {
        context_.request_pruner().NoteUse(run_.database);
      }
      run_.summary->set_consistency_token(
          MakeConsistencyToken(place.connection(), result_.lsn));
    } else {
      Task<void> rolling_back =
          postgres::RollBack(place.connection(), place.pool().canceller());
      co_await std::move(rolling_back);
    }
    if (result_.claim_refused && !IsDemoted()) {
      Task<absl::Status> replaying = Replay(place);
      absl::Status replayed = co_await std::move(replaying);
      co_return replayed;
    }
    NoteFailure(*placed);
    co_return Told();
  }

  // A primary that has become a standby refuses writes, before anything took
  // place.
  bool IsDemoted() const {
    return run_.access == postgres::Access::kReadWrite &&
           ReasonOf(result_.status) == v1::ERROR_REASON_READ_ONLY;
  }

  void NoteFailure(Placement& place) {
    if (place.cluster() == nullptr || result_.status.ok()) return;
    demoted_ = IsDemoted();
    if (result_.connection_lost) {
      place.NoteFailure(topology::Suspicion::kConnectionLost);
    } else if (demoted_) {
      // It has to say what it is now before it is tried again.
      demoted_at_ = SteadyNow();
      place.NoteFailure(topology::Suspicion::kReadOnly);
    }
  }

  void StartTotalTimer() {
    if (run_.total_timeout == absl::InfiniteDuration()) return;
    total_timer_.Start(Deadline::In(run_.total_timeout), [this] {
      timed_out_ = true;
      run_.cancellation.Request(CancelCause::kDeadline);
    });
  }

  std::function<absl::Status(const postgres::TransactionId&)> MakeVerdict() {
    if (run_.once == nullptr && run_.judge_reply == nullptr) return nullptr;
    return [this](const postgres::TransactionId& id) {
      Summarize(id);
      return run_.judge_reply == nullptr ? absl::OkStatus()
                                         : run_.judge_reply();
    };
  }

  std::function<OwnQuery(const postgres::TransactionId&)> MakeConclusion() {
    if (run_.once == nullptr) return nullptr;
    return [this](const postgres::TransactionId& /*id*/) {
      return run_.once->record.Keep(run_.once->reply);
    };
  }

  void Summarize(const postgres::TransactionId& id) {
    v1::ExecutionSummary& summary = *run_.summary;
    summary.Clear();
    int64_t rows = 0;
    for (const TransactionStep& step : run_.program.steps) {
      for (const int64_t count : step.row_counts) rows += count;
      if (step.sink->truncated()) summary.set_truncated(true);
    }
    summary.set_rows_affected(rows);
    for (const v1::Notice& notice : result_.notices) {
      *summary.add_notices() = notice;
    }
    summary.set_node(node_);
    summary.set_attempts(attempts_);
    summary.set_outcome_reference(ReferenceOf(id));
    ToProto(queue_time_, summary.mutable_queue_time());
    ToProto(absl::FromChrono(SteadyNow() - started_at_),
            summary.mutable_run_time());
    if (run_.complete_reply != nullptr) run_.complete_reply();
  }

  // Empty where nothing was written.
  std::string ReferenceOf(const postgres::TransactionId& id) const {
    return SealTransaction(context_.sealer(), id, run_.database.name(),
                           run_.app,
                           run_.once == nullptr ? nullptr : &run_.once->record);
  }

  // The claim was refused, and nothing took place now.
  Task<absl::Status> Replay(const Placement& place) {
    postgres::Connection& connection = place.connection();
    if (!RequestRecord::IsClaimed(result_.status)) {
      result_.status =
          RequestRecord::ClaimError(result_.status, run_.database.name());
      co_return Told();
    }
    Task<absl::StatusOr<std::optional<std::string>>> finding =
        run_.once->record.FindReply(connection, place.pool(),
                                    run_.cancellation);
    absl::StatusOr<std::optional<std::string>> kept =
        co_await std::move(finding);
    result_.connection_lost = connection.closed();
    // Pruned this moment: the next attempt gets the claim.
    record_vanished_ = kept.ok() && !kept->has_value();
    if (!kept.ok()) {
      absl::Status status = kept.status();
      // Now nothing was, but the call that has the record took place.
      if (ReasonOf(status) != v1::ERROR_REASON_REQUEST_ID_REUSED) {
        SetErrorMetadata(status, "executed", "unknown");
      }
      co_return status;
    }
    if (record_vanished_) co_return result_.status;
    Task<absl::Status> confirming = Confirm(place);
    absl::Status confirmed = co_await std::move(confirming);
    if (!confirmed.ok()) co_return confirmed;
    absl::Status replayed = run_.once->replay(**kept);
    if (!replayed.ok() || !place.wants_token()) co_return replayed;
    Task<std::string> asking = FetchToken(connection, run_.cancellation);
    std::string token = co_await std::move(asking);
    run_.summary->set_consistency_token(std::move(token));
    co_return absl::OkStatus();
  }

  // What the first call wrote may wait for a synchronous standby, or have
  // stopped waiting.
  Task<absl::Status> Confirm(const Placement& place) {
    Task<postgres::CommandResult> confirming =
        postgres::ConfirmCommits(place.connection(), place.pool().canceller(),
                                 context_.detail_policy(), run_.cancellation);
    const postgres::CommandResult confirmed = co_await std::move(confirming);
    result_.connection_lost = confirmed.connection_lost;
    if (confirmed.status.ok() && !confirmed.commit_may_be_lost) {
      Task<absl::Status> vouching = AwaitCurrent(place);
      absl::Status current = co_await std::move(vouching);
      co_return current;
    }
    co_return MakeError(
        absl::StatusCode::kUnknown, v1::ERROR_REASON_OUTCOME_UNKNOWN,
        "this request took place before, but no synchronous standby has "
        "confirmed its commit yet",
        {{"executed", "unknown"}});
  }

  // What the first call wrote is lost if another primary has come: there this
  // one begins anew.
  Task<absl::Status> AwaitCurrent(const Placement& place) {
    if (place.is_current()) co_return absl::OkStatus();
    Task<absl::Status> waiting = place.AwaitCurrent(run_.cancellation);
    absl::Status current = co_await std::move(waiting);
    result_.connection_lost = place.connection().closed();
    if (!current.ok()) SetErrorMetadata(current, "executed", "unknown");
    co_return current;
  }

  // What the caller is told of an attempt.
  absl::Status Told() {
    absl::Status status = result_.status;
    if (status.ok()) return status;
    if (result_.outcome_open) return OutcomeUnknown();
    if (ReasonOf(status) != v1::ERROR_REASON_TRANSACTION_ENDED) {
      SetErrorMetadata(status, "executed", "no");
    }
    if (run_.name_step == TransactionRun::NameStep::kYes) {
      if (result_.failed_step != AttemptResult::kNoStep) {
        SetErrorMetadata(status, "step", absl::StrCat(result_.failed_step));
      }
      SetErrorMetadata(status, "attempt", absl::StrCat(attempts_));
    }
    return status;
  }

  absl::Status OutcomeUnknown() const {
    absl::Status status =
        OutcomeUnknownError(result_.status, ReferenceOf(result_.id));
    SetErrorMetadata(status, "attempt", absl::StrCat(attempts_));
    return status;
  }

  // Whether another attempt is right; nothing took place.
  bool MayRetry() {
    if (result_.outcome_open || run_.cancellation.Requested()) return false;
    if (result_.connection_lost || demoted_) return ++losses_ < kMaxLosses;
    if (RequestRecord::IsClaimed(result_.status)) return record_vanished_;
    if (result_.plan_changed) return ++stale_plans_ < kMaxStalePlans;
    const v1::ErrorReason reason = ReasonOf(result_.status);
    return run_.retry == TransactionRun::Retry::kConflicts &&
           (reason == v1::ERROR_REASON_SERIALIZATION_FAILURE ||
            reason == v1::ERROR_REASON_DEADLOCK);
  }

  // Full jitter, doubled with each attempt. What was lost or stale is another
  // connection's or plan's turn at once.
  absl::Duration NextWait() {
    if (result_.connection_lost || result_.plan_changed || demoted_) {
      return absl::ZeroDuration();
    }
    backoff_ = std::min(backoff_ * 2, kMaxBackoff);
    return jitter_.Spread(backoff_, 0, 1);
  }

  ExecutionContext& context_;
  const TransactionRun& run_;
  Timer total_timer_;
  bool timed_out_ = false;
  AttemptResult result_;
  // Whether the node has refused to write.
  bool demoted_ = false;
  SteadyTime demoted_at_ = SteadyTime::min();
  std::string node_;
  int attempts_ = 0;
  int losses_ = 0;
  int stale_plans_ = 0;
  bool record_vanished_ = false;
  absl::Duration backoff_ = kFirstBackoff;
  absl::Duration queue_time_;
  SteadyTime started_at_;
  Jitter jitter_;
};

}  // namespace

Task<absl::Status> RunProgram(ExecutionContext& context,
                              const TransactionRun& run) {
  Runner runner(context, run);
  Task<absl::Status> running = runner.Run();
  absl::Status status = co_await std::move(running);
  co_return status;
}

}  // namespace sluice::execution
