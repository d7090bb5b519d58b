// Fills requests, makes the calls, takes replies apart.

#include "sluice/client/client.h"

#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "sluice/client/channel.h"
#include "sluice/client/internal/attempts.h"
#include "sluice/client/internal/stream_call.h"
#include "sluice/client/internal/transact_call.h"
#include "sluice/client/internal/transaction_runner.h"
#include "sluice/client/internal/unary_call.h"

namespace sluice::client {
namespace {

using internal::SeenTokens;
using internal::WriteReply;
using internal::WriteReplyOf;

void SetOptions(const CallOptions& options, v1::RequestOptions& out) {
  if (options.consistency.level_case() != v1::Consistency::LEVEL_NOT_SET) {
    *out.mutable_consistency() = options.consistency;
  }
  out.set_max_rows(options.max_rows);
  out.set_max_bytes(options.max_bytes);
  out.set_max_value_bytes(options.max_value_bytes);
  out.set_on_limit(options.on_limit);
  out.set_tag(options.tag);
}

template <typename Request>
Request MakeRequest(const std::string& database, const Statement& statement,
                    const CallOptions& options) {
  Request request;
  request.set_database(database);
  request.mutable_statement()->set_sql(statement.sql());
  request.mutable_parameters()->Add(statement.parameters().begin(),
                                    statement.parameters().end());
  SetOptions(options, *request.mutable_options());
  return request;
}

template <typename Response>
absl::StatusOr<Rows> MakeRows(Response response) {
  return Rows::Make(std::move(*response.mutable_result_set()),
                    std::move(*response.mutable_summary()));
}

// Without a request id a write is made once.
std::optional<absl::Duration> NeverRule(const absl::Status&) {
  return std::nullopt;
}

}  // namespace

absl::StatusOr<Client> Client::Open(const ClientOptions& options) {
  if (options.address.empty() || options.database.empty()) {
    return absl::FailedPreconditionError(
        "ClientOptions lacks an address or a database");
  }
  absl::StatusOr<std::shared_ptr<grpc::Channel>> channel = OpenChannel(options);
  if (!channel.ok()) return channel.status();
  return Client(*std::move(channel), options);
}

absl::StatusOr<Client> Client::OpenFromEnvironment() {
  absl::StatusOr<ClientOptions> options = OptionsFromEnvironment();
  if (!options.ok()) return options.status();
  return Open(*options);
}

Client::Client(const std::shared_ptr<grpc::ChannelInterface>& channel,
               ClientOptions options)
    : service_{.stub = v1::Database::NewStub(channel),
               .tokens =
                   std::make_shared<TokenSource>(channel, options.tokens)},
      options_(std::move(options)) {
  if (options_.read_your_writes == ReadYourWrites::kOn) {
    seen_tokens_ = std::make_shared<SeenTokens>();
  }
}

CallOptions Client::WithConsistency(const CallOptions& options) const {
  CallOptions with = options;
  if (seen_tokens_ != nullptr &&
      options.consistency.level_case() == v1::Consistency::LEVEL_NOT_SET) {
    with.consistency = seen_tokens_->ConsistencyFor(options_.database);
  }
  return with;
}

SeenTokens::Write Client::StartWrite(const std::string& database) const {
  if (seen_tokens_ == nullptr) return {};
  return seen_tokens_->Start(database);
}

void Client::NoteWrite(const SeenTokens::Write& write,
                       const absl::StatusOr<WriteReply>& reply) const {
  if (seen_tokens_ == nullptr) return;
  if (reply.ok()) {
    seen_tokens_->Note(write, *reply);
  } else {
    seen_tokens_->NoteFailure(write.database, reply.status());
  }
}

Client Client::ForDatabase(absl::string_view database) const {
  Client client = *this;
  client.options_.database = std::string(database);
  return client;
}

absl::StatusOr<Rows> Client::Query(const Statement& statement,
                                   const CallOptions& options) const {
  if (!statement.status().ok()) return statement.status();
  absl::StatusOr<v1::QueryResponse> response =
      Call(&v1::Database::StubInterface::Query,
           MakeRequest<v1::QueryRequest>(options_.database, statement,
                                         WithConsistency(options)),
           options, internal::ReadRule);
  if (!response.ok()) return response.status();
  return MakeRows(*std::move(response));
}

absl::StatusOr<Rows> Client::Execute(const Statement& statement,
                                     const CallOptions& options) const {
  if (!statement.status().ok()) return statement.status();
  auto request = MakeRequest<v1::ExecuteRequest>(
      options_.database, statement,
      options.read_routing == v1::READ_ROUTING_AUTO ? WithConsistency(options)
                                                    : options);
  request.set_request_id(options.request_id);
  request.set_read_routing(options.read_routing);
  const SeenTokens::Write write = StartWrite(options_.database);
  absl::StatusOr<v1::ExecuteResponse> response =
      Call(&v1::Database::StubInterface::Execute, request, options,
           options.request_id.empty() ? NeverRule : internal::RequestIdRule);
  if (!response.ok()) {
    NoteWrite(write, response.status());
    return response.status();
  }
  NoteWrite(write, WriteReplyOf(response->summary()));
  return MakeRows(*std::move(response));
}

absl::StatusOr<RowStream> Client::QueryStream(
    const Statement& statement, const CallOptions& options) const {
  if (!statement.status().ok()) return statement.status();
  const auto request = MakeRequest<v1::QueryStreamRequest>(
      options_.database, statement, WithConsistency(options));
  const internal::CallBounds bounds = internal::StreamBounds(options);
  absl::StatusOr<RowStream> stream = absl::UnknownError("not called");
  const auto open = [&] {
    stream = RowStream::Open(
        std::make_unique<internal::StreamCall>(service_, request, bounds));
    return stream.status();
  };
  absl::Status status =
      internal::RunAttempts(options.retry.value_or(options_.retry), bounds,
                            [&] { return internal::WithNewToken(open); });
  if (!status.ok()) return status;
  return stream;
}

absl::StatusOr<v1::DescribeResponse> Client::Describe(
    const Statement& statement, v1::ExplainMode explain,
    const CallOptions& options) const {
  if (!statement.status().ok()) return statement.status();
  auto request =
      MakeRequest<v1::DescribeRequest>(options_.database, statement, options);
  request.set_explain(explain);
  return Call(&v1::Database::StubInterface::Describe, request, options,
              internal::ReadRule);
}

absl::StatusOr<v1::GetCapabilitiesResponse> Client::GetCapabilities(
    const CallOptions& options) const {
  return Call(&v1::Database::StubInterface::GetCapabilities,
              v1::GetCapabilitiesRequest(), options, internal::ReadRule);
}

absl::StatusOr<Transaction> Client::Begin(const TransactionOptions& transaction,
                                          const CallOptions& options) const {
  const internal::CallBounds bounds = internal::StreamBounds(options);
  std::optional<Transaction> begun;
  const auto begin = [&] {
    begun = OpenTransaction(transaction, options, bounds, 1);
    return begun->AwaitBegun();
  };
  absl::Status status =
      internal::RunAttempts(options.retry.value_or(options_.retry), bounds,
                            [&] { return internal::WithNewToken(begin); });
  if (!status.ok()) return status;
  return *std::move(begun);
}

absl::StatusOr<CommitReceipt> Client::RunFunction(
    absl::FunctionRef<absl::Status(Transaction&)> function,
    const TransactionOptions& transaction, const CallOptions& options) const {
  const internal::CallBounds bounds = internal::StreamBounds(options);
  const auto open = [&](int attempt) {
    return OpenTransaction(transaction, options, bounds, attempt);
  };
  const auto ask = [&](const std::string& reference,
                       const internal::CallBounds& asking) {
    return GetTransactionOutcome(reference, {.timeout = options_.timeout,
                                             .deadline = asking.deadline,
                                             .stop = asking.stop});
  };
  internal::TransactionRunner runner(
      options.retry.value_or(options_.transaction_retry), bounds, open, ask);
  return runner.Run(function, options_.timeout);
}

Transaction Client::OpenTransaction(const TransactionOptions& transaction,
                                    const CallOptions& options,
                                    const internal::CallBounds& bounds,
                                    int attempt) const {
  v1::TransactBegin begin;
  begin.set_database(options_.database);
  *begin.mutable_transaction() = transaction.ToProto();
  begin.set_tag(options.tag);
  return Transaction::Open(
      std::make_unique<internal::TransactCall>(service_, bounds),
      std::move(begin), attempt, seen_tokens_);
}

absl::StatusOr<TransactionResult> Client::RunTransaction(
    const TransactionPlan& plan, const TransactionOptions& transaction,
    const CallOptions& options) const {
  if (!plan.status().ok()) return plan.status();
  v1::RunTransactionRequest request;
  *request.mutable_transaction() = transaction.ToProto();
  request.mutable_steps()->Add(plan.steps().begin(), plan.steps().end());
  request.set_request_id(options.request_id);
  SetOptions(options, *request.mutable_options());
  return RunTransaction(std::move(request), options);
}

absl::StatusOr<TransactionResult> Client::RunTransaction(
    v1::RunTransactionRequest request, const CallOptions& options) const {
  if (request.database().empty()) request.set_database(options_.database);
  const SeenTokens::Write write = StartWrite(request.database());
  absl::StatusOr<v1::RunTransactionResponse> response =
      Call(&v1::Database::StubInterface::RunTransaction, request, options,
           request.request_id().empty() ? NeverRule : internal::RequestIdRule);
  if (!response.ok()) {
    NoteWrite(write, response.status());
    return response.status();
  }
  NoteWrite(write, WriteReplyOf(response->summary()));
  return TransactionResult::Make(*std::move(response),
                                 static_cast<size_t>(request.steps_size()));
}

absl::StatusOr<v1::TransactionOutcome> Client::GetTransactionOutcome(
    absl::string_view outcome_reference, const CallOptions& options) const {
  v1::GetTransactionOutcomeRequest request;
  request.set_database(options_.database);
  request.set_outcome_reference(std::string(outcome_reference));
  const absl::StatusOr<v1::GetTransactionOutcomeResponse> response =
      Call(&v1::Database::StubInterface::GetTransactionOutcome, request,
           options, internal::ReadRule);
  if (!response.ok()) return response.status();
  return response->outcome();
}

template <typename Request, typename Response>
absl::StatusOr<Response> Client::Call(
    internal::UnaryMethod<v1::Database::StubInterface, Request, Response>
        method,
    const Request& request, const CallOptions& options,
    internal::RetryRule rule) const {
  return internal::CallUnary(service_, method, request,
                             options.retry.value_or(options_.retry),
                             internal::UnaryBounds(options, options_), rule);
}

}  // namespace sluice::client
