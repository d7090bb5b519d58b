// The first inputs of the fuzzers of tokens, SPIFFE IDs and certificates.

#ifndef SLUICE_TESTS_FUZZ_IDENTITY_SEEDS_H_
#define SLUICE_TESTS_FUZZ_IDENTITY_SEEDS_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace sluice::fuzz {

// None for any other fuzzer.
std::vector<std::string> IdentitySeeds(absl::string_view fuzzer);

}  // namespace sluice::fuzz

#endif  // SLUICE_TESTS_FUZZ_IDENTITY_SEEDS_H_
