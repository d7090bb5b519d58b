// Sluice from C++: statements in, rows out. The header to include.

#ifndef SLUICE_CLIENT_CLIENT_H_
#define SLUICE_CLIENT_CLIENT_H_

#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "grpcpp/channel.h"
#include "sluice/client/call_options.h"
#include "sluice/client/commit_receipt.h"
#include "sluice/client/error_details.h"
#include "sluice/client/internal/seen_tokens.h"
#include "sluice/client/internal/service.h"
#include "sluice/client/internal/unary_call.h"
#include "sluice/client/options.h"
#include "sluice/client/request_id.h"
#include "sluice/client/row.h"
#include "sluice/client/row_stream.h"
#include "sluice/client/rows.h"
#include "sluice/client/statement.h"
#include "sluice/client/step.h"
#include "sluice/client/token_source.h"
#include "sluice/client/transaction.h"
#include "sluice/client/transaction_options.h"
#include "sluice/client/transaction_plan.h"
#include "sluice/client/transaction_result.h"
#include "sluice/client/typed_row_stream.h"
#include "sluice/v1/database.grpc.pb.h"
#include "sluice/v1/database.pb.h"

namespace sluice::client {

// A caller of a gateway, for one database.
//
//   absl::StatusOr<Client> client = Client::OpenFromEnvironment();
//   if (!client.ok()) return client.status();
//   const absl::StatusOr<Rows> rows = client->Query(
//       "SELECT name, size FROM packages WHERE section = $1", "libs");
//
// Calls wait for their answer. Errors of the gateway keep their code and
// message; ErrorDetails::From says more. Beside them: INVALID_ARGUMENT for a
// parameter that PostgreSQL has no value for, INTERNAL for a malformed answer.
//
// Lifetime: a value; copies share the connection, which lives as long as any of
// them, or of their streams.
// Threads: any, at once.
class Client {
 public:
  // Reads the certificate files. The connection is made by the first call.
  // Errors: FAILED_PRECONDITION where a file can't be read or `options` lacks
  // an address or a database.
  static absl::StatusOr<Client> Open(const ClientOptions& options);
  // With OptionsFromEnvironment.
  static absl::StatusOr<Client> OpenFromEnvironment();
  // Over a channel of the caller's; of `options` only `database`,
  // `read_your_writes` and what stands below them matter.
  Client(const std::shared_ptr<grpc::ChannelInterface>& channel,
         ClientOptions options);

  // The same connection and tokens to another database.
  Client ForDatabase(absl::string_view database) const;

  // The tokens of its calls: for who also makes calls by the stubs.
  const std::shared_ptr<TokenSource>& tokens() const { return service_.tokens; }

  // Runs a statement that reads. The result comes whole, limited by
  // the server to 3 MiB unless configured otherwise: QueryStream has no such
  // limit. Made again where RetryPolicy says so.
  absl::StatusOr<Rows> Query(const Statement& statement,
                             const CallOptions& options = {}) const;
  template <typename... T>
  absl::StatusOr<Rows> Query(absl::string_view sql,
                             const T&... parameters) const {
    return Query(Statement(sql, parameters...));
  }

  // Runs a statement that may write, in a transaction of its own. Where its
  // error says Executed::kUnknown, or is not of the gateway, the write may have
  // taken place. Made again where it has a request id and RetryPolicy says so,
  // else never.
  absl::StatusOr<Rows> Execute(const Statement& statement,
                               const CallOptions& options = {}) const;
  template <typename... T>
  absl::StatusOr<Rows> Execute(absl::string_view sql,
                               const T&... parameters) const {
    return Execute(Statement(sql, parameters...));
  }

  // Runs a statement that reads, of any size, in constant memory. Returns when
  // the columns are known; until then it is made again where RetryPolicy says
  // so.
  absl::StatusOr<RowStream> QueryStream(const Statement& statement,
                                        const CallOptions& options = {}) const;
  template <typename... T>
  absl::StatusOr<RowStream> QueryStream(absl::string_view sql,
                                        const T&... parameters) const {
    return QueryStream(Statement(sql, parameters...));
  }

  // Opens a transaction, and waits until it is open; RetryPolicy says whether
  // that is tried again. The deadline, stop token and tag of `options` are
  // those of the whole transaction, its other fields do not matter.
  absl::StatusOr<Transaction> Begin(const TransactionOptions& transaction = {},
                                    const CallOptions& options = {}) const;

