// Calls of the Database service.

#ifndef SLUICE_CLIENT_CLI_STATEMENT_CALL_H_
#define SLUICE_CLIENT_CLI_STATEMENT_CALL_H_

#include <utility>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "client/cli/interrupts.h"
#include "client/cli/open_transaction.h"
#include "client/cli/options.h"
#include "client/cli/output.h"
#include "client/cli/result_writer.h"
#include "sluice/client/client.h"
#include "sluice/v1/database.pb.h"

namespace sluice::cli {

// Runs statements, one at a time. What came of one before its error has gone
// to the writer without its End.
class StatementCaller {
 public:
  // Lifetime: `interrupts`, which cancel calls, outlive it; null where Ctrl-C
  // ends the process.
  StatementCaller(client::Client client, const Interrupts* interrupts)
      : client_(std::move(client)), interrupts_(interrupts) {}

  // Runs the statement of `options` by QueryStream and prints rows as they
  // come. It ends with CANCELLED when `output` takes no more.
  absl::StatusOr<v1::ExecutionSummary> Stream(const Options& options,
                                              ResultWriter& writer,
                                              const Output& output);

  // Runs it by Execute.
  absl::StatusOr<v1::ExecutionSummary> Execute(const Options& options,
                                               ResultWriter& writer);

  // Whether QueryStream takes the statement, as the server sees it.
  absl::StatusOr<bool> IsRead(const Options& options);

  absl::StatusOr<v1::GetCapabilitiesResponse> GetCapabilities(
      absl::Duration timeout);

  // Opens a transaction in the database of `options`.
  absl::StatusOr<OpenTransaction> Begin(
      const Options& options, const client::TransactionOptions& transaction);

  // Whether Ctrl-C has come since it was last looked at.
  bool IsInterrupted() const {
    return interrupts_ != nullptr && interrupts_->HasCome();
  }

 private:
  const client::Client client_;
  const Interrupts* const interrupts_;
};

}  // namespace sluice::cli

#endif  // SLUICE_CLIENT_CLI_STATEMENT_CALL_H_
