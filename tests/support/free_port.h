// Finds TCP ports that nobody listens on.

#ifndef SLUICE_TESTS_SUPPORT_FREE_PORT_H_
#define SLUICE_TESTS_SUPPORT_FREE_PORT_H_

#include <cstdint>

namespace sluice::testing {

// The first of so many free ports of 127.0.0.1 in a row, below the range that
// outgoing connections take. 0 when there are none.
uint16_t FindFreePort(int in_a_row = 1);

}  // namespace sluice::testing

#endif  // SLUICE_TESTS_SUPPORT_FREE_PORT_H_
