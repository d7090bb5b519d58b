// SilentServer: a Unix socket whose connections are never answered, for tests
// of what waits for a server.

#ifndef SLUICE_SERVER_POSTGRES_TEST_SILENT_SERVER_H_
#define SLUICE_SERVER_POSTGRES_TEST_SILENT_SERVER_H_

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "server/postgres/connection_settings.h"

namespace sluice::postgres {

class SilentServer {
 public:
  SilentServer() {
    folder_ = std::filesystem::path(::testing::TempDir()) / "silent.XXXXXX";
    EXPECT_NE(mkdtemp(folder_.data()), nullptr);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::string path = absl::StrCat(folder_, "/.s.PGSQL.", kPort);
    EXPECT_LT(path.size(), sizeof(address.sun_path));
    std::strncpy(address.sun_path, path.c_str(), sizeof(address.sun_path) - 1);
    socket_ = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    EXPECT_EQ(bind(socket_, reinterpret_cast<const sockaddr*>(&address),
                   sizeof(address)),
              0);
    EXPECT_EQ(listen(socket_, kBacklog), 0);
  }
  ~SilentServer() {
    close(socket_);
    std::filesystem::remove_all(folder_);
  }
  SilentServer(const SilentServer&) = delete;

  // A connection to it fails after `connect_timeout`.
  ConnectionSettings Settings(absl::Duration connect_timeout) const {
    ConnectionSettings settings;
    settings.host = folder_;
    settings.port = kPort;
    settings.user = "user";
    settings.password = "password";
    settings.database = "database";
    settings.connect_timeout = connect_timeout;
    return settings;
  }

 private:
  static constexpr int kPort = 5432;
  static constexpr int kBacklog = 64;

  std::string folder_;
  int socket_ = -1;
};

}  // namespace sluice::postgres

#endif  // SLUICE_SERVER_POSTGRES_TEST_SILENT_SERVER_H_
