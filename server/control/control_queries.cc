#include "server/control/control_queries.h"

#include <cstddef>
#include <string>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "server/base/error.h"
#include "server/postgres/own_statement_fault.h"

namespace sluice::control {
namespace {

using postgres::TextQuery;
using postgres::TextRow;

// As the control database calls them.
constexpr std::pair<RevocationKind, absl::string_view> kKinds[] = {
    {RevocationKind::kToken, "token_id"},
    {RevocationKind::kApp, "app"},
    {RevocationKind::kCertificate, "certificate_thumbprint"},
    {RevocationKind::kKey, "key_id"},
};

absl::string_view NameOf(RevocationKind kind) {
  return kKinds[static_cast<size_t>(kind)].second;
}

std::optional<RevocationKind> FindKind(absl::string_view name) {
  for (const auto& [kind, kind_name] : kKinds) {
    if (kind_name == name) return kind;
  }
  return std::nullopt;
}

absl::Status NotUnderstood() {
  return absl::InternalError("the control database gave an unknown answer");
}

// False: it is no integer.
bool TakeInteger(const std::optional<std::string>& value, int64_t& integer) {
  return value.has_value() && absl::SimpleAtoi(*value, &integer);
}

// A time in microseconds since 1970.
bool TakeTime(const std::optional<std::string>& value, absl::Time& time) {
  int64_t microseconds = 0;
  if (!TakeInteger(value, microseconds)) return false;
  time = absl::FromUnixMicros(microseconds);
  return true;
}

absl::StatusOr<RevocationRecord> ParseRecord(const TextRow& row) {
  const std::optional<RevocationKind> kind =
      FindKind(row[1].value_or(std::string()));
  RevocationRecord record;
  if (!kind.has_value() || !row[2].has_value() ||
      !TakeTime(row[3], record.revoke_time)) {
    return NotUnderstood();
  }
  record.kind = *kind;
  record.value = *row[2];
  record.expire_time = absl::InfiniteFuture();
  if (row[4].has_value() && !TakeTime(row[4], record.expire_time)) {
    return NotUnderstood();
  }
  return record;
}

}  // namespace

TextQuery ListenQuery() { return TextQuery("LISTEN sluice_revocation", {}); }

TextQuery StateQuery() {
  return TextQuery(
      "SELECT sluice_control.revision(), pg_catalog.trunc(1000000 * "
      "pg_catalog.extract('epoch', sluice_control.replica_lag()))",
      {});
}

absl::StatusOr<ControlState> ParseState(const std::vector<TextRow>& rows) {
  ControlState state;
  if (rows.size() != 1 || rows[0].size() != 2 ||
      !TakeInteger(rows[0][0], state.revision)) {
    return NotUnderstood();
  }
  if (rows[0][1].has_value()) {
    int64_t microseconds = 0;
    if (!TakeInteger(rows[0][1], microseconds)) return NotUnderstood();
    state.lag = absl::Microseconds(microseconds);
  }
  return state;
}

TextQuery ReadQuery() {
  return TextQuery(
      "SELECT revision, kind, value, pg_catalog.trunc(1000000 * "
      "pg_catalog.extract('epoch', revoke_time)), "
      "CASE WHEN pg_catalog.isfinite(expire_time) THEN pg_catalog.trunc("
      "1000000 * pg_catalog.extract('epoch', expire_time)) END "
      "FROM sluice_control.read_revocations()",
      {});
}

absl::StatusOr<RevocationList> ParseRevocations(
    const std::vector<TextRow>& rows) {
  RevocationList list;
  for (const TextRow& row : rows) {
    if (row.size() != 5 || !TakeInteger(row[0], list.revision)) {
      return NotUnderstood();
    }
    // The one row of an empty list.
    if (!row[1].has_value()) continue;
    absl::StatusOr<RevocationRecord> record = ParseRecord(row);
    if (!record.ok()) return record.status();
    list.records.push_back(*std::move(record));
  }
  if (rows.empty()) return NotUnderstood();
  return list;
}

TextQuery RevokeQuery(const Revocation& revocation, absl::Time expire_time) {
  const std::string expiry =
      expire_time == absl::InfiniteFuture()
          ? "infinity"
          : absl::FormatTime("%Y-%m-%d %H:%M:%E6S+00", expire_time,
                             absl::UTCTimeZone());
  return TextQuery(
      "SELECT pg_catalog.trunc(1000000 * pg_catalog.extract('epoch', "
      "revoke_time)), revision FROM sluice_control.revoke($1, $2, $3, $4, $5)",
      {std::string(NameOf(revocation.kind)), revocation.value, expiry,
       revocation.actor, revocation.reason});
}

absl::StatusOr<RevokeAnswer> ParseRevoked(const std::vector<TextRow>& rows) {
  RevokeAnswer answer;
  if (rows.size() != 1 || rows[0].size() != 2 ||
      !TakeTime(rows[0][0], answer.revoke_time) ||
      !TakeInteger(rows[0][1], answer.revision)) {
    return NotUnderstood();
  }
  return answer;
}

TextQuery BeatQuery(absl::Duration least_interval) {
  return TextQuery(
      "SELECT sluice_control.beat($1)",
      {absl::StrCat(absl::ToInt64Milliseconds(least_interval), " ms")});
}

TextQuery PruneQuery(int max_rows) {
  return TextQuery("SELECT sluice_control.prune($1)", {absl::StrCat(max_rows)});
}

absl::Status ControlError(const absl::Status& failure) {
  if (postgres::IsAboutMissingFunction(failure)) {
    return MakeError(absl::StatusCode::kFailedPrecondition,
                     v1::ERROR_REASON_REVOCATION_UNAVAILABLE,
                     "the control database has no schema sluice_control for "
                     "the gateway's role (sluice-provision schema control)",
                     {{"executed", "no"}});
  }
  const std::string executed = ErrorMetadataOf(failure, "executed");
  return MakeError(absl::StatusCode::kUnavailable,
                   v1::ERROR_REASON_REVOCATION_STALE,
                   "the control database cannot be reached",
                   {{"executed", executed.empty() ? "no" : executed}});
}

}  // namespace sluice::control
