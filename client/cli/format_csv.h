// A result as comma-separated values, byte for byte as `psql --csv` prints
// them.

#ifndef SLUICE_CLIENT_CLI_FORMAT_CSV_H_
#define SLUICE_CLIENT_CLI_FORMAT_CSV_H_

#include <string>

#include "client/cli/result_view.h"

namespace sluice::cli {

// A line of names, then a line a row. A NULL is an empty field, as an empty
// text is.
std::string FormatCsv(const ResultView& result);

}  // namespace sluice::cli

#endif  // SLUICE_CLIENT_CLI_FORMAT_CSV_H_
