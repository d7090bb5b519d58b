// Values as PostgreSQL sends them, made by the rules of its binary formats:
// where the fuzzer of the decoder begins.

#ifndef SLUICE_TESTS_FUZZ_WIRE_SAMPLES_H_
#define SLUICE_TESTS_FUZZ_WIRE_SAMPLES_H_

#include <string>

#include "server/postgres/codec/type_entry.h"

namespace sluice::fuzz {

// Different ones for different `variant`s.
std::string WireSample(const postgres::TypeEntry& type, int variant);

}  // namespace sluice::fuzz

#endif  // SLUICE_TESTS_FUZZ_WIRE_SAMPLES_H_
