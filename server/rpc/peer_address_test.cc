#include "server/rpc/peer_address.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>

#include <cstdint>
#include <cstring>

namespace sluice::rpc {
namespace {

sockaddr_storage Ipv4(const char* address, uint16_t port) {
  sockaddr_in ipv4{};
  ipv4.sin_family = AF_INET;
  ipv4.sin_port = htons(port);
  inet_pton(AF_INET, address, &ipv4.sin_addr);
  sockaddr_storage storage{};
  std::memcpy(&storage, &ipv4, sizeof(ipv4));
  return storage;
}

sockaddr_storage Ipv6(const char* address, uint16_t port) {
  sockaddr_in6 ipv6{};
  ipv6.sin6_family = AF_INET6;
  ipv6.sin6_port = htons(port);
  inet_pton(AF_INET6, address, &ipv6.sin6_addr);
  sockaddr_storage storage{};
  std::memcpy(&storage, &ipv6, sizeof(ipv6));
  return storage;
}

void ExpectSame(const sockaddr_storage& address, const char* peer) {
  const std::optional<PeerAddress> by_kernel = PeerAddressOf(address);
  const std::optional<PeerAddress> by_grpc = ParsePeer(peer);
  ASSERT_TRUE(by_kernel.has_value()) << peer;
  ASSERT_TRUE(by_grpc.has_value()) << peer;
  EXPECT_EQ(by_kernel->endpoint, by_grpc->endpoint) << peer;
  EXPECT_EQ(by_kernel->host, by_grpc->host) << peer;
}

TEST(PeerAddressTest, IsTheSameFromTheKernelAndFromGrpc) {
  ExpectSame(Ipv4("192.0.2.7", 51123), "ipv4:192.0.2.7:51123");
  ExpectSame(Ipv6("2001:db8::7", 51123), "ipv6:%5B2001:db8::7%5D:51123");
  ExpectSame(Ipv6("2001:db8::7", 51123), "ipv6:[2001:db8::7]:51123");
  ExpectSame(Ipv6("fe80::1", 1), "ipv6:%5Bfe80::1%25eth0%5D:1");
  ExpectSame(Ipv6("::ffff:192.0.2.7", 9), "ipv4:192.0.2.7:9");
}

TEST(PeerAddressTest, CountsAnIpv4AddressAndANetworkOfIpv6AsOneHost) {
  EXPECT_EQ(PeerAddressOf(Ipv4("192.0.2.7", 1))->host,
            PeerAddressOf(Ipv4("192.0.2.7", 2))->host);
  EXPECT_NE(PeerAddressOf(Ipv4("192.0.2.7", 1))->host,
            PeerAddressOf(Ipv4("192.0.2.8", 1))->host);
  EXPECT_EQ(PeerAddressOf(Ipv6("2001:db8:1:2::1", 1))->host,
            PeerAddressOf(Ipv6("2001:db8:1:2:ffff::9", 1))->host);
  EXPECT_NE(PeerAddressOf(Ipv6("2001:db8:1:2::1", 1))->host,
            PeerAddressOf(Ipv6("2001:db8:1:3::1", 1))->host);
}

TEST(PeerAddressTest, TellsEndpointsApartByTheirPort) {
  EXPECT_NE(PeerAddressOf(Ipv4("192.0.2.7", 1))->endpoint,
            PeerAddressOf(Ipv4("192.0.2.7", 2))->endpoint);
}

TEST(PeerAddressTest, KnowsNoOtherForms) {
  for (const char* peer :
       {"", "ipv4:", "ipv4:192.0.2.7", "ipv4:192.0.2.7:70000", "unix:/a:1",
        "ipv4:::1:1", "ipv6:%5B192.0.2.7%5D:1", "ipv4:192.0.2.7:x"}) {
    EXPECT_FALSE(ParsePeer(peer).has_value()) << peer;
  }
  sockaddr_storage unix_socket{};
  unix_socket.ss_family = AF_UNIX;
  EXPECT_FALSE(PeerAddressOf(unix_socket).has_value());
}

}  // namespace
}  // namespace sluice::rpc
