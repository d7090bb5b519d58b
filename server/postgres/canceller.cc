#include "server/postgres/canceller.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <string>

#include "server/base/endian.h"
#include "server/postgres/transport.h"

namespace sluice::postgres {
namespace {

constexpr size_t kMaxActive = 4;
constexpr absl::Duration kTurnInterval = absl::Milliseconds(5);
constexpr absl::Duration kTimeout = absl::Seconds(2);
// https://www.postgresql.org/docs/15/protocol-message-formats.html
constexpr uint32_t kCancelRequestCode = 80877102;
constexpr size_t kRequestBytes = 16;

std::string MakeRequest(const CancelKey& key) {
  std::string request(kRequestBytes, '\0');
  StoreBig32(kRequestBytes, request.data());
  StoreBig32(kCancelRequestCode, request.data() + 4);
  StoreBig32(static_cast<uint32_t>(key.process_id), request.data() + 8);
  StoreBig32(static_cast<uint32_t>(key.secret), request.data() + 12);
  return request;
}

// Connects without blocking; the socket is writable once it is connected.
bool StartConnecting(StreamSocket& socket, const CancelKey& key) {
  const int descriptor = ::socket(
      key.address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return false;
  const int result =
      connect(descriptor, reinterpret_cast<const sockaddr*>(&key.address),
              key.address_size);
  const bool started = result == 0 || errno == EINPROGRESS;
  asio::error_code error;
  if (started) {
    socket.assign(asio::generic::stream_protocol(key.address.ss_family, 0),
                  descriptor, error);
  }
  if (!started || error) {
    close(descriptor);
    return false;
  }
  return true;
}

}  // namespace

Task<Canceller::Delivery> Canceller::Cancel(
    CancelKey key, std::function<bool()> still_wanted) {
  while (active_ >= kMaxActive) {
    SleepAwaiter turn(loop_, Deadline::In(kTurnInterval));
    co_await turn;
  }
  if (!still_wanted()) co_return Delivery::kNone;
  StreamSocket socket(loop_.context());
  if (!StartConnecting(socket, key)) co_return Delivery::kNone;
  ++active_;
  Timer timer(loop_);
  timer.Start(Deadline::In(kTimeout), [&socket] {
    asio::error_code ignored;
    socket.close(ignored);
  });
  Delivery delivery = Delivery::kNone;
  SocketWait connected(socket, StreamSocket::wait_write);
  asio::error_code error = co_await connected;
  if (!error) {
    const std::string request = MakeRequest(key);
    const ssize_t sent = send(socket.native_handle(), request.data(),
                              request.size(), MSG_NOSIGNAL);
    if (sent > 0) delivery = Delivery::kUncertain;
  }
  if (delivery == Delivery::kUncertain) {
    // The peer sends nothing: readable means closed.
    SocketWait closed(socket, StreamSocket::wait_read);
    error = co_await closed;
    if (!error) delivery = Delivery::kDone;
  }
  --active_;
  co_return delivery;
}

}  // namespace sluice::postgres
