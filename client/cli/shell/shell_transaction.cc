#include "client/cli/shell/shell_transaction.h"

#include <iostream>
#include <utility>

#include "absl/strings/str_cat.h"
#include "client/cli/error_report.h"

namespace sluice::cli {
namespace {

using Kind = TransactionCommand::Kind;

constexpr absl::string_view kRolledBack = "The transaction was rolled back.\n";

// Programs that read CSV or JSON get rows alone.
void PrintTag(Kind kind, const Display& display, Output& output) {
  if (display.format != Format::kTable && display.format != Format::kExpanded) {
    return;
  }
  output.Write(absl::StrCat(CommandTag(kind), "\n"));
}

void Warn(absl::string_view text, const ScriptPlace& place) {
  std::cerr << PlacePrefix(place) << "WARNING:  " << text << "\n";
}

int Refuse(absl::string_view text, const ScriptPlace& place) {
  std::cerr << PlacePrefix(place) << "ERROR:  " << text << "\n";
  return kCallFailed;
}

bool HasModes(const client::TransactionOptions& options) {
  return options.ToProto().ByteSizeLong() > 0;
}

bool HasEnded(v1::TransactionState state) {
  return state != v1::TRANSACTION_STATE_ACTIVE &&
         state != v1::TRANSACTION_STATE_FAILED;
}

}  // namespace

absl::string_view ShellTransaction::mark() const {
  if (!is_open()) return "";
  return transaction_->state() == v1::TRANSACTION_STATE_FAILED ? "!" : "*";
}

int ShellTransaction::Begin(const client::TransactionOptions& transaction,
                            const Options& options, const ScriptPlace& place) {
  absl::StatusOr<OpenTransaction> opened = caller_.Begin(options, transaction);
  if (!opened.ok()) {
    return ReportCall(opened.status(), caller_, options.sql, place);
  }
  transaction_ = *std::move(opened);
  return kDone;
}

int ShellTransaction::Do(const TransactionCommand& command,
                         const Options& options, const ScriptPlace& place,
                         Output& output) {
  if (!is_open()) return DoWithout(command, options, place, output);
  if (command.kind == Kind::kBegin) {
    return RefuseBegin(command, options, place, output);
  }
  // PostgreSQL too rolls back where a failed transaction is to be committed.
  const bool is_too_late =
      command.kind == Kind::kCommit &&
      transaction_->state() == v1::TRANSACTION_STATE_FAILED;
  TransactionCommand done = command;
  if (is_too_late) done.kind = Kind::kRollback;
  const absl::Status status = transaction_->Do(done);
  if (!status.ok()) return ReportError(status, options, place);
  PrintTag(done.kind, options.display, output);
  if (options.shows_reference) {
    std::cerr << DescribeReference(transaction_->outcome_reference());
  }
  if (HasEnded(transaction_->state())) transaction_.reset();
  if (!is_too_late) return kDone;
  Warn("the transaction had failed, and was rolled back", place);
  return kCallFailed;
}

int ShellTransaction::DoWithout(const TransactionCommand& command,
                                const Options& options,
                                const ScriptPlace& place, Output& output) {
  switch (command.kind) {
    case Kind::kBegin: {
      const int status = Begin(command.options, options, place);
      if (status == kDone) PrintTag(command.kind, options.display, output);
      return status;
    }
    case Kind::kCommit:
    case Kind::kRollback:
      Warn("there is no transaction in progress", place);
      PrintTag(command.kind, options.display, output);
      return kDone;
    case Kind::kSavepoint:
    case Kind::kRollbackTo:
    case Kind::kRelease:
      break;
  }
  return Refuse("savepoints are for transactions: BEGIN opens one", place);
}

int ShellTransaction::RefuseBegin(const TransactionCommand& command,
                                  const Options& options,
                                  const ScriptPlace& place, Output& output) {
  if (HasModes(command.options)) {
    return Refuse("the transaction is open already, and its modes are fixed",
                  place);
  }
  Warn("there is already a transaction in progress", place);
  PrintTag(command.kind, options.display, output);
  return kDone;
}

absl::StatusOr<v1::ExecutionSummary> ShellTransaction::Run(
    const Options& options, ResultWriter& writer, const Output& output) {
  return transaction_->Run(options, writer, output);
}

int ShellTransaction::ReportError(const absl::Status& error,
                                  const Options& options,
                                  const ScriptPlace& place) {
  const int status = ReportCall(error, caller_, options.sql, place);
  const v1::TransactionState state = transaction_->state();
  if (!HasEnded(state)) return status;
  transaction_.reset();
  std::cerr << (state == v1::TRANSACTION_STATE_ROLLED_BACK
                    ? kRolledBack
                    : "Whether the transaction was committed is not known.\n");
  return status;
}

int ShellTransaction::Leave(int status) {
  if (!is_open()) return status;
  // It is rolled back whatever is answered.
  transaction_->Do({.kind = Kind::kRollback}).IgnoreError();
  transaction_.reset();
  std::cerr << kRolledBack;
  return status == kDone ? kCallFailed : status;
}

}  // namespace sluice::cli
