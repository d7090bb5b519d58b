// PasswordThief: a listener that speaks as much of PostgreSQL's protocol as it
// takes to ask for a password in clear.

#ifndef SLUICE_TESTS_INTEGRATION_PASSWORD_THIEF_H_
#define SLUICE_TESTS_INTEGRATION_PASSWORD_THIEF_H_

#include <openssl/ssl.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/base/descriptor.h"
#include "server/base/mutex.h"

namespace sluice::testing {

// Listens on 127.0.0.1 and on a Unix socket, as PostgreSQL names it.
// Threads: any.
class PasswordThief {
 public:
  // Where it is entered with TLS, by a certificate of its own; without these,
  // it says that it has none.
  struct Certificate {
    std::string file;
    std::string key_file;
  };

  static absl::StatusOr<std::unique_ptr<PasswordThief>> Start(
      const std::string& socket_folder, const Certificate& certificate);
  ~PasswordThief();
  PasswordThief(const PasswordThief&) = delete;

  // Of both sockets.
  uint16_t port() const { return port_; }

  // Connections that came, and what they told when they were asked.
  int connection_count() const { return connection_count_; }
  std::vector<std::string> passwords();

 private:
  class Conversation;
  struct FreeContext {
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  };

  PasswordThief() = default;

  absl::Status Listen(const std::string& socket_folder);
  absl::Status LoadCertificate(const Certificate& certificate);
  void Run();
  void Meet(Descriptor connection);

  uint16_t port_ = 0;
  Descriptor tcp_listener_;
  Descriptor unix_listener_;
  std::unique_ptr<SSL_CTX, FreeContext> context_;
  std::atomic<int> connection_count_ = 0;
  std::atomic<bool> stopping_ = false;
  Mutex mutex_;
  std::vector<std::string> passwords_ ABSL_GUARDED_BY(mutex_);
  std::thread thread_;
};

}  // namespace sluice::testing

#endif  // SLUICE_TESTS_INTEGRATION_PASSWORD_THIEF_H_
