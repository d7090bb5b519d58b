// Values out of columnar results, one at a time.

#ifndef SLUICE_TESTS_SUPPORT_COLUMN_VALUES_H_
#define SLUICE_TESTS_SUPPORT_COLUMN_VALUES_H_

#include <string>

#include "sluice/v1/types.pb.h"

namespace sluice::testing {

// A slot as a parameter that says the same. No kind is set when the column has
// no such slot.
v1::Value ValueAt(const v1::Column& column, int row);

// The first value of a result, shown as a person would write it where it is a
// number or a text; "" for a NULL and for an empty result.
std::string FirstText(const v1::ResultSet& result);

}  // namespace sluice::testing

#endif  // SLUICE_TESTS_SUPPORT_COLUMN_VALUES_H_
