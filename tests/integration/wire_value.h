// PostgreSQL's binary formats, read without the gateway's codec.

#ifndef SLUICE_TESTS_INTEGRATION_WIRE_VALUE_H_
#define SLUICE_TESTS_INTEGRATION_WIRE_VALUE_H_

#include <cstdint>
#include <string>

#include "sluice/v1/types.pb.h"
#include "tests/integration/catalog_types.h"

namespace sluice::testing {

// What libpq got for a value of the type, as the Value that a result of the
// API should say. No kind is set, in it or in a part of it, for types whose
// binary form this does not read.
v1::Value ReadWireValue(const CatalogTypes& types, uint32_t oid,
                        const std::string& bytes);

// Whether `actual` says what `expected` says, where that says something. The
// shape of an array of one dimension from 1 need not be said.
bool Matches(const v1::Value& expected, const v1::Value& actual);

}  // namespace sluice::testing

#endif  // SLUICE_TESTS_INTEGRATION_WIRE_VALUE_H_
