#include "server/postgres/server_error.h"

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "server/base/error.h"
#include "server/base/utf8.h"
#include "server/postgres/pooler_fault.h"
#include "server/postgres/wire.h"

namespace sluice::postgres {
namespace {

using absl::StatusCode;

// How errors of one class, or one SQLSTATE, are told to the caller.
struct Translation {
  // Five characters, or the two of a class.
  absl::string_view sqlstate;
  StatusCode code;
  v1::ErrorReason reason;
};

// The longest match counts, so the order does not.
constexpr Translation kTranslations[] = {
    {"03", StatusCode::kFailedPrecondition, v1::ERROR_REASON_STATEMENT_INVALID},
    {"08", StatusCode::kUnavailable, v1::ERROR_REASON_BACKEND_UNAVAILABLE},
    {"0A", StatusCode::kUnimplemented, v1::ERROR_REASON_FEATURE_NOT_SUPPORTED},
    {"22", StatusCode::kInvalidArgument, v1::ERROR_REASON_DATA_INVALID},
    {"22003", StatusCode::kOutOfRange, v1::ERROR_REASON_DATA_OUT_OF_RANGE},
    {"23", StatusCode::kFailedPrecondition,
     v1::ERROR_REASON_CONSTRAINT_VIOLATION},
    {"23505", StatusCode::kAlreadyExists, v1::ERROR_REASON_UNIQUE_VIOLATION},
    {"25", StatusCode::kFailedPrecondition, v1::ERROR_REASON_TRANSACTION_STATE},
    {"25006", StatusCode::kFailedPrecondition, v1::ERROR_REASON_READ_ONLY},
    {"28", StatusCode::kPermissionDenied, v1::ERROR_REASON_PERMISSION_DENIED},
    {"2D", StatusCode::kFailedPrecondition, v1::ERROR_REASON_TRANSACTION_STATE},
    {"3B", StatusCode::kFailedPrecondition, v1::ERROR_REASON_TRANSACTION_STATE},
    {"3B001", StatusCode::kFailedPrecondition,
     v1::ERROR_REASON_UNKNOWN_SAVEPOINT},
    {"3D000", StatusCode::kUnavailable, v1::ERROR_REASON_BACKEND_UNAVAILABLE},
    {"40", StatusCode::kAborted, v1::ERROR_REASON_SERIALIZATION_FAILURE},
    {"40002", StatusCode::kFailedPrecondition,
     v1::ERROR_REASON_CONSTRAINT_VIOLATION},
    {"40003", StatusCode::kUnknown, v1::ERROR_REASON_OUTCOME_UNKNOWN},
    {"40P01", StatusCode::kAborted, v1::ERROR_REASON_DEADLOCK},
    {"42", StatusCode::kInvalidArgument, v1::ERROR_REASON_STATEMENT_INVALID},
    {"42501", StatusCode::kPermissionDenied,
     v1::ERROR_REASON_PERMISSION_DENIED},
    {"42601", StatusCode::kInvalidArgument, v1::ERROR_REASON_SYNTAX_ERROR},
    {"42702", StatusCode::kInvalidArgument, v1::ERROR_REASON_UNDEFINED_OBJECT},
    {"42703", StatusCode::kInvalidArgument, v1::ERROR_REASON_UNDEFINED_OBJECT},
    {"42704", StatusCode::kInvalidArgument, v1::ERROR_REASON_UNDEFINED_OBJECT},
    {"42725", StatusCode::kInvalidArgument, v1::ERROR_REASON_UNDEFINED_OBJECT},
    {"42883", StatusCode::kInvalidArgument, v1::ERROR_REASON_UNDEFINED_OBJECT},
    {"42P01", StatusCode::kInvalidArgument, v1::ERROR_REASON_UNDEFINED_OBJECT},
    {"42P02", StatusCode::kInvalidArgument, v1::ERROR_REASON_UNDEFINED_OBJECT},
    {"44", StatusCode::kFailedPrecondition,
     v1::ERROR_REASON_CONSTRAINT_VIOLATION},
    {"53", StatusCode::kResourceExhausted, v1::ERROR_REASON_BACKEND_RESOURCES},
    {"54", StatusCode::kInvalidArgument, v1::ERROR_REASON_PROGRAM_LIMIT},
    {"55", StatusCode::kFailedPrecondition, v1::ERROR_REASON_OBJECT_STATE},
    {"55P03", StatusCode::kAborted, v1::ERROR_REASON_LOCK_NOT_AVAILABLE},
    {"57", StatusCode::kUnavailable, v1::ERROR_REASON_BACKEND_UNAVAILABLE},
    {"57014", StatusCode::kCancelled, v1::ERROR_REASON_STATEMENT_CANCELLED},
    {"58", StatusCode::kInternal, v1::ERROR_REASON_BACKEND_FAULT},
    {"F0", StatusCode::kInternal, v1::ERROR_REASON_BACKEND_FAULT},
    {"P0001", StatusCode::kFailedPrecondition, v1::ERROR_REASON_RAISED},
    {"XX", StatusCode::kInternal, v1::ERROR_REASON_BACKEND_FAULT},
};

constexpr Translation kOther = {"", StatusCode::kUnknown,
                                v1::ERROR_REASON_POSTGRES_ERROR};

// A standby refuses BEGIN READ WRITE as a feature that it has not.
constexpr absl::string_view kReadOnlySqlstate = "25006";

const Translation& Translate(absl::string_view sqlstate) {
  const Translation* best = &kOther;
  for (const Translation& one : kTranslations) {
    if (absl::StartsWith(sqlstate, one.sqlstate) &&
        one.sqlstate.size() > best->sqlstate.size()) {
      best = &one;
    }
  }
  return *best;
}

int32_t ParsePosition(absl::string_view text) {
  int32_t position = 0;
  return absl::SimpleAtoi(text, &position) ? position : 0;
}

// The details of an error travel in a header that gRPC bounds at 8 KiB, in
// base64.
size_t MaxFieldBytes(char code) {
  switch (code) {
    case 'D':
      return 1024;
    case 'M':
    case 'H':
    case 'q':
    case 'W':
      return 512;
    default:
      return 256;
  }
}

void SetField(char code, absl::string_view value,
              v1::PostgresDiagnostic& fields) {
  const std::string text(TruncateUtf8(value, MaxFieldBytes(code)));
  switch (code) {
    case 'V':
      return fields.set_severity(text);
    case 'C':
      return fields.set_sqlstate(text);
    case 'M':
      return fields.set_message(text);
    case 'D':
      return fields.set_detail(text);
    case 'H':
      return fields.set_hint(text);
    case 'P':
      return fields.set_position(ParsePosition(value));
    case 'p':
      return fields.set_internal_position(ParsePosition(value));
    case 'q':
      return fields.set_internal_query(text);
    case 'W':
      return fields.set_context(text);
    case 's':
      return fields.set_schema(text);
    case 't':
      return fields.set_table(text);
    case 'c':
      return fields.set_column(text);
    case 'd':
      return fields.set_data_type(text);
    case 'n':
      return fields.set_constraint(text);
    default:
      return;
  }
}

void SetMetadataUnlessEmpty(absl::Status& status, absl::string_view key,
                            const std::string& value) {
  if (!value.empty()) SetErrorMetadata(status, key, value);
}

}  // namespace

ServerError ServerError::Parse(absl::string_view body) {
  ServerError error;
  MessageReader reader(body);
  while (const char code = reader.Byte()) {
    const absl::string_view value = reader.CString();
    // 'S' is the severity in the server's language; pgbouncer sends no other.
    if (code == 'S' && error.fields_.severity().empty()) {
      error.fields_.set_severity(std::string(value));
    }
    if (code == 'R') error.routine_ = std::string(value);
    SetField(code, value, error.fields_);
  }
  return error;
}

bool ServerError::EndsConnection() const {
  return fields_.severity() == "FATAL" || fields_.severity() == "PANIC";
}

// Messages come in the server's language; the names of its functions do not.
bool ServerError::AsksToPrepareAgain() const {
  return sqlstate() == "26000" ||
         (sqlstate() == "0A000" && routine_ == "RevalidateCachedQuery");
}

// Of the settings of type bool it is transaction_read_only alone that ends so.
bool ServerError::RefusesReadWrite() const {
  return sqlstate() == "0A000" && routine_ == "call_bool_check_hook";
}

bool ServerError::IsAboutChangedType() const {
  return sqlstate() == "42804" &&
         (routine_ == "record_recv" || routine_ == "ExecEvalFieldSelect");
}

bool ServerError::IsCancel() const { return sqlstate() == "57014"; }

bool ServerError::SaysCommitMayBeLost() const {
  return fields_.severity() == "WARNING" && routine_ == "SyncRepWaitForLSN";
}

bool ServerError::LeavesOutcomeOpen() const {
  if (sqlstate() == "40003") return true;
  if (!EndsConnection()) return false;
  return ClassifyPoolerFault(sqlstate(), message()) !=
         PoolerFault::kNotExecuted;
}

absl::Status ServerError::ToStatus(DetailPolicy policy) const {
  const Translation& translation =
      Translate(RefusesReadWrite() ? kReadOnlySqlstate : sqlstate());
  absl::Status status =
      MakeError(translation.code, translation.reason, message(),
                {{"sqlstate", sqlstate()},
                 {"executed", LeavesOutcomeOpen() ? "unknown" : "no"}});
  SetMetadataUnlessEmpty(status, "constraint", fields_.constraint());
  SetMetadataUnlessEmpty(status, "table", fields_.table());
  SetMetadataUnlessEmpty(status, "column", fields_.column());
  v1::PostgresDiagnostic diagnostic = fields_;
  if (policy == DetailPolicy::kOmit) diagnostic.clear_detail();
  AttachDetail(status, v1::PostgresDiagnostic::descriptor()->full_name(),
               diagnostic);
  return status;
}

v1::Notice ServerError::ToNotice(DetailPolicy policy) const {
  v1::Notice notice;
  notice.set_severity(fields_.severity());
  notice.set_sqlstate(fields_.sqlstate());
  notice.set_message(fields_.message());
  if (policy == DetailPolicy::kInclude) notice.set_detail(fields_.detail());
  notice.set_hint(fields_.hint());
  return notice;
}

bool IsAboutDroppedType(const absl::Status& status) {
  // An internal message: never translated.
  return ErrorMetadataOf(status, "sqlstate") == "XX000" &&
         absl::StartsWith(status.message(), "cache lookup failed for type");
}

}  // namespace sluice::postgres
