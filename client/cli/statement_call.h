// One call of the Database service.

#ifndef SLUICE_CLIENT_CLI_STATEMENT_CALL_H_
#define SLUICE_CLIENT_CLI_STATEMENT_CALL_H_

#include "client/cli/options.h"
#include "grpcpp/support/status.h"
#include "sluice/v1/database.grpc.pb.h"
#include "sluice/v1/database.pb.h"

namespace sluice::cli {

// What came back; the messages are empty where `status` is an error.
struct Outcome {
  grpc::Status status;
  v1::ResultSet result_set;
  v1::ExecutionSummary summary;
};

// Runs the statement of `options`, by Query or Execute as its command says,
// and waits for the answer.
Outcome RunStatement(v1::Database::StubInterface& stub, const Options& options);

}  // namespace sluice::cli

#endif  // SLUICE_CLIENT_CLI_STATEMENT_CALL_H_
