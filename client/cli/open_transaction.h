// A transaction that whoever types or a script holds open.

#ifndef SLUICE_CLIENT_CLI_OPEN_TRANSACTION_H_
#define SLUICE_CLIENT_CLI_OPEN_TRANSACTION_H_

#include <stop_token>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "client/cli/interrupts.h"
#include "client/cli/options.h"
#include "client/cli/output.h"
#include "client/cli/result_writer.h"
#include "client/cli/transaction_command.h"
#include "sluice/client/client.h"
#include "sluice/v1/database.pb.h"

namespace sluice::cli {

// A SIGINT while a call waits ends the transaction: a stream can't take back
// one of its requests. At other times it does nothing.
//
// Lifetime: destroyed before it is committed it is rolled back.
class OpenTransaction {
 public:
  // Opens one in the database of `options`.
  // Lifetime: `interrupts` outlives it; null where Ctrl-C ends the process.
  static absl::StatusOr<OpenTransaction> Begin(
      const client::Client& client, const Interrupts* interrupts,
      const Options& options, const client::TransactionOptions& transaction);

  // Runs the statement of `options` and prints rows as they come. What came
  // before an error has gone to the writer without its End. CANCELLED when
  // `output` takes no more; the transaction goes on, and what is left of the
  // rows is read by the next call.
  absl::StatusOr<v1::ExecutionSummary> Run(const Options& options,
                                           ResultWriter& writer,
                                           const Output& output);

  // Carries out a command, which is no kBegin.
  absl::Status Do(const TransactionCommand& command);

  // What tells the outcome, after a commit of writes.
  const std::string& outcome_reference() const { return outcome_reference_; }

  // UNSPECIFIED: it has ended, and it is not known how.
  v1::TransactionState state() const { return transaction_.state(); }

 private:
  absl::Status Commit();
  absl::Status Rollback();
  OpenTransaction(client::Transaction transaction, const Interrupts* interrupts,
                  std::stop_source stop_source)
      : transaction_(std::move(transaction)),
        interrupts_(interrupts),
        stop_source_(std::move(stop_source)) {}

  client::Transaction transaction_;
  const Interrupts* interrupts_;
  std::stop_source stop_source_;
  bool has_unread_rows_ = false;
  std::string outcome_reference_;
};

}  // namespace sluice::cli

#endif  // SLUICE_CLIENT_CLI_OPEN_TRANSACTION_H_
