// How a transaction runs.

#ifndef SLUICE_CLIENT_TRANSACTION_OPTIONS_H_
#define SLUICE_CLIENT_TRANSACTION_OPTIONS_H_

#include <cstdint>
#include <optional>

#include "absl/time/time.h"
#include "sluice/v1/database.pb.h"

namespace sluice::client {

// Every field may stay as it is: client.Begin({.isolation = kSerializable}).
// Deadline, stop token and tag stand in CallOptions.
struct TransactionOptions {
  // Unset: the database's default, READ COMMITTED unless configured.
  v1::IsolationLevel isolation = v1::ISOLATION_LEVEL_UNSPECIFIED;
  // Unset: read-write.
  v1::TransactionAccess access = v1::TRANSACTION_ACCESS_UNSPECIFIED;
  // Waits for a snapshot that no serialization failure can come of; of a
  // transaction that is serializable and read-only.
  bool deferrable = false;

  // Longest time of a statement: DEADLINE_EXCEEDED, reason STATEMENT_TIMEOUT.
  // This and the next three, unset: the server's limit, to which more is cut.
  std::optional<absl::Duration> statement_timeout = {};
  // Longest wait of a statement for a lock: ABORTED, reason
  // LOCK_NOT_AVAILABLE. Unset: the database's default.
  std::optional<absl::Duration> lock_timeout = {};
  // Longest time that the caller may leave the transaction without a request:
  // ABORTED, reason TRANSACTION_IDLE.
  std::optional<absl::Duration> idle_timeout = {};
  // Longest time of the whole: DEADLINE_EXCEEDED, reason TRANSACTION_TIMEOUT.
  std::optional<absl::Duration> total_timeout = {};

  // As the protocol has them.
  v1::TransactionOptions ToProto() const;
};

inline constexpr v1::IsolationLevel kReadCommitted =
    v1::ISOLATION_LEVEL_READ_COMMITTED;
inline constexpr v1::IsolationLevel kRepeatableRead =
    v1::ISOLATION_LEVEL_REPEATABLE_READ;
inline constexpr v1::IsolationLevel kSerializable =
    v1::ISOLATION_LEVEL_SERIALIZABLE;
inline constexpr v1::TransactionAccess kReadOnly =
    v1::TRANSACTION_ACCESS_READ_ONLY;

// What the result of one statement of a transaction may be; as the fields of
// these names in CallOptions.
struct ResultLimits {
  int64_t max_rows = 0;
  int64_t max_bytes = 0;
  int64_t max_value_bytes = 0;
  v1::LimitAction on_limit = v1::LIMIT_ACTION_UNSPECIFIED;
};

}  // namespace sluice::client

#endif  // SLUICE_CLIENT_TRANSACTION_OPTIONS_H_
