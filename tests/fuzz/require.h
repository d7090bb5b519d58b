// What a fuzzer says when it has found something.

#ifndef SLUICE_TESTS_FUZZ_REQUIRE_H_
#define SLUICE_TESTS_FUZZ_REQUIRE_H_

#include "absl/strings/string_view.h"

namespace sluice::fuzz {

// Says what is wrong and aborts, which is how a fuzzer learns of it.
void Require(bool condition, absl::string_view what);

}  // namespace sluice::fuzz

#endif  // SLUICE_TESTS_FUZZ_REQUIRE_H_
