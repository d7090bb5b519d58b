#include "client/cli/open_transaction.h"

#include "absl/time/time.h"
#include "client/cli/option_statement.h"

namespace sluice::cli {
namespace {

using Kind = TransactionCommand::Kind;

// How long after its own limit a transaction is given up. Before that the
// gateway ends it, and says so; this is for one that is lost without a word.
constexpr absl::Duration kGrace = absl::Seconds(10);

}  // namespace

absl::StatusOr<OpenTransaction> OpenTransaction::Begin(
    const client::Client& client, const Interrupts* interrupts,
    const Options& options, const client::TransactionOptions& transaction) {
  const StopOnInterrupt stop(interrupts);
  client::CallOptions call_options = {.stop = stop.token()};
  if (transaction.total_timeout.has_value()) {
    call_options.timeout = *transaction.total_timeout + kGrace;
  }
  absl::StatusOr<client::Transaction> opened =
      client.ForDatabase(options.database).Begin(transaction, call_options);
  if (!opened.ok()) return opened.status();
  return OpenTransaction(*std::move(opened), interrupts, stop.source());
}

absl::StatusOr<v1::ExecutionSummary> OpenTransaction::Run(
    const Options& options, ResultWriter& writer, const Output& output) {
  const StopOnInterrupt stop(interrupts_, stop_source_);
  absl::StatusOr<client::RowStream> stream = transaction_.QueryStream(
      MakeStatement(options), {.max_rows = options.max_rows,
                               .max_bytes = options.max_bytes,
                               .max_value_bytes = options.max_value_bytes,
                               .on_limit = options.on_limit});
  if (!stream.ok()) return stream.status();
  auto summary = WriteStream(*stream, writer, output);
  has_unread_rows_ = !output.is_open();
  return summary;
}

absl::Status OpenTransaction::Commit() {
  const absl::StatusOr<client::CommitReceipt> receipt = transaction_.Commit();
  if (!receipt.ok()) return receipt.status();
  outcome_reference_ = receipt->outcome_reference;
  return absl::OkStatus();
}

absl::Status OpenTransaction::Rollback() {
  if (!has_unread_rows_) return transaction_.Rollback();
  // There may be no end of them: the end of the stream rolls back too.
  stop_source_.request_stop();
  transaction_.Rollback().IgnoreError();
  return absl::OkStatus();
}

absl::Status OpenTransaction::Do(const TransactionCommand& command) {
  const StopOnInterrupt stop(interrupts_, stop_source_);
  switch (command.kind) {
    case Kind::kBegin:
      break;
    case Kind::kCommit:
      return Commit();
    case Kind::kRollback:
      return Rollback();
    case Kind::kSavepoint:
      return transaction_.SetSavepoint(command.savepoint);
    case Kind::kRollbackTo:
      return transaction_.RollBackTo(command.savepoint);
    case Kind::kRelease:
      return transaction_.ReleaseSavepoint(command.savepoint);
  }
  return absl::FailedPreconditionError("the transaction is open already");
}

}  // namespace sluice::cli
