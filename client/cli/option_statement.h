// The statement that the command line asks for.

#ifndef SLUICE_CLIENT_CLI_OPTION_STATEMENT_H_
#define SLUICE_CLIENT_CLI_OPTION_STATEMENT_H_

#include "client/cli/options.h"
#include "sluice/client/statement.h"

namespace sluice::cli {

// The SQL of `options` with its parameters.
client::Statement MakeStatement(const Options& options);

}  // namespace sluice::cli

#endif  // SLUICE_CLIENT_CLI_OPTION_STATEMENT_H_
