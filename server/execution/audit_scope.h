// AuditScope: whom the audit log names for what a call does.

#ifndef SLUICE_SERVER_EXECUTION_AUDIT_SCOPE_H_
#define SLUICE_SERVER_EXECUTION_AUDIT_SCOPE_H_

#include <string>

#include "absl/strings/string_view.h"
#include "server/telemetry/audit_log.h"

namespace sluice::execution {

// Lifetime: a call's.
struct AuditScope {
  // Null: nothing is recorded. Outlives every call.
  telemetry::AuditLog* log = nullptr;
  // "/sluice.v1.Database/Execute".
  absl::string_view method;
  std::string app;
  // As in the certificate.
  std::string identity;
  // Empty where there is no token.
  std::string token_id;
  // As gRPC writes it.
  std::string peer;
};

}  // namespace sluice::execution

#endif  // SLUICE_SERVER_EXECUTION_AUDIT_SCOPE_H_
