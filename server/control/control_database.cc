#include "server/control/control_database.h"

#include <future>
#include <utility>

#include "absl/time/clock.h"

namespace sluice::control {
namespace {

constexpr absl::Duration kFirstAnswerInterval = absl::Milliseconds(5);

Task<void> EndAndTell(Task<void> task, std::promise<void>& ended) {
  co_await std::move(task);
  ended.set_value();
}

}  // namespace

ControlDatabase::ControlDatabase(EventLoop& loop,
                                 const ControlSettings& settings,
                                 RevocationWatcher::Listener listener)
    : loop_(loop),
      watcher_(loop, settings, std::move(listener)),
      writer_(loop, settings) {
  loop_.Post([this] {
    watcher_.Start();
    writer_.Start();
  });
}

ControlDatabase::~ControlDatabase() {
  std::promise<void> ended;
  loop_.Post([&] { Spawn(EndAndTell(StopParts(), ended)); });
  ended.get_future().wait();
}

Task<void> ControlDatabase::StopParts() {
  Task<void> watcher = watcher_.Stop();
  co_await std::move(watcher);
  Task<void> writer = writer_.Stop();
  co_await std::move(writer);
}

void ControlDatabase::AwaitFirstAnswer(absl::Duration limit) const {
  const Deadline deadline = Deadline::In(limit);
  while (Age() == absl::InfiniteDuration() && !deadline.Expired()) {
    absl::SleepFor(kFirstAnswerInterval);
  }
}

Task<absl::StatusOr<absl::Time>> ControlDatabase::Revoke(
    const Revocation& revocation, Deadline deadline) {
  EventLoop::EnterAwaiter entering = loop_.Enter();
  co_await entering;
  Task<absl::StatusOr<RevocationWriter::Result>> revoking =
      writer_.Revoke(revocation, deadline);
  absl::StatusOr<RevocationWriter::Result> revoked =
      co_await std::move(revoking);
  if (!revoked.ok()) co_return revoked.status();
  const absl::Time revoke_time = revoked->record.revoke_time;
  watcher_.AddOwn(std::move(revoked->record), revoked->revision);
  co_return revoke_time;
}

}  // namespace sluice::control
