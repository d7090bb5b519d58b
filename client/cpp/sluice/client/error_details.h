// What an error of a call says beyond its code and message.

#ifndef SLUICE_CLIENT_ERROR_DETAILS_H_
#define SLUICE_CLIENT_ERROR_DETAILS_H_

#include <map>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "sluice/v1/errors.pb.h"

namespace sluice::client {

// Whether a statement that failed may have taken effect.
enum class Executed {
  // Certainly not.
  kNo,
  // Not known: a write may have taken place, or take place yet.
  kUnknown,
  // The server did not say. A read has no effect anyway; a write of a server's
  // error was rolled back, of one of gRPC's own its outcome is open.
  kNotTold,
};

// The details that the status of a call carries. The status itself holds them
// as payloads, by the type URLs of google.rpc's and Sluice's messages.
//
//   const ErrorDetails details = ErrorDetails::From(rows.status());
//   if (details.reason == v1::ERROR_REASON_UNIQUE_VIOLATION) ...
struct ErrorDetails {
  // Of any status; one that has no details gives an empty ErrorDetails.
  static ErrorDetails From(const absl::Status& status);

  // Whether the gateway made the error, or this library in its words (an
  // OUTCOME_UNKNOWN where the answer to a commit was lost on its way). Others
  // are of gRPC (no connection, a deadline that passed here) or of this library
  // (a value that does not fit).
  bool is_from_gateway() const { return !reason_name.empty(); }

  Executed executed() const;
  // For Client::GetTransactionOutcome, of an error with reason
  // OUTCOME_UNKNOWN; empty without one.
  std::string outcome_reference() const;

  // What to test; messages may change. UNSPECIFIED for a reason that is newer
  // than this library.
  v1::ErrorReason reason = v1::ERROR_REASON_UNSPECIFIED;
  // The reason as it came, such as "UNIQUE_VIOLATION"; empty without one.
  std::string reason_name;
  // `sqlstate`, `constraint`, `parameter`, `limit` and the like; docs/errors.md
  // has them all.
  std::map<std::string, std::string> metadata;
  // PostgreSQL's own report, where the error is PostgreSQL's.
  std::optional<v1::PostgresDiagnostic> postgres;
  // The same call may be made again, after this delay at the least.
  std::optional<absl::Duration> retry_delay;
};

}  // namespace sluice::client

#endif  // SLUICE_CLIENT_ERROR_DETAILS_H_
