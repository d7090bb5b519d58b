#include "server/postgres/transport.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <utility>

namespace sluice::postgres {
namespace {

constexpr Transport::Outcome kClosedOutcome{Transport::Progress::kClosed, 0};

int TlsSize(size_t size) {
  return static_cast<int>(std::min<size_t>(size, INT_MAX));
}

// The protocol of a socket matters to Asio only for opening it.
asio::generic::stream_protocol ProtocolOf(int descriptor) {
  sockaddr_storage address{};
  socklen_t size = sizeof(address);
  getsockname(descriptor, reinterpret_cast<sockaddr*>(&address), &size);
  return asio::generic::stream_protocol(address.ss_family, 0);
}

}  // namespace

Transport::Transport(EventLoop& loop, PgConnPtr connection)
    : socket_(loop.context()),
      connection_(std::move(connection)),
      tls_(static_cast<SSL*>(PQsslStruct(connection_.get(), "OpenSSL"))),
      descriptor_(PQsocket(connection_.get())) {
  // So that PQfinish cannot block.
  PQsetnonblocking(connection_.get(), 1);
  // Takes in what came behind ReadyForQuery; there is nothing else that
  // libpq could hold back from us (docs/adr/0001).
  PQisBusy(connection_.get());
  if (tls_ != nullptr) {
    SSL_set_mode(tls_, SSL_MODE_ENABLE_PARTIAL_WRITE |
                           SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  }
  asio::error_code error;
  socket_.assign(ProtocolOf(descriptor_), descriptor_, error);
  if (error) connection_.reset();
}

Transport::Outcome Transport::TryRead(char* buffer, size_t size) {
  if (closed()) return kClosedOutcome;
  if (tls_ != nullptr) {
    ERR_clear_error();
    return TlsOutcome(SSL_read(tls_, buffer, TlsSize(size)));
  }
  for (;;) {
    const ssize_t count = recv(descriptor_, buffer, size, MSG_DONTWAIT);
    if (count > 0) return {Progress::kBytes, static_cast<size_t>(count)};
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
      return {Progress::kWantRead, 0};
    }
    return kClosedOutcome;
  }
}

Transport::Outcome Transport::TryWrite(absl::string_view bytes) {
  if (closed()) return kClosedOutcome;
  if (tls_ != nullptr) {
    ERR_clear_error();
    return TlsOutcome(SSL_write(tls_, bytes.data(), TlsSize(bytes.size())));
  }
  for (;;) {
    const ssize_t count = send(descriptor_, bytes.data(), bytes.size(),
                               MSG_DONTWAIT | MSG_NOSIGNAL);
    if (count >= 0) return {Progress::kBytes, static_cast<size_t>(count)};
    if (errno == EINTR) continue;
    if (errno == EAGAIN || errno == EWOULDBLOCK) {
      return {Progress::kWantWrite, 0};
    }
    return kClosedOutcome;
  }
}

Transport::Outcome Transport::TlsOutcome(int result) {
  if (result > 0) return {Progress::kBytes, static_cast<size_t>(result)};
  switch (SSL_get_error(tls_, result)) {
    case SSL_ERROR_WANT_READ:
      return {Progress::kWantRead, 0};
    case SSL_ERROR_WANT_WRITE:
      return {Progress::kWantWrite, 0};
    default:
      return kClosedOutcome;
  }
}

void Transport::Close() {
  if (closed()) return;
  asio::error_code ignored;
  socket_.release(ignored);
  connection_.reset();
}

}  // namespace sluice::postgres
