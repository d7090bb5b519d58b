#include "tests/support/free_port.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <random>

namespace sluice::testing {
namespace {

constexpr int kFirstPort = 10'000;
constexpr int kLastPort = 29'999;
constexpr int kMaxTries = 1'000;

bool IsFree(int port) {
  const int probe = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (probe < 0) return false;
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int bound =
      bind(probe, reinterpret_cast<const sockaddr*>(&address), sizeof(address));
  close(probe);
  return bound == 0;
}

}  // namespace

uint16_t FindFreePort(int in_a_row) {
  // Unseeded on purpose: tests that run side by side must not meet.
  std::random_device random;
  std::uniform_int_distribution<int> ports(kFirstPort, kLastPort);
  for (int i = 0; i < kMaxTries; ++i) {
    const int first = ports(random);
    int free = 0;
    while (free < in_a_row && IsFree(first + free)) ++free;
    if (free == in_a_row) return static_cast<uint16_t>(first);
  }
  return 0;
}

}  // namespace sluice::testing
