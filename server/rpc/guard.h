// Guard: the check that every handler makes first: who calls, and may they.

#ifndef SLUICE_SERVER_RPC_GUARD_H_
#define SLUICE_SERVER_RPC_GUARD_H_

#include <grpcpp/server_context.h>

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/identity/app_directory.h"

namespace sluice::rpc {

// Threads: any.
class Guard {
 public:
  // Lifetime: `apps` outlives it.
  explicit Guard(const identity::AppDirectory& apps) : apps_(apps) {}

  // The app whose certificate the client proved to have.
  // Errors: UNAUTHENTICATED (IDENTITY_INVALID), PERMISSION_DENIED
  // (APP_NOT_ALLOWED).
  absl::StatusOr<const identity::Principal*> Authenticate(
      const grpc::ServerContext& context) const;

  // The same, and that the app may use the database.
  // Errors: as above; NOT_FOUND (UNKNOWN_DATABASE), INVALID_ARGUMENT without a
  // name.
  absl::StatusOr<const identity::Principal*> Authorize(
      const grpc::ServerContext& context, const std::string& database) const;

 private:
  const identity::AppDirectory& apps_;
};

}  // namespace sluice::rpc

#endif  // SLUICE_SERVER_RPC_GUARD_H_
