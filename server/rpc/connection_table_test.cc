#include "server/rpc/connection_table.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdint>
#include <cstring>

#include "absl/strings/str_cat.h"

namespace sluice::rpc {
namespace {

sockaddr_storage Address(uint8_t host, uint16_t port) {
  sockaddr_in ipv4{};
  ipv4.sin_family = AF_INET;
  ipv4.sin_port = htons(port);
  ipv4.sin_addr.s_addr = htonl(0xC0000200 + host);  // 192.0.2.0/24
  sockaddr_storage storage{};
  std::memcpy(&storage, &ipv4, sizeof(ipv4));
  return storage;
}

std::string Peer(uint8_t host, uint16_t port) {
  return absl::StrCat("ipv4:192.0.2.", host, ":", port);
}

// Two ends of a connection; the table gets one of them.
class Link {
 public:
  Link() {
    int ends[2];
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
    near_ = Descriptor(ends[0]);
    far_ = Descriptor(ends[1]);
  }
  int near() const { return near_.get(); }
  bool IsCut() const {
    char byte = 0;
    return recv(far_.get(), &byte, 1, 0) == 0;
  }

 private:
  Descriptor near_;
  Descriptor far_;
};

TEST(ConnectionTableTest, RefusesBeyondTheCapUntilOneEnds) {
  ConnectionTable table({2, 2, 1});
  const Link link;
  const auto first = table.Add(link.near(), Address(1, 1));
  ASSERT_TRUE(first.ok());
  ASSERT_TRUE(table.Add(link.near(), Address(2, 1)).ok());
  EXPECT_EQ(table.Add(link.near(), Address(3, 1)).status().code(),
            absl::StatusCode::kResourceExhausted);
  EXPECT_TRUE(table.Remove(first->id).is_open());
  EXPECT_TRUE(table.Add(link.near(), Address(3, 1)).ok());
  EXPECT_EQ(table.size(), 2u);
}

TEST(ConnectionTableTest, RefusesBeyondTheCapOfOneAddressAlone) {
  ConnectionTable table({10, 2, 1});
  const Link link;
  const auto first = table.Add(link.near(), Address(1, 1));
  ASSERT_TRUE(first.ok());
  ASSERT_TRUE(table.Add(link.near(), Address(1, 2)).ok());
  EXPECT_FALSE(table.Add(link.near(), Address(1, 3)).ok());
  EXPECT_TRUE(table.Add(link.near(), Address(2, 1)).ok());
  table.Remove(first->id);
  EXPECT_TRUE(table.Add(link.near(), Address(1, 3)).ok());
}

TEST(ConnectionTableTest, ClosesTheConnectionOfThatPeerAlone) {
  ConnectionTable table({10, 10, 1});
  const Link one;
  const Link other;
  ASSERT_TRUE(table.Add(one.near(), Address(1, 1)).ok());
  ASSERT_TRUE(table.Add(other.near(), Address(1, 2)).ok());
  table.CloseConnection(Peer(1, 3));
  EXPECT_FALSE(one.IsCut());
  table.CloseConnection(Peer(1, 1));
  EXPECT_TRUE(one.IsCut());
  EXPECT_FALSE(other.IsCut());
}

TEST(ConnectionTableTest, ClosesAConnectionAtItsLastInvalidToken) {
  ConnectionTable table({10, 10, 3});
  const Link link;
  ASSERT_TRUE(table.Add(link.near(), Address(1, 1)).ok());
  table.CountInvalidToken(Peer(1, 1));
  table.CountInvalidToken(Peer(1, 1));
  EXPECT_FALSE(link.IsCut());
  table.CountInvalidToken(Peer(1, 1));
  EXPECT_TRUE(link.IsCut());
}

TEST(ConnectionTableTest, AnEndpointThatComesAgainReplacesTheOneBefore) {
  ConnectionTable table({10, 10, 1});
  const Link before;
  const Link now;
  const auto former = table.Add(before.near(), Address(1, 1));
  ASSERT_TRUE(former.ok());
  ASSERT_TRUE(table.Add(now.near(), Address(1, 1)).ok());
  EXPECT_TRUE(before.IsCut());
  table.Remove(former->id);
  table.CloseConnection(Peer(1, 1));
  EXPECT_TRUE(now.IsCut());
}

TEST(ConnectionTableTest, ForgetsOnceOnly) {
  ConnectionTable table({10, 10, 1});
  const Link link;
  const auto entry = table.Add(link.near(), Address(1, 1));
  ASSERT_TRUE(entry.ok());
  EXPECT_TRUE(table.Remove(entry->id).is_open());
  EXPECT_FALSE(table.Remove(entry->id).is_open());
  EXPECT_EQ(table.size(), 0u);
  table.CloseConnection(Peer(1, 1));
}

}  // namespace
}  // namespace sluice::rpc
