// RawConnection: a TCP connection to the gateway, by default from 127.0.0.1,
// that sends whatever a test likes.

#ifndef SLUICE_TESTS_SUPPORT_RAW_CONNECTION_H_
#define SLUICE_TESTS_SUPPORT_RAW_CONNECTION_H_

#include <openssl/ssl.h>

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "server/base/descriptor.h"

namespace sluice::testing {

// Threads: one.
class RawConnection {
 public:
  // Errors: UNAVAILABLE.
  static absl::StatusOr<RawConnection> Connect(
      int port, const std::string& from = "127.0.0.1");

  // Shakes hands with ALPN "h2" and the client's certificate. (With TLS 1.3 a
  // server refuses that after the handshake, as the client sees it.)
  // Errors: UNAVAILABLE.
  absl::Status StartTls(const std::string& certificate_file,
                        const std::string& key_file);

  // SHA-256 of the server's certificate. After StartTls.
  std::string ServerCertificateDigest() const;

  // Whether all was sent; a server that has closed the connection is no fault
  // of the test.
  bool Send(absl::string_view bytes);

  // What comes within `limit` until `enough(all of it)` or the end.
  template <typename Condition>
  std::string ReceiveUntil(absl::Duration limit, Condition enough) {
    std::string received;
    const absl::Time deadline = absl::Now() + limit;
    while (!ended_ && !enough(received) && absl::Now() < deadline) {
      ReceiveSome(deadline, received);
    }
    return received;
  }

  // Whether the server closes the connection within `limit`; what it sends
  // before that goes to `received`.
  bool AwaitEnd(absl::Duration limit, std::string* received = nullptr);

 private:
  struct Free {
    void operator()(SSL* tls) const { SSL_free(tls); }
  };

  explicit RawConnection(Descriptor socket) : socket_(std::move(socket)) {}

  void ReceiveSome(absl::Time deadline, std::string& received);

  Descriptor socket_;
  std::unique_ptr<SSL, Free> tls_;
  bool ended_ = false;
};

}  // namespace sluice::testing

#endif  // SLUICE_TESTS_SUPPORT_RAW_CONNECTION_H_
