#include "server/execution/request_validation.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "server/base/error.h"
#include "server/routing/consistency_token.h"

namespace sluice::execution {
namespace {

constexpr size_t kMaxTagBytes = 64;

// A tag is for logs: one word of printable characters.
bool IsTag(absl::string_view tag) {
  return tag.size() <= kMaxTagBytes &&
         std::all_of(tag.begin(), tag.end(), [](char c) {
           return absl::ascii_isprint(static_cast<unsigned char>(c));
         });
}

absl::Status CheckConsistency(const v1::Consistency& consistency) {
  if (consistency.has_at_least()) {
    return routing::ParseToken(consistency.at_least()).status();
  }
  const google::protobuf::Duration& staleness = consistency.max_staleness();
  if (staleness.seconds() < 0 || staleness.nanos() < 0) {
    return InvalidField("options.consistency.max_staleness", "is negative");
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status InvalidField(absl::string_view field, absl::string_view message) {
  return MakeError(absl::StatusCode::kInvalidArgument,
                   v1::ERROR_REASON_INVALID_REQUEST,
                   absl::StrCat(field, ": ", message),
                   {{"field", field}, {"executed", "no"}});
}

absl::Status CheckSql(const std::string& sql,
                      const config::v1::Limits& limits) {
  if (sql.empty()) return InvalidField("statement.sql", "is missing");
  if (sql.find('\0') != std::string::npos) {
    return InvalidField("statement.sql", "holds a NUL");
  }
  if (static_cast<int64_t>(sql.size()) <= limits.max_statement_bytes()) {
    return absl::OkStatus();
  }
  const std::string limit = absl::StrCat(limits.max_statement_bytes());
  return MakeError(
      absl::StatusCode::kInvalidArgument, v1::ERROR_REASON_STATEMENT_TOO_LARGE,
      absl::StrCat("the statement is longer than ", limit,
                   " bytes (limits.max_statement_bytes)"),
      {{"field", "statement.sql"}, {"limit", limit}, {"executed", "no"}});
}

absl::Status CheckParameters(
    const google::protobuf::RepeatedPtrField<v1::Value>& parameters) {
  if (parameters.size() <= std::numeric_limits<uint16_t>::max()) {
    return absl::OkStatus();
  }
  return InvalidField("parameters", "PostgreSQL takes at most 65535");
}

absl::Status CheckTag(absl::string_view field, absl::string_view tag) {
  if (IsTag(tag)) return absl::OkStatus();
  return InvalidField(field, "is not at most 64 printable ASCII characters");
}

absl::Status CheckTag(const v1::RequestOptions& options) {
  return CheckTag("options.tag", options.tag());
}

absl::Status CheckOptions(const v1::RequestOptions& options) {
  if (options.max_rows() < 0) {
    return InvalidField("options.max_rows", "is negative");
  }
  if (options.max_bytes() < 0) {
    return InvalidField("options.max_bytes", "is negative");
  }
  if (options.max_value_bytes() < 0) {
    return InvalidField("options.max_value_bytes", "is negative");
  }
  if (!v1::LimitAction_IsValid(options.on_limit())) {
    return InvalidField("options.on_limit", "is not a known value");
  }
  absl::Status status = CheckTag(options);
  if (!status.ok()) return status;
  return CheckConsistency(options.consistency());
}

}  // namespace sluice::execution
