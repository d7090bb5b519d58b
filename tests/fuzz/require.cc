#include "tests/fuzz/require.h"

#include <cstdio>
#include <cstdlib>
#include <string>

namespace sluice::fuzz {

void Require(bool condition, absl::string_view what) {
  if (condition) return;
  std::fprintf(stderr, "broken: %s\n", std::string(what).c_str());
  std::abort();
}

}  // namespace sluice::fuzz
