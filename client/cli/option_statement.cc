#include "client/cli/option_statement.h"

namespace sluice::cli {

client::Statement MakeStatement(const Options& options) {
  client::Statement statement(options.sql);
  for (const v1::Value& parameter : options.parameters) {
    statement.AddParameter(parameter);
  }
  return statement;
}

}  // namespace sluice::cli
