// A whole transaction, written down in a file.

#ifndef SLUICE_CLIENT_CLI_TRANSACTION_FILE_H_
#define SLUICE_CLIENT_CLI_TRANSACTION_FILE_H_

#include <string>

#include "absl/status/statusor.h"
#include "sluice/v1/database.pb.h"

namespace sluice::cli {

// Reads a RunTransactionRequest in JSON, with the names of its proto.
// https://protobuf.dev/programming-guides/json/
// Errors: INVALID_ARGUMENT with a sentence for the user.
absl::StatusOr<v1::RunTransactionRequest> ParseTransaction(
    const std::string& json);

// The contents of a file, "-" being standard input.
// Errors: FAILED_PRECONDITION where it can't be read.
absl::StatusOr<std::string> ReadWholeFile(const std::string& path);

}  // namespace sluice::cli

#endif  // SLUICE_CLIENT_CLI_TRANSACTION_FILE_H_
