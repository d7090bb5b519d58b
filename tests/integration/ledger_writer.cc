#include "tests/integration/ledger_writer.h"

#include <grpcpp/client_context.h>

#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/support/await.h"
#include "tests/support/call_error.h"
#include "tests/support/values.h"

namespace sluice::testing {
namespace {

constexpr char kEntrySql[] = "INSERT INTO ledger_entry VALUES ($1, $2)";
constexpr char kChangeSql[] = "INSERT INTO balance_change VALUES ($1, $2)";
constexpr char kBothSql[] =
    "WITH entry AS (INSERT INTO ledger_entry VALUES ($1, $2)) "
    "INSERT INTO balance_change VALUES ($1, $2)";
constexpr int64_t kAccounts = 100;

std::vector<v1::Value> ParametersOf(const LedgerWrite& write) {
  return {Int(write.id), Int(write.id % kAccounts)};
}

std::string RequestIdOf(const LedgerWrite& write) {
  return HasRequestId(write.kind) ? absl::StrCat("ledger-", write.id) : "";
}

template <typename Statement>
void Fill(Statement& statement, const char* sql, const LedgerWrite& write) {
  statement.mutable_statement()->set_sql(sql);
  for (const v1::Value& value : ParametersOf(write)) {
    *statement.add_parameters() = value;
  }
}

WriteResult ResultOf(const grpc::Status& status,
                     const v1::ExecutionSummary& summary) {
  WriteResult result;
  result.status = status;
  result.ending = EndingOf(status);
  result.outcome_reference =
      status.ok() ? summary.outcome_reference()
                  : CallError::Of(status).Metadata("outcome_reference");
  result.attempts = summary.attempts();
  result.replayed = summary.replayed();
  return result;
}

// The requests of a stream that writes, `commit` last.
std::vector<v1::TransactRequest> RequestsOf(const LedgerWrite& write) {
  std::vector<v1::TransactRequest> requests(4);
  requests[0].mutable_begin()->set_database("app");
  Fill(*requests[1].mutable_statement(), kEntrySql, write);
  Fill(*requests[2].mutable_statement(), kChangeSql, write);
  requests[3].mutable_commit();
  for (size_t i = 0; i < requests.size(); ++i) {
    requests[i].set_sequence(static_cast<int64_t>(i) + 1);
  }
  return requests;
}

v1::TransactRequest RollbackRequest() {
  v1::TransactRequest request;
  request.set_sequence(100);
  request.mutable_rollback();
  return request;
}

}  // namespace

const char* NameOf(WriteKind kind) {
  switch (kind) {
    case WriteKind::kExecute:
      return "Execute";
    case WriteKind::kExecuteWithId:
      return "ExecuteWithId";
    case WriteKind::kRunTransaction:
      return "RunTransaction";
    case WriteKind::kRunTransactionWithId:
      return "RunTransactionWithId";
    case WriteKind::kTransactAhead:
      return "TransactAhead";
    case WriteKind::kTransactInTurn:
      return "TransactInTurn";
  }
  return "";
}

bool HasRequestId(WriteKind kind) {
  return kind == WriteKind::kExecuteWithId ||
         kind == WriteKind::kRunTransactionWithId;
}

const char* NameOf(Ending ending) {
  constexpr const char* kNames[kEndings] = {"acknowledged", "failed",
                                            "unknown"};
  return kNames[static_cast<int>(ending)];
}

Ending EndingOf(const grpc::Status& status) {
  if (status.ok()) return Ending::kAcknowledged;
  const CallError error = CallError::Of(status);
  if (!error.IsTyped() || error.info.reason() == "OUTCOME_UNKNOWN" ||
      error.Metadata("executed") == "unknown") {
    return Ending::kUnknown;
  }
  return Ending::kFailed;
}

std::ostream& operator<<(std::ostream& out, const WriteResult& result) {
  return out << NameOf(result.ending) << ", attempts " << result.attempts
             << (result.replayed ? ", replayed" : "") << ": "
             << CallError::Of(result.status);
}

std::string MakeLedgerSql() {
  return "CREATE TABLE ledger_entry (id bigint, account int); "
         "CREATE TABLE balance_change (id bigint, account int); "
         "GRANT ALL ON ledger_entry, balance_change TO app";
}

WriteResult LedgerWriter::Write(const LedgerWrite& write) {
  switch (write.kind) {
    case WriteKind::kExecute:
    case WriteKind::kExecuteWithId:
      return Execute(write);
    case WriteKind::kRunTransaction:
    case WriteKind::kRunTransactionWithId:
      return RunTransaction(write);
    case WriteKind::kTransactAhead:
    case WriteKind::kTransactInTurn:
      return Transact(write);
  }
  return {};
}

WriteResult LedgerWriter::Execute(const LedgerWrite& write) {
  v1::ExecuteRequest request;
  request.set_database("app");
  Fill(request, kBothSql, write);
  request.set_request_id(RequestIdOf(write));
  const ExecuteOutcome outcome = client_.Execute(request, write.deadline);
  return ResultOf(outcome.status, outcome.response.summary());
}

WriteResult LedgerWriter::RunTransaction(const LedgerWrite& write) {
  v1::RunTransactionRequest request;
  request.set_database("app");
  Fill(*request.add_steps(), kEntrySql, write);
  Fill(*request.add_steps(), kChangeSql, write);
  request.set_request_id(RequestIdOf(write));
  grpc::ClientContext context;
  SetDeadline(context, write.deadline);
  v1::RunTransactionResponse response;
  const grpc::Status status =
      client_.stub().RunTransaction(&context, request, &response);
  return ResultOf(status, response.summary());
}

WriteResult LedgerWriter::Transact(const LedgerWrite& write) {
  const std::vector<v1::TransactRequest> requests = RequestsOf(write);
  grpc::ClientContext context;
  SetDeadline(context, write.deadline);
  const auto stream = client_.stub().Transact(&context);
  size_t sent = 0;
  const size_t at_once =
      write.kind == WriteKind::kTransactAhead ? requests.size() : 1;
  while (sent < at_once) stream->Write(requests[sent++]);
  bool failed = false;
  v1::TransactResponse reply;
  v1::TransactCommitted committed;
  bool acknowledged = false;
  while (stream->Read(&reply)) {
    if (reply.has_committed()) {
      acknowledged = true;
      committed = reply.committed();
    }
    if (reply.has_error() && !failed) {
      failed = true;
      stream->Write(RollbackRequest());
    }
    if (!failed && sent < requests.size()) stream->Write(requests[sent++]);
  }
  stream->WritesDone();
  WriteResult result = ResultOf(stream->Finish(), {});
  if (acknowledged) {
    result.ending = Ending::kAcknowledged;
    result.outcome_reference = committed.outcome_reference();
  } else if (result.status.ok()) {
    // After `rolled_back`.
    result.ending = Ending::kFailed;
  }
  return result;
}

Outcome<v1::GetTransactionOutcomeResponse> LedgerWriter::AskOutcome(
    const std::string& outcome_reference) {
  v1::GetTransactionOutcomeRequest request;
  request.set_database("app");
  request.set_outcome_reference(outcome_reference);
  Outcome<v1::GetTransactionOutcomeResponse> outcome;
  grpc::ClientContext context;
  SetDeadline(context, absl::Seconds(5));
  outcome.status = client_.stub().GetTransactionOutcome(&context, request,
                                                        &outcome.response);
  return outcome;
}

Outcome<v1::GetTransactionOutcomeResponse> LedgerWriter::AwaitOutcome(
    const std::string& outcome_reference) {
  Outcome<v1::GetTransactionOutcomeResponse> outcome;
  sluice::testing::Await(absl::Seconds(20), [&] {
    outcome = AskOutcome(outcome_reference);
    return outcome.status.error_code() != grpc::StatusCode::UNAVAILABLE &&
           outcome.response.outcome() != v1::TRANSACTION_OUTCOME_IN_PROGRESS;
  });
  return outcome;
}

}  // namespace sluice::testing
