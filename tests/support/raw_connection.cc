#include "tests/support/raw_connection.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"

namespace sluice::testing {
namespace {

constexpr size_t kReadBytes = 16 * 1024;
constexpr time_t kStallSeconds = 10;

sockaddr_in AddressOf(const std::string& host, int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  inet_pton(AF_INET, host.c_str(), &address.sin_addr);
  return address;
}

absl::Status ErrnoStatus(absl::string_view what) {
  return absl::UnavailableError(absl::StrCat(what, ": ", std::strerror(errno)));
}

}  // namespace

absl::StatusOr<RawConnection> RawConnection::Connect(int port,
                                                     const std::string& from) {
  Descriptor connection(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!connection.is_open()) return ErrnoStatus("socket");
  const timeval stall{kStallSeconds, 0};
  setsockopt(connection.get(), SOL_SOCKET, SO_SNDTIMEO, &stall, sizeof(stall));
  const sockaddr_in own = AddressOf(from, 0);
  const sockaddr_in server = AddressOf("127.0.0.1", port);
  if (bind(connection.get(), reinterpret_cast<const sockaddr*>(&own),
           sizeof(own)) != 0 ||
      connect(connection.get(), reinterpret_cast<const sockaddr*>(&server),
              sizeof(server)) != 0) {
    return ErrnoStatus("connect");
  }
  return RawConnection(std::move(connection));
}

absl::Status RawConnection::StartTls(const std::string& certificate_file,
                                     const std::string& key_file) {
  constexpr unsigned char kProtocols[] = {2, 'h', '2'};
  // OpenSSL writes without MSG_NOSIGNAL.
  signal(SIGPIPE, SIG_IGN);
  const std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context(
      SSL_CTX_new(TLS_client_method()), &SSL_CTX_free);
  SSL_CTX_set_alpn_protos(context.get(), kProtocols, sizeof(kProtocols));
  if (SSL_CTX_use_certificate_chain_file(context.get(),
                                         certificate_file.c_str()) != 1 ||
      SSL_CTX_use_PrivateKey_file(context.get(), key_file.c_str(),
                                  SSL_FILETYPE_PEM) != 1) {
    return absl::InternalError("the client's certificate cannot be read");
  }
  tls_.reset(SSL_new(context.get()));
  SSL_set_fd(tls_.get(), socket_.get());
  if (SSL_connect(tls_.get()) != 1) {
    tls_.reset();
    return absl::UnavailableError("no TLS handshake");
  }
  return absl::OkStatus();
}

std::string RawConnection::ServerCertificateDigest() const {
  const std::unique_ptr<X509, decltype(&X509_free)> certificate(
      SSL_get1_peer_certificate(tls_.get()), &X509_free);
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  if (certificate == nullptr ||
      X509_digest(certificate.get(), EVP_sha256(), digest, &size) != 1) {
    return "";
  }
  return std::string(reinterpret_cast<const char*>(digest), size);
}

bool RawConnection::Send(absl::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent =
        tls_ != nullptr
            ? SSL_write(
                  tls_.get(), bytes.data(),
                  static_cast<int>(std::min<size_t>(bytes.size(), kReadBytes)))
            : send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<size_t>(sent));
  }
  return true;
}

bool RawConnection::AwaitEnd(absl::Duration limit, std::string* received) {
  std::string all =
      ReceiveUntil(limit, [](const std::string&) { return false; });
  if (received != nullptr) *received = std::move(all);
  return ended_;
}

void RawConnection::ReceiveSome(absl::Time deadline, std::string& received) {
  if (tls_ == nullptr || SSL_pending(tls_.get()) == 0) {
    pollfd event{socket_.get(), POLLIN, 0};
    const int64_t left = absl::ToInt64Milliseconds(deadline - absl::Now());
    if (poll(&event, 1, static_cast<int>(std::max<int64_t>(left, 0))) <= 0) {
      return;
    }
  }
  char bytes[kReadBytes];
  const ssize_t size = tls_ != nullptr
                           ? SSL_read(tls_.get(), bytes, sizeof(bytes))
                           : recv(socket_.get(), bytes, sizeof(bytes), 0);
  if (size <= 0) {
    ended_ = true;
  } else {
    received.append(bytes, static_cast<size_t>(size));
  }
}

}  // namespace sluice::testing
