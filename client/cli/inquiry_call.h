// The calls that ask and run nothing: Describe and GetCapabilities.

#ifndef SLUICE_CLIENT_CLI_INQUIRY_CALL_H_
#define SLUICE_CLIENT_CLI_INQUIRY_CALL_H_

#include <string>

#include "client/cli/options.h"
#include "grpcpp/support/status.h"
#include "sluice/v1/database.grpc.pb.h"

namespace sluice::cli {

// What came back, as it is to be printed; empty where `status` is an error.
struct Answer {
  grpc::Status status;
  std::string text;
};

// Asks what the command of `options`, kDescribe or kCapabilities, is about.
Answer Inquire(v1::Database::StubInterface& stub, const Options& options);

}  // namespace sluice::cli

#endif  // SLUICE_CLIENT_CLI_INQUIRY_CALL_H_
