// Literals of random values of PostgreSQL's base types.

#ifndef SLUICE_TESTS_INTEGRATION_RANDOM_SCALARS_H_
#define SLUICE_TESTS_INTEGRATION_RANDOM_SCALARS_H_

#include <random>
#include <string>

namespace sluice::testing {

using Random = std::mt19937_64;

// From `first` to `last`, both included.
inline int64_t RandomInt(Random& random, int64_t first, int64_t last) {
  return std::uniform_int_distribution<int64_t>(first, last)(random);
}

// Whether it makes literals of a type, by its pg_type.typname.
bool HasRandomScalars(const std::string& catalog_name);

// What the input function of the type takes, often one of its odd values.
// PostgreSQL refuses none of them.
std::string RandomScalar(const std::string& catalog_name, Random& random);

}  // namespace sluice::testing

#endif  // SLUICE_TESTS_INTEGRATION_RANDOM_SCALARS_H_
