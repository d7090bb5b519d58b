#include "server/rpc/grpc_log.h"

#include <grpc/support/log.h>

#include <atomic>
#include <chrono>
#include <cstdint>

#include "server/base/deadline.h"
#include "server/telemetry/log.h"

namespace sluice::rpc {
namespace {

constexpr int kMaxLinesPerSecond = 10;

// Whether one more line fits into the second at hand.
bool TakeTurn() {
  static std::atomic<int64_t> second{0};
  static std::atomic<int> lines{0};
  const int64_t now = std::chrono::duration_cast<std::chrono::seconds>(
                          SteadyNow().time_since_epoch())
                          .count();
  if (second.exchange(now) != now) lines.store(0);
  return lines.fetch_add(1) < kMaxLinesPerSecond;
}

void Write(gpr_log_func_args* args) {
  if (args->severity != GPR_LOG_SEVERITY_ERROR || !TakeTurn()) return;
  telemetry::Log(telemetry::LogLevel::kWarning, "grpc",
                 {{"message", args->message}});
}

}  // namespace

void RouteGrpcLog() {
  gpr_set_log_verbosity(GPR_LOG_SEVERITY_ERROR);
  gpr_set_log_function(&Write);
}

}  // namespace sluice::rpc
