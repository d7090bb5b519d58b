// Transport: the bytes of an open connection, over a plain socket or through
// the TLS session that libpq negotiated.

#ifndef SLUICE_SERVER_POSTGRES_TRANSPORT_H_
#define SLUICE_SERVER_POSTGRES_TRANSPORT_H_

#include <libpq-fe.h>

#include <asio/generic/stream_protocol.hpp>
#include <coroutine>
#include <cstddef>
#include <memory>

#include "absl/strings/string_view.h"
#include "server/base/event_loop.h"

struct ssl_st;

namespace sluice::postgres {

struct PgConnFinisher {
  void operator()(PGconn* connection) const { PQfinish(connection); }
};
using PgConnPtr = std::unique_ptr<PGconn, PgConnFinisher>;

using StreamSocket = asio::generic::stream_protocol::socket;

// `co_await` one: waits until the socket can be read or written, or is
// released; gives the error, if any.
class SocketWait {
 public:
  SocketWait(StreamSocket& socket, StreamSocket::wait_type type)
      : socket_(socket), type_(type) {}
  SocketWait(const SocketWait&) = delete;

  bool await_ready() const { return false; }
  void await_suspend(std::coroutine_handle<> handle) {
    socket_.async_wait(type_, [this, handle](const asio::error_code& error) {
      error_ = error;
      handle.resume();
    });
  }
  asio::error_code await_resume() const { return error_; }

 private:
  StreamSocket& socket_;
  const StreamSocket::wait_type type_;
  asio::error_code error_;
};

// Threads: belongs to one event loop.
class Transport {
 public:
  enum class Progress { kBytes, kWantRead, kWantWrite, kClosed };
  struct Outcome {
    Progress progress;
    size_t bytes;
  };

  // Takes over a connection that libpq has opened.
  Transport(EventLoop& loop, PgConnPtr connection);
  ~Transport() { Close(); }
  Transport(const Transport&) = delete;

  // Neither blocks. kClosed stands for errors too: nothing more will come.
  Outcome TryRead(char* buffer, size_t size);
  Outcome TryWrite(absl::string_view bytes);

  SocketWait Readable() { return SocketWait(socket_, StreamSocket::wait_read); }
  SocketWait Writable() {
    return SocketWait(socket_, StreamSocket::wait_write);
  }

  // Says Terminate and closes. Waits in progress end with an error, a turn
  // of the loop later: keep this object until then.
  void Close();
  bool closed() const { return connection_ == nullptr; }
  bool has_tls() const { return tls_ != nullptr; }

 private:
  Outcome TlsOutcome(int result);

  StreamSocket socket_;
  PgConnPtr connection_;
  ssl_st* const tls_;  // Owned by connection_; null without TLS.
  const int descriptor_;
};

}  // namespace sluice::postgres

#endif  // SLUICE_SERVER_POSTGRES_TRANSPORT_H_
