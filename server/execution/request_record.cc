#include "server/execution/request_record.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "server/base/error.h"
#include "server/execution/request_validation.h"
#include "server/identity/digest.h"
#include "server/postgres/own_statement_fault.h"

namespace sluice::execution {
namespace {

constexpr size_t kMaxRequestIdBytes = 128;

constexpr absl::string_view kClaimSql =
    "SELECT FROM sluice.claim_request($1::pg_catalog.text, "
    "$2::pg_catalog.text, $3::pg_catalog.bytea)";
constexpr absl::string_view kKeepSql =
    "SELECT FROM sluice.keep_reply($1::pg_catalog.text, "
    "$2::pg_catalog.text, $3::pg_catalog.bytea)";
constexpr absl::string_view kFindSql =
    "SELECT digest, reply FROM sluice.find_request($1::pg_catalog.text, "
    "$2::pg_catalog.text)";
constexpr absl::string_view kDigestSql =
    "SELECT digest FROM sluice.find_request($1::pg_catalog.text, "
    "$2::pg_catalog.text)";

// The same bytes for the same message, as far as one build of the gateway
// goes: a field that another one does not know is kept as it came.
std::string SerializeDeterministically(
    const google::protobuf::MessageLite& message) {
  std::string bytes;
  google::protobuf::io::StringOutputStream stream(&bytes);
  google::protobuf::io::CodedOutputStream output(&stream);
  output.SetSerializationDeterministic(true);
  message.SerializeWithCachedSizes(&output);
  output.Trim();
  return bytes;
}

template <typename Request>
std::string DigestOf(absl::string_view method, Request request) {
  request.clear_request_id();
  if (request.has_options()) request.mutable_options()->clear_tag();
  // Computes the sizes that are cached.
  request.ByteSizeLong();
  return identity::Sha256(
      absl::StrCat(method, "\n", SerializeDeterministically(request)));
}

OwnQuery MakeQuery(absl::string_view sql, postgres::Access access,
                   const std::string& app, const std::string& id) {
  OwnQuery query;
  query.sql = sql;
  query.access = access;
  *query.parameters.Add() = TextParameter(app);
  *query.parameters.Add() = TextParameter(id);
  return query;
}

}  // namespace

absl::Status CheckRequestId(absl::string_view id) {
  const bool is_printable = std::all_of(id.begin(), id.end(), [](char c) {
    return absl::ascii_isprint(static_cast<unsigned char>(c));
  });
  if (id.size() <= kMaxRequestIdBytes && is_printable) return absl::OkStatus();
  return InvalidField("request_id", "not 1 to 128 printable ASCII characters");
}

std::string RequestDigest(const v1::ExecuteRequest& request) {
  return DigestOf("Execute", request);
}

std::string RequestDigest(const v1::RunTransactionRequest& request) {
  return DigestOf("RunTransaction", request);
}

OwnQuery RequestRecord::Claim() const {
  OwnQuery query =
      MakeQuery(kClaimSql, postgres::Access::kReadWrite, app_, id_);
  *query.parameters.Add() = BytesParameter(digest_);
  return query;
}

OwnQuery RequestRecord::Keep(const google::protobuf::MessageLite& reply) const {
  OwnQuery query = MakeQuery(kKeepSql, postgres::Access::kReadWrite, app_, id_);
  *query.parameters.Add() = BytesParameter(reply.SerializeAsString());
  return query;
}

bool RequestRecord::IsClaimed(const absl::Status& status) {
  return postgres::IsAboutClaimedRequest(status);
}

absl::Status RequestRecord::ClaimError(const absl::Status& status,
                                       absl::string_view database) {
  if (!postgres::IsAboutMissingFunction(status)) return status;
  return MakeError(absl::StatusCode::kFailedPrecondition,
                   v1::ERROR_REASON_REQUEST_ID_UNAVAILABLE,
                   absl::StrCat("database \"", database,
                                "\" keeps no record of request ids"),
                   {{"field", "request_id"}, {"executed", "no"}});
}

Task<absl::StatusOr<std::optional<std::string>>> RequestRecord::FindReply(
    postgres::Connection& connection, postgres::Pool& pool,
    Cancellation& cancellation) const {
  const OwnQuery query = MakeQuery(kFindSql, connection.access(), app_, id_);
  Task<OwnResult> running = RunOwnQuery(connection, pool, query, cancellation);
  const OwnResult result = co_await std::move(running);
  if (!result.status.ok()) co_return result.status;
  if (result.rows.row_count() == 0) co_return std::nullopt;
  if (result.Bytes(0) != digest_) {
    co_return MakeError(absl::StatusCode::kAlreadyExists,
                        v1::ERROR_REASON_REQUEST_ID_REUSED,
                        "request_id: a call with other content has used it",
                        {{"field", "request_id"}, {"executed", "no"}});
  }
  co_return result.Bytes(1);
}

Task<absl::StatusOr<bool>> RequestRecord::IsKept(
    postgres::Connection& connection, postgres::Pool& pool,
    Cancellation& cancellation) const {
  const OwnQuery query = MakeQuery(kDigestSql, connection.access(), app_, id_);
  Task<OwnResult> running = RunOwnQuery(connection, pool, query, cancellation);
  const OwnResult result = co_await std::move(running);
  if (postgres::IsAboutMissingFunction(result.status)) co_return false;
  if (!result.status.ok()) co_return result.status;
  co_return result.rows.row_count() > 0 && result.Bytes(0) == digest_;
}

absl::Status UnreadableReply() {
  return MakeError(absl::StatusCode::kInternal, v1::ERROR_REASON_BACKEND_FAULT,
                   "this request took place before, but its reply was not "
                   "kept so that it can be read",
                   {{"executed", "unknown"}});
}

}  // namespace sluice::execution