  // Runs `function`, which takes a Transaction& and returns an absl::Status or
  // an absl::StatusOr<T>, in a transaction. Where it returns OK that is
  // committed, else rolled back, which an exception does too. Gives an
  // absl::StatusOr<CommitReceipt>, or an absl::StatusOr<Committed<T>>.
  //
  //   const auto moved = client.RunInTransaction(
  //       [&](Transaction& transaction) -> absl::Status {
  //         return transaction.Execute("UPDATE ...", id).status();
  //       },
  //       {.isolation = kSerializable}, {.timeout = absl::Seconds(5)});
  //
  // It is run again, in a new transaction, as
  // `ClientOptions::transaction_retry` or `CallOptions::retry` say: it must not
  // change anything but what it may change twice. The deadline is that of all
  // runs together.
  //
  // Errors: those of the function, as it returned them; of the commit, as
  // Transaction::Commit. OUTCOME_UNKNOWN only where the outcome was asked for
  // and not told before the deadline; never run again then.
  template <typename Function>
  auto RunInTransaction(Function&& function,
                        const TransactionOptions& transaction = {},
                        const CallOptions& options = {}) const;

  // Runs a whole transaction in one call. The gateway itself runs it again
  // after a serialization failure or a deadlock (`summary().attempts()`).
  // Limits are those of all results together. Errors and repetition are as of
  // Execute; `step` of ErrorDetails::metadata names the step at fault.
  absl::StatusOr<TransactionResult> RunTransaction(
      const TransactionPlan& plan, const TransactionOptions& transaction = {},
      const CallOptions& options = {}) const;
  // The same of a request that was written elsewhere. It is sent as it is; a
  // database that it lacks is the client's. Of `options` only deadline, stop
  // token and retry matter.
  absl::StatusOr<TransactionResult> RunTransaction(
      v1::RunTransactionRequest request, const CallOptions& options = {}) const;

  // What became of a transaction, by `outcome_reference` of a CommitReceipt, an
  // ExecutionSummary or an error's ErrorDetails.
  absl::StatusOr<v1::TransactionOutcome> GetTransactionOutcome(
      absl::string_view outcome_reference,
      const CallOptions& options = {}) const;

  // What a statement takes and gives, without running it. Parameters may be
  // left out; those that carry a type (Typed) are taken into account.
  // `ClientOptions::read_your_writes` does not count here: pass
  // `CallOptions::consistency` where it must see a DDL of before.
  absl::StatusOr<v1::DescribeResponse> Describe(
      const Statement& statement,
      v1::ExplainMode explain = v1::EXPLAIN_MODE_NONE,
      const CallOptions& options = {}) const;

  // What the caller may use, and within which limits.
  absl::StatusOr<v1::GetCapabilitiesResponse> GetCapabilities(
      const CallOptions& options = {}) const;

 private:
  absl::StatusOr<CommitReceipt> RunFunction(
      absl::FunctionRef<absl::Status(Transaction&)> function,
      const TransactionOptions& transaction, const CallOptions& options) const;
  Transaction OpenTransaction(const TransactionOptions& transaction,
                              const CallOptions& options,
                              const internal::CallBounds& bounds,
                              int attempt) const;
  // Those of the caller, with the consistency of a read that names none.
  CallOptions WithConsistency(const CallOptions& options) const;
  // To be called before a write is sent.
  internal::SeenTokens::Write StartWrite(const std::string& database) const;
  // Takes notice of a write that took place, or of one that failed.
  void NoteWrite(const internal::SeenTokens::Write& write,
                 const absl::StatusOr<internal::WriteReply>& reply) const;
  // Makes a unary call, and again where `rule` says so.
  template <typename Request, typename Response>
  absl::StatusOr<Response> Call(
      internal::UnaryMethod<v1::Database::StubInterface, Request, Response>
          method,
      const Request& request, const CallOptions& options,
      internal::RetryRule rule) const;

  // Shared with calls that run and with streams.
  internal::DatabaseService service_;
  ClientOptions options_;
  // Shared with copies, and with transactions; null where it is off.
  std::shared_ptr<internal::SeenTokens> seen_tokens_;
};

template <typename Function>
auto Client::RunInTransaction(Function&& function,
                              const TransactionOptions& transaction,
                              const CallOptions& options) const {
  using Result = std::invoke_result_t<Function&, Transaction&>;
  if constexpr (std::is_same_v<Result, absl::Status>) {
    return RunFunction(function, transaction, options);
  } else {
    using Value = typename Result::value_type;
    static_assert(std::is_same_v<Result, absl::StatusOr<Value>>,
                  "the function returns an absl::Status or absl::StatusOr; "
                  "write the type behind its parameters: -> absl::Status");
    std::optional<Value> value;
    absl::StatusOr<CommitReceipt> receipt = RunFunction(
        [&](Transaction& running) {
          Result result = function(running);
          if (!result.ok()) return result.status();
          value.emplace(*std::move(result));
          return absl::OkStatus();
        },
        transaction, options);
    if (!receipt.ok())
      return absl::StatusOr<Committed<Value>>(receipt.status());
    return absl::StatusOr<Committed<Value>>(
        Committed<Value>{*std::move(value), *std::move(receipt)});
  }
}

}  // namespace sluice::client

#endif  // SLUICE_CLIENT_CLIENT_H_
