// The table of docs/api.md of types that arrive in `others`.

#ifndef SLUICE_TESTS_INTEGRATION_TYPE_EXCEPTIONS_H_
#define SLUICE_TESTS_INTEGRATION_TYPE_EXCEPTIONS_H_

#include <map>
#include <string>

#include "absl/status/statusor.h"

namespace sluice::testing {

// Who writes the text of a type: the gateway, of PostgreSQL's binary form, or
// PostgreSQL, and then that of all that holds the type.
enum class TypeWire { kBinary, kText };

// By pg_type.typname.
using TypeExceptions = std::map<std::string, TypeWire>;

// Errors: INTERNAL when the document has no such table, or a row is not of its
// form.
absl::StatusOr<TypeExceptions> ReadTypeExceptions();

}  // namespace sluice::testing

#endif  // SLUICE_TESTS_INTEGRATION_TYPE_EXCEPTIONS_H_
