#include "server/rpc/call_limits.h"

#include <chrono>

#include "absl/strings/str_cat.h"
#include "server/base/error.h"
#include "server/base/proto_duration.h"

namespace sluice::rpc {

CallDuration UnaryDuration(const config::v1::Limits& limits) {
  return CallDuration{FromProto(limits.default_deadline()),
                      FromProto(limits.max_deadline())};
}

CallDuration StreamDuration(const config::v1::Limits& limits) {
  const absl::Duration longest = FromProto(limits.max_stream_deadline());
  return CallDuration{longest, longest};
}

CallDuration TransactDuration(const config::v1::Limits& limits) {
  // As long again for the wait: the transaction has a limit of its own.
  const absl::Duration longest = 2 * FromProto(limits.max_transaction_time());
  return CallDuration{longest, longest};
}

Deadline DeadlineOf(const grpc::ServerContext& context,
                    const CallDuration& duration) {
  const auto told = context.deadline();
  if (told == std::chrono::system_clock::time_point::max()) {
    return Deadline::In(duration.by_default);
  }
  const auto now = std::chrono::system_clock::now();
  // Compared before they are subtracted: the caller may have said centuries.
  if (told > now + absl::ToChronoSeconds(duration.longest)) {
    return Deadline::In(duration.longest);
  }
  return Deadline::In(absl::FromChrono(told - now));
}

absl::Status CallCount::Check() const {
  const uint32_t limit = state_.limits.max_calls();
  if (number_ <= limit) return absl::OkStatus();
  return MakeError(absl::StatusCode::kResourceExhausted,
                   v1::ERROR_REASON_TOO_MANY_CALLS,
                   absl::StrCat("the server already has ", limit,
                                " calls in progress (limits.max_calls)"),
                   {{"limit", absl::StrCat(limit)}, {"executed", "no"}});
}

}  // namespace sluice::rpc
