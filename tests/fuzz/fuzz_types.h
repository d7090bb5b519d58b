// The types that the fuzzers choose from.

#ifndef SLUICE_TESTS_FUZZ_FUZZ_TYPES_H_
#define SLUICE_TESTS_FUZZ_FUZZ_TYPES_H_

#include <cstddef>
#include <vector>

#include "server/postgres/codec/type_entry.h"

namespace sluice::fuzz {

// Every built-in type, and types of all kinds as a database may have them:
// nested in one another, without fields, over domains.
const std::vector<postgres::TypeRef>& FuzzTypes();

// Chooses by a number of the input.
inline const postgres::TypeRef& FuzzType(size_t number) {
  return FuzzTypes()[number % FuzzTypes().size()];
}

}  // namespace sluice::fuzz

#endif  // SLUICE_TESTS_FUZZ_FUZZ_TYPES_H_
