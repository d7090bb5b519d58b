// Values of PostgreSQL's types, and what they are in the API.

#ifndef SLUICE_TESTS_INTEGRATION_TYPE_CASES_H_
#define SLUICE_TESTS_INTEGRATION_TYPE_CASES_H_

#include <vector>

namespace sluice::testing {

struct TypeCase {
  // The type as SQL writes it.
  const char* type;
  // What stands between the quotes of a literal.
  const char* literal;
  // The v1::Value, as protobuf's text; null where PostgreSQL's word is enough.
  const char* value;
};

// Those of TypeSetup are among them.
const std::vector<TypeCase>& TypeCases();

// Makes the user's types, one command each.
const std::vector<const char*>& TypeSetup();

}  // namespace sluice::testing

#endif  // SLUICE_TESTS_INTEGRATION_TYPE_CASES_H_
