// One value as psql shows it.

#ifndef SLUICE_CLIENT_CLI_CELL_TEXT_H_
#define SLUICE_CLIENT_CLI_CELL_TEXT_H_

#include <string>

#include "sluice/client/cell.h"

namespace sluice::cli {

// Appends `cell`, which is not NULL, as PostgreSQL's output function of its
// type writes it with TimeZone UTC, DateStyle ISO, IntervalStyle postgres,
// bytea_output hex and extra_float_digits 1.
void AppendCellText(const client::Cell& cell, std::string& out);

// The same; a NULL gives the empty text.
std::string CellText(const client::Cell& cell);

}  // namespace sluice::cli

#endif  // SLUICE_CLIENT_CLI_CELL_TEXT_H_
