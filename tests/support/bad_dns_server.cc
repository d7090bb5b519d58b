#include "tests/support/bad_dns_server.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdint>
#include <cstring>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace sluice::testing {
namespace {

constexpr size_t kHeadBytes = 12;

// Where the first question ends: labels, type and class (RFC 1035, 4.1.2).
size_t EndOfQuestion(const std::string& packet) {
  size_t at = kHeadBytes;
  while (at < packet.size() && packet[at] != 0) {
    at += 1 + static_cast<unsigned char>(packet[at]);
  }
  return at + 1 + 4;
}

}  // namespace

BadDnsServer::BadDnsServer(Manner manner, const std::string& address)
    : socket_(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
  uint32_t port = 0;
  if (!address.empty()) {
    EXPECT_TRUE(
        absl::SimpleAtoi(address.substr(address.rfind(':') + 1), &port));
  }
  sockaddr_in own{};
  own.sin_family = AF_INET;
  own.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  own.sin_port = htons(static_cast<uint16_t>(port));
  socklen_t size = sizeof(own);
  auto* const any = reinterpret_cast<sockaddr*>(&own);
  EXPECT_EQ(bind(socket_.get(), any, size), 0) << std::strerror(errno);
  EXPECT_EQ(getsockname(socket_.get(), any, &size), 0);
  address_ = absl::StrCat("127.0.0.1:", ntohs(own.sin_port));
  if (manner == Manner::kSilent) return;
  thread_ = std::thread([this, manner] { Answer(manner); });
}

BadDnsServer::~BadDnsServer() {
  shutdown(socket_.get(), SHUT_RDWR);
  if (thread_.joinable()) thread_.join();
}

void BadDnsServer::Answer(Manner manner) {
  for (;;) {
    std::string packet(1500, '\0');
    sockaddr_in peer{};
    socklen_t size = sizeof(peer);
    auto* const any = reinterpret_cast<sockaddr*>(&peer);
    const ssize_t got =
        recvfrom(socket_.get(), packet.data(), packet.size(), 0, any, &size);
    if (got <= static_cast<ssize_t>(kHeadBytes)) return;
    packet.resize(static_cast<size_t>(got));
    packet.resize(EndOfQuestion(packet));
    // An answer, of a server that recurses; nothing but the question in it.
    packet[2] = static_cast<char>(0x81);
    packet[3] = static_cast<char>(manner == Manner::kFails ? 0x82 : 0x80);
    std::memset(&packet[6], 0, 6);
    if (manner == Manner::kGarbage) {
      packet[7] = 1;
      packet += "\xc0\xff\xff\xff";
    }
    sendto(socket_.get(), packet.data(), packet.size(), 0, any, size);
  }
}

}  // namespace sluice::testing
