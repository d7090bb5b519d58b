#include "server/control/revocation_watcher.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/clock.h"
#include "server/base/backoff.h"
#include "server/telemetry/log.h"

namespace sluice::control {
namespace {

using postgres::Connection;
using postgres::TextRow;
using telemetry::Log;
using telemetry::LogLevel;

// However many notifications come, so long between two reads.
constexpr absl::Duration kLeastInterval = absl::Milliseconds(10);
constexpr absl::Duration kFirstBackoff = absl::Milliseconds(50);
constexpr absl::Duration kMaxBackoff = absl::Seconds(1);
// While a replica is followed, so often the primary is tried again.
constexpr absl::Duration kPrimaryRetry = absl::Seconds(3);
constexpr absl::Duration kMaxAnswerTime = absl::Seconds(2);
constexpr absl::Duration kMinAnswerTime = absl::Milliseconds(250);

}  // namespace

// A server that is followed.
class RevocationWatcher::Session {
 public:
  explicit Session(size_t entry) : entry(entry) {}

  const size_t entry;
  std::shared_ptr<Connection> connection;
  bool listens = false;
  bool notified = false;
  // What was known when its list was asked for.
  int64_t reached_revision = 0;
  // Whether its list has been read.
  bool has_read = false;
  // Whether it has answered well.
  bool serves = false;
  bool is_replica = false;
  SteadyTime asked_at;
  // Of a replica: then the primary is tried again.
  SteadyTime leave_at = SteadyTime::max();
};

RevocationWatcher::RevocationWatcher(EventLoop& loop,
                                     const ControlSettings& settings,
                                     Listener listener)
    : loop_(loop),
      settings_(settings),
      listener_(std::move(listener)),
      known_(settings.clock_skew),
      age_timer_(loop) {}

void RevocationWatcher::Start() {
  running_ = true;
  WatchAge();
  Spawn(Watch());
}

Task<void> RevocationWatcher::Stop() {
  stopping_ = true;
  age_timer_.Stop();
  if (!running_) co_return;
  if (session_ != nullptr && session_->connection != nullptr) {
    session_->connection->Close();
  }
  wake_up_.Signal();
  Latch::WaitAwaiter ended = ended_.Wait();
  co_await ended;
}

Task<void> RevocationWatcher::Watch() {
  Backoff backoff(kFirstBackoff, kMaxBackoff);
  while (!stopping_) {
    bool served = false;
    for (size_t entry = 0;
         entry < settings_.entries.size() && !served && !stopping_; ++entry) {
      Task<bool> following = Follow(entry);
      served = co_await std::move(following);
    }
    if (stopping_) break;
    if (served) backoff.Reset();
    const Deadline until = Deadline::In(backoff.Next());
    while (!stopping_ && !until.Expired()) {
      Task<void> waiting = WaitUntil(until);
      co_await std::move(waiting);
    }
  }
  running_ = false;
  ended_.Open();
}

Task<bool> RevocationWatcher::Follow(size_t entry) {
  Session session(entry);
  session_ = &session;
  Task<absl::Status> serving = Serve(session);
  const absl::Status status = co_await std::move(serving);
  session_ = nullptr;
  if (session.connection != nullptr) session.connection->Close();
  if (!status.ok() && !stopping_) NoteFailure(entry, status);
  co_return session.serves;
}

Task<absl::Status> RevocationWatcher::Serve(Session& session) {
  Task<absl::StatusOr<std::shared_ptr<Connection>>> opening =
      Connection::Open(loop_, settings_.entries[session.entry],
                       postgres::Access::kReadOnly, AnswerDeadline());
  absl::StatusOr<std::shared_ptr<Connection>> opened =
      co_await std::move(opening);
  if (!opened.ok()) co_return opened.status();
  session.connection = *std::move(opened);
  session.connection->OnIdleLoss([this] { wake_up_.Signal(); });
  session.connection->OnNotification([this, &session](absl::string_view name) {
    if (name != kChannel) return;
    session.notified = true;
    wake_up_.Signal();
  });
  while (!stopping_ && SteadyNow() < session.leave_at) {
    Task<absl::Status> asking = AskOnce(session);
    absl::Status status = co_await std::move(asking);
    if (!status.ok()) co_return status;
    Task<void> pause = Pause(session);
    co_await std::move(pause);
  }
  co_return absl::OkStatus();
}

// What it says is complete up to when it was asked.
Task<absl::Status> RevocationWatcher::AskOnce(Session& session) {
  session.notified = false;
  session.asked_at = SteadyNow();
  const postgres::TextQuery query = StateQuery();
  Task<absl::StatusOr<std::vector<TextRow>>> asking =
      RunTextQuery(*session.connection, query, AnswerDeadline());
  const absl::StatusOr<std::vector<TextRow>> rows = co_await std::move(asking);
  if (!rows.ok()) co_return rows.status();
  const absl::StatusOr<ControlState> state = ParseState(*rows);
  if (!state.ok()) co_return state.status();
  session.is_replica = state->lag.has_value();
  if (!session.is_replica && !session.listens) {
    // What changes after it is told; what changed before is asked for below.
    Task<absl::Status> listening = Listen(session);
    absl::Status status = co_await std::move(listening);
    if (!status.ok()) co_return status;
  }
  const bool changed = session.is_replica
                           ? state->revision > known_.revision()
                           : state->revision != known_.revision();
  if (changed || !session.has_read || session.notified) {
    Task<absl::Status> reading = Read(session);
    absl::Status status = co_await std::move(reading);
    if (!status.ok()) co_return status;
  }
  const absl::Duration lag = state->lag.value_or(absl::ZeroDuration());
  freshness_.Note(session.asked_at - absl::ToChronoNanoseconds(lag));
  if (lag > settings_.max_staleness) {
    session.serves = false;
    co_return absl::UnavailableError("the replica is too far behind");
  }
  NoteServing(session);
  co_return absl::OkStatus();
}

Task<absl::Status> RevocationWatcher::Listen(Session& session) {
  const postgres::TextQuery query = ListenQuery();
  Task<absl::StatusOr<std::vector<TextRow>>> listening =
      RunTextQuery(*session.connection, query, AnswerDeadline());
  const absl::StatusOr<std::vector<TextRow>> rows =
      co_await std::move(listening);
  session.listens = rows.ok();
  // One between the first question and this is not told.
  session.notified = true;
  co_return rows.status();
}

Task<absl::Status> RevocationWatcher::Read(Session& session) {
  session.notified = false;
  session.reached_revision = known_.reached_revision();
  const postgres::TextQuery query = ReadQuery();
  Task<absl::StatusOr<std::vector<TextRow>>> reading =
      RunTextQuery(*session.connection, query, AnswerDeadline());
  const absl::StatusOr<std::vector<TextRow>> rows = co_await std::move(reading);
  if (!rows.ok()) co_return rows.status();
  const absl::StatusOr<RevocationList> list = ParseRevocations(*rows);
  if (!list.ok()) co_return list.status();
  session.has_read = true;
  Take(*list, session);
  co_return absl::OkStatus();
}

// Until there is something to ask for.
Task<void> RevocationWatcher::Pause(Session& session) {
  const SteadyTime earliest =
      session.asked_at + absl::ToChronoNanoseconds(kLeastInterval);
  const SteadyTime next_poll =
      session.asked_at + absl::ToChronoNanoseconds(settings_.poll_interval);
  while (!stopping_ && !session.connection->closed()) {
    const SteadyTime until = session.notified ? earliest : next_poll;
    if (SteadyNow() >= until) break;
    Task<void> waiting = WaitUntil(Deadline(until));
    co_await std::move(waiting);
  }
}

Task<void> RevocationWatcher::WaitUntil(Deadline until) {
  Timer timer(loop_);
  timer.Start(until, [this] { wake_up_.Signal(); });
  WakeUp::WaitAwaiter waiting = wake_up_.Wait();
  co_await waiting;
}

void RevocationWatcher::Take(const RevocationList& list, Session& session) {
  if (!session.is_replica && known_.ShowsLoss(list, session.reached_revision)) {
    Log(LogLevel::kError, "revocations_went_back",
        {{"entry", settings_.entries[session.entry].database},
         {"revision", list.revision},
         {"known_revision", session.reached_revision}});
    known_.GoBackTo(list.revision);
  }
  known_.Apply(list);
  Publish();
}

void RevocationWatcher::AddOwn(RevocationRecord record, int64_t revision) {
  known_.AddOwn(std::move(record), revision);
  Publish();
}

void RevocationWatcher::Publish() { listener_(known_.Collect(absl::Now())); }

void RevocationWatcher::NoteServing(Session& session) {
  failures_.erase(session.entry);
  WatchAge();
  if (session.serves) return;
  session.serves = true;
  if (session.entry > 0) {
    session.leave_at =
        SteadyNow() + absl::ToChronoNanoseconds(jitter_.Around(std::min(
                          kPrimaryRetry, settings_.max_staleness / 2)));
  }
  if (followed_ == session.entry) return;
  followed_ = session.entry;
  Log(LogLevel::kInfo, "revocations_followed",
      {{"entry", settings_.entries[session.entry].database},
       {"server", session.is_replica ? "replica" : "primary"},
       {"revision", known_.revision()}});
}

// Once for as long as it fails in the same way.
void RevocationWatcher::NoteFailure(size_t entry, const absl::Status& failure) {
  std::string& logged = failures_[entry];
  std::string message(failure.message());
  if (logged == message) return;
  Log(LogLevel::kWarning, "control_database_failed",
      {{"entry", settings_.entries[entry].database}, {"error", message}});
  logged = std::move(message);
}

void RevocationWatcher::WatchAge() {
  if (stopping_) return;
  const absl::Duration age = freshness_.Age();
  const AgeState state =
      age > settings_.max_staleness ? AgeState::kStale : AgeState::kFresh;
  if (state != age_state_ && state == AgeState::kStale) {
    Log(LogLevel::kError, "revocations_stale",
        {{"max_staleness_seconds",
          absl::ToDoubleSeconds(settings_.max_staleness)}});
  }
  if (state != age_state_ && state == AgeState::kFresh) {
    Log(LogLevel::kInfo, "revocations_fresh",
        {{"age_seconds", absl::ToDoubleSeconds(age)}});
  }
  age_state_ = state;
  age_timer_.Start(Deadline::In(settings_.poll_interval),
                   [this] { WatchAge(); });
}

// A server that is silent for longer is as good as gone.
Deadline RevocationWatcher::AnswerDeadline() const {
  return Deadline::In(
      std::clamp(settings_.max_staleness / 4, kMinAnswerTime, kMaxAnswerTime));
}

}  // namespace sluice::control
