// Opens connections with libpq, which has PostgreSQL's own code for TLS and
// SCRAM, without blocking the event loop.

#ifndef SLUICE_SERVER_POSTGRES_CONNECTION_OPENER_H_
#define SLUICE_SERVER_POSTGRES_CONNECTION_OPENER_H_

#include <sys/socket.h>

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "server/base/deadline.h"
#include "server/base/event_loop.h"
#include "server/base/task.h"
#include "server/postgres/connection_settings.h"
#include "server/postgres/session_setup.h"
#include "server/postgres/transport.h"

namespace sluice::postgres {

// What a cancel request needs: the peer and the key that it gave out.
struct CancelKey {
  sockaddr_storage address{};
  socklen_t address_size = 0;
  int32_t process_id = 0;
  int32_t secret = 0;
};

// A connection that has passed authentication.
struct OpenedConnection {
  PgConnPtr connection;
  CancelKey cancel_key;
  // As PostgreSQL calls itself: "15.8 (Debian 15.8-0+deb12u1)".
  std::string server_version;
  ReportedSettings reported;
};

// Opens one connection and checks that the gateway can serve it: PostgreSQL
// 14 or newer, encoding UTF-8.
// Errors: UNAVAILABLE (BACKEND_UNAVAILABLE) when it cannot be had in time,
// FAILED_PRECONDITION (BACKEND_UNSUPPORTED). Nothing was executed.
Task<absl::StatusOr<OpenedConnection>> OpenConnection(
    EventLoop& loop, const ConnectionSettings& settings, Deadline deadline);

}  // namespace sluice::postgres

#endif  // SLUICE_SERVER_POSTGRES_CONNECTION_OPENER_H_
