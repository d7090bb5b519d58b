#include "server/postgres/pool_opener.h"

#include <utility>

#include "server/postgres/risky_functions.h"
#include "server/telemetry/log.h"

namespace sluice::postgres {
namespace {

constexpr absl::Duration kFirstBackoff = absl::Milliseconds(50);
constexpr absl::Duration kMaxBackoff = absl::Seconds(1);

}  // namespace

PoolOpener::PoolOpener(EventLoop& loop, ConnectionSettings settings,
                       absl::Duration lifetime)
    : loop_(loop),
      settings_(std::move(settings)),
      lifetime_(lifetime),
      backoff_(kFirstBackoff, kMaxBackoff) {}

Task<absl::StatusOr<std::shared_ptr<Connection>>> PoolOpener::Open(
    Access access) {
  Task<absl::StatusOr<std::shared_ptr<Connection>>> opening = Connection::Open(
      loop_, settings_, access, Deadline::In(settings_.connect_timeout));
  absl::StatusOr<std::shared_ptr<Connection>> opened =
      co_await std::move(opening);
  if (!opened.ok()) {
    NoteFailure(opened.status());
    co_return opened.status();
  }
  NoteSuccess(**opened);
  if (!functions_checked_ && !settings_.role.empty()) {
    Task<void> warning = WarnOfFunctions(**opened);
    co_await std::move(warning);
  }
  co_return std::move(opened);
}

void PoolOpener::NoteSuccess(Connection& connection) {
  if (last_failed_) {
    telemetry::Log(telemetry::LogLevel::kInfo, "backend_reachable",
                   {{"entry", settings_.database}});
  }
  last_failed_ = false;
  backoff_.Reset();
  server_version_ = connection.server_version();
  // A tenth either way, so that those opened together do not end together.
  connection.set_retire_at(
      Deadline::In(jitter_.Spread(lifetime_, 0.9, 1.1)).at());
}

void PoolOpener::NoteFailure(const absl::Status& status) {
  if (!last_failed_) {
    telemetry::Log(
        telemetry::LogLevel::kWarning, "backend_unreachable",
        {{"entry", settings_.database}, {"error", status.message()}});
  }
  last_failed_ = true;
  next_try_at_ = Deadline::In(backoff_.Next()).at();
}

Task<void> PoolOpener::WarnOfFunctions(Connection& connection) {
  functions_checked_ = true;
  Timer timer(loop_);
  timer.Start(Deadline::In(settings_.connect_timeout),
              [&connection] { connection.Close(); });
  Task<std::string> finding = FindRiskyFunctions(connection);
  const std::string functions = co_await std::move(finding);
  if (functions.empty()) co_return;
  telemetry::Log(telemetry::LogLevel::kWarning, "role_has_risky_functions",
                 {{"entry", settings_.database},
                  {"role", settings_.role},
                  {"functions", functions}});
}

}  // namespace sluice::postgres
