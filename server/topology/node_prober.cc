#include "server/topology/node_prober.h"

#include <algorithm>
#include <utility>

#include "server/postgres/pooler_fault.h"
#include "server/postgres/pooler_ping.h"
#include "server/topology/probe_query.h"

namespace sluice::topology {
namespace {

using postgres::Connection;
using Outcome = ProbeResult::Outcome;

// From one question to the next at least: over the open connection, and where
// one must be opened, which costs both sides milliseconds.
constexpr absl::Duration kLeastInterval = absl::Milliseconds(10);
constexpr absl::Duration kLeastOpeningInterval = absl::Milliseconds(100);

}  // namespace

NodeProber::NodeProber(EventLoop& loop,
                       const postgres::ConnectionSettings& entry,
                       const Pace& pace, Listener listener)
    : loop_(loop), entry_(entry), pace_(pace), listener_(std::move(listener)) {}

void NodeProber::Start() {
  running_ = true;
  Spawn(Run());
}

void NodeProber::Cease() {
  ceasing_ = true;
  CloseConnection();
  wake_up_.Signal();
}

Task<void> NodeProber::Stop() {
  Cease();
  if (!running_) co_return;
  Latch::WaitAwaiter ended = ended_.Wait();
  co_await ended;
}

void NodeProber::Hurry() {
  if (asking_) return;
  hurried_ = true;
  wake_up_.Signal();
}

void NodeProber::SetInterval(absl::Duration interval) {
  if (interval == pace_.interval) return;
  pace_.interval = interval;
  wake_up_.Signal();
}

Task<void> NodeProber::Run() {
  while (!ceasing_) {
    const SteadyTime started_at = SteadyNow();
    hurried_ = false;
    asking_ = true;
    Task<ProbeResult> probing = Probe();
    const ProbeResult result = co_await std::move(probing);
    asking_ = false;
    if (ceasing_) break;
    last_outcome_ = result.outcome;
    listener_(result);
    Task<void> pause = Pause(started_at);
    co_await std::move(pause);
  }
  CloseConnection();
  ended_.Open();
}

Task<ProbeResult> NodeProber::Probe() {
  ProbeResult result;
  result.asked_at = SteadyNow();
  const Deadline deadline = Deadline::In(pace_.timeout);
  Task<absl::StatusOr<Rows>> asking = Ask(result.asked_at, deadline);
  const absl::StatusOr<Rows> rows = co_await std::move(asking);
  result.ended_at = SteadyNow();
  absl::Status failure = rows.status();
  if (rows.ok()) {
    absl::StatusOr<ParsedAnswer> parsed = ParseProbeAnswer(*rows);
    failure = parsed.status();
    if (parsed.ok()) {
      result.outcome = Outcome::kAnswered;
      result.answer = parsed->answer;
      result.fault = std::move(parsed->fault);
      co_return result;
    }
  }
  CloseConnection();
  result.fault =
      deadline.Expired() ? "no answer in time" : std::string(failure.message());
  Task<Outcome> blaming = Blame(failure);
  result.outcome = co_await std::move(blaming);
  if (result.outcome == Outcome::kPoolerDown) {
    result.fault = "the pooler does not answer";
  }
  co_return result;
}

Task<absl::StatusOr<NodeProber::Rows>> NodeProber::Ask(SteadyTime& asked_at,
                                                       Deadline deadline) {
  if (connection_ == nullptr || connection_->closed()) {
    Task<absl::Status> opening = Open(deadline);
    absl::Status opened = co_await std::move(opening);
    if (!opened.ok()) co_return opened;
  }
  if (ceasing_) co_return absl::CancelledError("");
  // It may be given up meanwhile.
  const std::shared_ptr<Connection> connection = connection_;
  const postgres::TextQuery query = ProbeQuery();
  asked_at = SteadyNow();
  Task<absl::StatusOr<Rows>> asking =
      RunTextQuery(*connection, query, deadline);
  absl::StatusOr<Rows> rows = co_await std::move(asking);
  co_return rows;
}

Task<absl::Status> NodeProber::Open(Deadline deadline) {
  CloseConnection();
  Task<absl::StatusOr<std::shared_ptr<Connection>>> opening =
      Connection::Open(loop_, entry_, postgres::Access::kReadOnly, deadline);
  absl::StatusOr<std::shared_ptr<Connection>> opened =
      co_await std::move(opening);
  if (!opened.ok()) co_return opened.status();
  connection_ = *std::move(opened);
  connection_->OnIdleLoss([this] { Hurry(); });
  co_return absl::OkStatus();
}

Task<ProbeResult::Outcome> NodeProber::Blame(const absl::Status& failure) {
  switch (postgres::OriginOfFault(failure.message())) {
    case postgres::FaultOrigin::kServer:
      co_return Outcome::kRefused;
    case postgres::FaultOrigin::kPooler:
      co_return Outcome::kNotAsked;
    case postgres::FaultOrigin::kUnclear:
      break;
  }
  if (ceasing_) co_return Outcome::kMissed;
  Task<postgres::PoolerPulse> ping =
      PingPooler(loop_, entry_, Deadline::In(pace_.timeout));
  const postgres::PoolerPulse pulse = co_await std::move(ping);
  co_return pulse == postgres::PoolerPulse::kSilent ? Outcome::kPoolerDown
                                                    : Outcome::kMissed;
}

Task<void> NodeProber::Pause(SteadyTime started_at) {
  const absl::Duration least = last_outcome_ == Outcome::kAnswered
                                   ? kLeastInterval
                                   : kLeastOpeningInterval;
  const absl::Duration share = jitter_.Spread(absl::Seconds(1), 0.8, 1);
  while (!ceasing_) {
    // After a missed answer the next question is not far. The pace may change
    // meanwhile.
    const absl::Duration interval =
        last_outcome_ == Outcome::kMissed
            ? std::min(pace_.interval, pace_.timeout)
            : pace_.interval;
    const absl::Duration usual =
        std::max(least, interval * absl::ToDoubleSeconds(share));
    const Deadline until(started_at +
                         absl::ToChronoNanoseconds(hurried_ ? least : usual));
    if (until.Expired()) break;
    Timer timer(loop_);
    timer.Start(until, [this] { wake_up_.Signal(); });
    WakeUp::WaitAwaiter waiting = wake_up_.Wait();
    co_await waiting;
  }
}

void NodeProber::CloseConnection() {
  if (connection_ == nullptr) return;
  const std::shared_ptr<Connection> connection =
      std::exchange(connection_, nullptr);
  connection->OnIdleLoss(nullptr);
  connection->Close();
}

}  // namespace sluice::topology
