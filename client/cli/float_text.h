// Floating-point numbers as PostgreSQL writes them.

#ifndef SLUICE_CLIENT_CLI_FLOAT_TEXT_H_
#define SLUICE_CLIENT_CLI_FLOAT_TEXT_H_

#include <string>

namespace sluice::cli {

// Appends the fewest digits that read back as `value`, as PostgreSQL does
// with extra_float_digits = 1: "0.1", "1e+20", "-Infinity", "NaN".
// https://www.postgresql.org/docs/15/datatype-numeric.html#DATATYPE-FLOAT
void AppendFloat8(double value, std::string& out);

// The same for a float4: the digits that tell it from other float4 values.
void AppendFloat4(float value, std::string& out);

}  // namespace sluice::cli

#endif  // SLUICE_CLIENT_CLI_FLOAT_TEXT_H_
