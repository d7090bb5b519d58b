// Decimal text as PostgreSQL's binary numeric.

#ifndef SLUICE_SERVER_POSTGRES_CODEC_NUMERIC_BINARY_H_
#define SLUICE_SERVER_POSTGRES_CODEC_NUMERIC_BINARY_H_

#include <string>

#include "server/postgres/codec/decimal.h"

namespace sluice::postgres {

// Whether numeric holds it: to 131,072 digits before the point and 16,383
// after it, zeros at the end included.
// https://www.postgresql.org/docs/15/datatype-numeric.html
bool FitsNumeric(const DecimalText& decimal);

// Appends what numeric_recv reads as the same number of the same scale. The
// form is that of numeric_text.h. `decimal` fits.
void AppendNumeric(const DecimalText& decimal, std::string& out);

}  // namespace sluice::postgres

#endif  // SLUICE_SERVER_POSTGRES_CODEC_NUMERIC_BINARY_H_
