// Calls of the Database service.

#ifndef SLUICE_CLIENT_CLI_STATEMENT_CALL_H_
#define SLUICE_CLIENT_CLI_STATEMENT_CALL_H_

#include <memory>

#include "absl/time/time.h"
#include "client/cli/interrupts.h"
#include "client/cli/options.h"
#include "client/cli/output.h"
#include "client/cli/result_writer.h"
#include "grpcpp/client_context.h"
#include "grpcpp/support/status.h"
#include "sluice/v1/database.grpc.pb.h"
#include "sluice/v1/database.pb.h"

namespace sluice::cli {

// How a statement ended. The summary is empty where `status` is an error; what
// came before an error has gone to the writer without its End.
struct Outcome {
  grpc::Status status;
  v1::ExecutionSummary summary;
};

// Runs statements, one at a time.
class StatementCaller {
 public:
  // Lifetime: `stub` outlives it, as does `interrupts`, which cancel calls;
  // null where Ctrl-C ends the process.
  StatementCaller(v1::Database::StubInterface& stub,
                  const Interrupts* interrupts)
      : stub_(stub), interrupts_(interrupts) {}

  // Runs the statement of `options` by QueryStream and prints rows as they
  // come. It ends with CANCELLED when `output` takes no more.
  Outcome Stream(const Options& options, ResultWriter& writer,
                 const Output& output);

  // Runs it by Execute.
  Outcome Execute(const Options& options, ResultWriter& writer);

  // Whether QueryStream takes the statement, as the server sees it.
  struct Class {
    grpc::Status status;
    bool is_read = false;
  };
  Class Classify(const Options& options);

  grpc::Status GetCapabilities(absl::Duration timeout,
                               v1::GetCapabilitiesResponse& response);

 private:
  v1::Database::StubInterface& stub_;
  const Interrupts* const interrupts_;
};

}  // namespace sluice::cli

#endif  // SLUICE_CLIENT_CLI_STATEMENT_CALL_H_
