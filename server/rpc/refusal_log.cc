#include "server/rpc/refusal_log.h"

#include <chrono>
#include <string>
#include <utility>

#include "server/telemetry/log.h"

namespace sluice::rpc {
namespace {

constexpr std::chrono::seconds kInterval(1);

}  // namespace

std::optional<uint64_t> RefusalLog::Count(v1::ErrorReason reason,
                                          SteadyTime now) {
  MutexLock lock(&mutex_);
  Kind& kind = kinds_[static_cast<int>(reason)];
  ++kind.untold;
  if (kind.told_at.has_value() && now - *kind.told_at < kInterval) {
    return std::nullopt;
  }
  kind.told_at = now;
  return std::exchange(kind.untold, 0);
}

void RefusalLog::Note(v1::ErrorReason reason, absl::string_view app,
                      absl::string_view peer) {
  const std::optional<uint64_t> count = Count(reason, SteadyNow());
  if (!count.has_value()) return;
  telemetry::Log(telemetry::LogLevel::kWarning, "call_refused",
                 {{"reason", v1::ErrorReason_Name(reason)},
                  {"app", app},
                  {"peer", peer},
                  {"count", *count}});
}

}  // namespace sluice::rpc
