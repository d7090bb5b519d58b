// RequestRecord: what a database keeps of a call with a request id, so that the
// call takes place once.

#ifndef SLUICE_SERVER_EXECUTION_REQUEST_RECORD_H_
#define SLUICE_SERVER_EXECUTION_REQUEST_RECORD_H_

#include <optional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/message_lite.h"
#include "server/base/cancellation.h"
#include "server/base/task.h"
#include "server/execution/own_query.h"
#include "server/postgres/pool.h"
#include "sluice/v1/database.pb.h"

namespace sluice::execution {

// Errors: INVALID_ARGUMENT unless it is empty or 1 to 128 printable ASCII
// characters.
absl::Status CheckRequestId(absl::string_view id);

// What tells two calls with the same id apart: a SHA-256 of all that the
// request says, but for the id and the tag.
std::string RequestDigest(const v1::ExecuteRequest& request);
std::string RequestDigest(const v1::RunTransactionRequest& request);

// The record of one call, kept in its database by the functions of the schema
// `sluice`. It is claimed first in the call's transaction, and gets the reply
// last, so that it is there exactly when the transaction took place. Of two
// calls with the same id at once, the later one waits for the end of the other.
class RequestRecord {
 public:
  // `app` and `id` name it.
  RequestRecord(std::string app, std::string id, std::string digest)
      : app_(std::move(app)), id_(std::move(id)), digest_(std::move(digest)) {}

  const std::string& id() const { return id_; }
  const std::string& digest() const { return digest_; }

  // Claims the record, within the transaction. Fails, and with it the
  // transaction, when there is one: see IsClaimed.
  OwnQuery Claim() const;
  // Keeps the reply, within the transaction.
  OwnQuery Keep(const google::protobuf::MessageLite& reply) const;

  // Whether a claim failed since there is a record.
  static bool IsClaimed(const absl::Status& status);
  // What the caller is told when a claim failed otherwise: FAILED_PRECONDITION
  // (REQUEST_ID_UNAVAILABLE) where the database keeps no records, else
  // `status`.
  static absl::Status ClaimError(const absl::Status& status,
                                 absl::string_view database);

  // The reply of the call that took place, serialized; nothing when there is
  // no record (any more). Outside a transaction, on a connection of `pool`.
  // Errors: ALREADY_EXISTS (REQUEST_ID_REUSED) when that call said something
  // else; PostgreSQL's.
  Task<absl::StatusOr<std::optional<std::string>>> FindReply(
      postgres::Connection& connection, postgres::Pool& pool,
      Cancellation& cancellation) const;

  // Whether a transaction that claimed this record has taken place. Absence
  // tells nothing: records are kept for a day.
  // Errors: PostgreSQL's; a database that keeps no records has none.
  Task<absl::StatusOr<bool>> IsKept(postgres::Connection& connection,
                                    postgres::Pool& pool,
                                    Cancellation& cancellation) const;

 private:
  const std::string app_;
  const std::string id_;
  const std::string digest_;
};

// Makes the reply of a call from the one that was kept, and says so in its
// summary.
// Errors: INTERNAL (BACKEND_FAULT) when what was kept is no such reply.
template <typename Response>
absl::Status ReplayInto(const std::string& kept, Response& response);

absl::Status UnreadableReply();

template <typename Response>
absl::Status ReplayInto(const std::string& kept, Response& response) {
  // SQL code can claim a record and commit it without a reply.
  if (kept.empty() || !response.ParseFromString(kept)) return UnreadableReply();
  response.mutable_summary()->set_replayed(true);
  return absl::OkStatus();
}

}  // namespace sluice::execution

#endif  // SLUICE_SERVER_EXECUTION_REQUEST_RECORD_H_
