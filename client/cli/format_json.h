// A result as JSON.

#ifndef SLUICE_CLIENT_CLI_FORMAT_JSON_H_
#define SLUICE_CLIENT_CLI_FORMAT_JSON_H_

#include <string>

#include "client/cli/result_view.h"

namespace sluice::cli {

// An array with an object per row, in a line of its own. Integers, floats and
// numerics are number literals with every digit that PostgreSQL holds; NaN
// and the infinities, which JSON lacks, are strings. Booleans and NULL are
// JSON's own, json and jsonb values stand as they are, arrays are arrays
// (without their lower bounds), composites objects by the names of their
// fields. A range is {"lower": 1, "upper": 5, "bounds": "[)"}: a bound that
// there is not is null, and `bounds` of an empty range is "empty"; a multirange
// is an array of these. All else is the string that AppendCellText writes.
// Columns of one name give keys of one name, in their order.
std::string FormatJson(const ResultView& result);

}  // namespace sluice::cli

#endif  // SLUICE_CLIENT_CLI_FORMAT_JSON_H_
