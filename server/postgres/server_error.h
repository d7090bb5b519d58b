// ServerError: an ErrorResponse or NoticeResponse of PostgreSQL, and its
// translation to a status. The only place that knows SQLSTATEs, with
// pooler_fault.h.

#ifndef SLUICE_SERVER_POSTGRES_SERVER_ERROR_H_
#define SLUICE_SERVER_POSTGRES_SERVER_ERROR_H_

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "sluice/v1/database.pb.h"
#include "sluice/v1/errors.pb.h"

namespace sluice::postgres {

// Whether PostgreSQL's DETAIL, which can hold row values, goes to the caller.
enum class DetailPolicy { kOmit, kInclude };

// The fields of an error or notice.
// https://www.postgresql.org/docs/15/protocol-error-fields.html
class ServerError {
 public:
  // Fields that PostgreSQL leaves out, or that are malformed, stay empty.
  static ServerError Parse(absl::string_view body);

  const std::string& sqlstate() const { return fields_.sqlstate(); }
  const std::string& message() const { return fields_.message(); }

  // FATAL and PANIC: the connection ends with it.
  bool EndsConnection() const;

  // A prepared statement that must be prepared again: its result type has
  // changed (0A000) or it is not there (26000). Nothing was executed.
  bool AsksToPrepareAgain() const;

  // A composite has not the fields that its type had when it was looked up, or
  // when the statement was planned (42804): it has been altered, perhaps.
  bool IsAboutChangedType() const;

  // A cancel request, ours or another's, or `statement_timeout` (57014).
  bool IsCancel() const;

  // A commit took place here, and a cancel request ended its wait for the
  // synchronous standby: after a failover it may be gone.
  bool SaysCommitMayBeLost() const;

  // The session is gone and, by the text, so is the news of what became of
  // the work that was sent: a pooler's fault, or the end of the backend.
  bool LeavesOutcomeOpen() const;

  // Translates by the table in server_error.cc (docs/errors.md shows it).
  absl::Status ToStatus(DetailPolicy policy) const;

  v1::Notice ToNotice(DetailPolicy policy) const;

 private:
  // A standby's answer to BEGIN READ WRITE (0A000).
  bool RefusesReadWrite() const;

  v1::PostgresDiagnostic fields_;
  // The function of PostgreSQL's source that reports.
  std::string routine_;
};

// Whether `status` is PostgreSQL's complaint about a type that was dropped
// after its OID had been looked up.
bool IsAboutDroppedType(const absl::Status& status);

}  // namespace sluice::postgres

#endif  // SLUICE_SERVER_POSTGRES_SERVER_ERROR_H_
