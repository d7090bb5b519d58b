#include "server/execution/transaction_options.h"

#include <algorithm>
#include <cstdint>
#include <limits>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "server/base/proto_duration.h"
#include "server/execution/request_validation.h"

namespace sluice::execution {
namespace {

constexpr int32_t kNanosPerSecond = 1'000'000'000;
// https://protobuf.dev/reference/protobuf/google.protobuf/#duration
constexpr int64_t kMaxSeconds = 315'576'000'000;
// PostgreSQL's timeouts are int4 of milliseconds, and 0 means none.
constexpr absl::Duration kMinTimeout = absl::Milliseconds(1);
constexpr absl::Duration kMaxTimeout =
    absl::Milliseconds(std::numeric_limits<int32_t>::max());

int64_t PostgresMilliseconds(absl::Duration timeout) {
  return absl::ToInt64Milliseconds(std::clamp(
      absl::Ceil(timeout, absl::Milliseconds(1)), kMinTimeout, kMaxTimeout));
}

bool IsPositive(const google::protobuf::Duration& duration) {
  return duration.seconds() >= 0 && duration.seconds() <= kMaxSeconds &&
         duration.nanos() >= 0 && duration.nanos() < kNanosPerSecond &&
         (duration.seconds() > 0 || duration.nanos() > 0);
}

absl::Status CheckTimeout(absl::string_view field,
                          const google::protobuf::Duration& duration) {
  if (IsPositive(duration)) return absl::OkStatus();
  return InvalidField(absl::StrCat("transaction.", field),
                      "is not a positive duration");
}

// The isolation level as BEGIN has it; empty for the database's default.
absl::string_view IsolationSql(v1::IsolationLevel isolation) {
  switch (isolation) {
    case v1::ISOLATION_LEVEL_READ_COMMITTED:
      return " ISOLATION LEVEL READ COMMITTED";
    case v1::ISOLATION_LEVEL_REPEATABLE_READ:
      return " ISOLATION LEVEL REPEATABLE READ";
    case v1::ISOLATION_LEVEL_SERIALIZABLE:
      return " ISOLATION LEVEL SERIALIZABLE";
    default:
      return "";
  }
}

}  // namespace

absl::Status CheckTransactionOptions(const v1::TransactionOptions& options) {
  if (!v1::IsolationLevel_IsValid(options.isolation())) {
    return InvalidField("transaction.isolation", "is not a known value");
  }
  if (!v1::TransactionAccess_IsValid(options.access())) {
    return InvalidField("transaction.access", "is not a known value");
  }
  absl::Status status;
  const auto check = [&status](absl::string_view field, bool is_set,
                               const google::protobuf::Duration& duration) {
    if (status.ok() && is_set) status = CheckTimeout(field, duration);
  };
  check("statement_timeout", options.has_statement_timeout(),
        options.statement_timeout());
  check("lock_timeout", options.has_lock_timeout(), options.lock_timeout());
  check("idle_timeout", options.has_idle_timeout(), options.idle_timeout());
  check("total_timeout", options.has_total_timeout(), options.total_timeout());
  return status;
}

TransactionTimeouts TimeoutsOf(const v1::TransactionOptions& options,
                               const config::v1::Limits& limits,
                               const policy::AppLimits& app) {
  TransactionTimeouts timeouts;
  timeouts.statement = std::min(FromProto(limits.max_transaction_statement()),
                                app.max_statement_time);
  timeouts.idle = FromProto(limits.max_transaction_idle());
  timeouts.total = std::min(FromProto(limits.max_transaction_time()),
                            app.max_transaction_time);
  if (options.has_statement_timeout()) {
    timeouts.statement =
        std::min(timeouts.statement, FromProto(options.statement_timeout()));
  }
  if (options.has_idle_timeout()) {
    timeouts.idle = std::min(timeouts.idle, FromProto(options.idle_timeout()));
  }
  if (options.has_total_timeout()) {
    timeouts.total =
        std::min(timeouts.total, FromProto(options.total_timeout()));
  }
  return timeouts;
}

postgres::Access AccessOf(const v1::TransactionOptions& options) {
  return options.access() == v1::TRANSACTION_ACCESS_READ_ONLY
             ? postgres::Access::kReadOnly
             : postgres::Access::kReadWrite;
}

std::string BeginSql(const v1::TransactionOptions& options) {
  return absl::StrCat("BEGIN", IsolationSql(options.isolation()),
                      AccessOf(options) == postgres::Access::kReadOnly
                          ? " READ ONLY"
                          : " READ WRITE",
                      options.deferrable() ? " DEFERRABLE" : " NOT DEFERRABLE");
}

std::string StatementTimeoutSql(const TransactionTimeouts& timeouts) {
  return absl::StrCat("SET LOCAL statement_timeout = ",
                      PostgresMilliseconds(timeouts.statement));
}

std::string LockTimeoutSql(const v1::TransactionOptions& options) {
  if (!options.has_lock_timeout()) return "";
  return absl::StrCat("SET LOCAL lock_timeout = ",
                      PostgresMilliseconds(FromProto(options.lock_timeout())));
}

}  // namespace sluice::execution
