// A result as a table for people, as psql's aligned format has it.

#ifndef SLUICE_CLIENT_CLI_FORMAT_TABLE_H_
#define SLUICE_CLIENT_CLI_FORMAT_TABLE_H_

#include <string>

#include "client/cli/result_view.h"

namespace sluice::cli {

// The header, a rule, the rows, the count of rows and an empty line. Numbers
// stand to the right; a value of several lines ends each but the last with
// "+".
std::string FormatTable(const ResultView& result);

}  // namespace sluice::cli

#endif  // SLUICE_CLIENT_CLI_FORMAT_TABLE_H_
