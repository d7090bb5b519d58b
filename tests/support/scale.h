// How much a heavy test does.

#ifndef SLUICE_TESTS_SUPPORT_SCALE_H_
#define SLUICE_TESTS_SUPPORT_SCALE_H_

#include <cstdlib>
#include <string_view>

namespace sluice::testing {

// `full` where SLUICE_SCALE asks for that, else `ci`.
inline int Scaled(int ci, int full) {
  const char* const scale = std::getenv("SLUICE_SCALE");
  return scale != nullptr && std::string_view(scale) == "full" ? full : ci;
}

}  // namespace sluice::testing

#endif  // SLUICE_TESTS_SUPPORT_SCALE_H_
