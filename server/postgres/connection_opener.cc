#include "server/postgres/connection_opener.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "server/base/error.h"

namespace sluice::postgres {
namespace {

constexpr int kOldestServerVersion = 140000;

absl::Status Unavailable(absl::string_view why) {
  return MakeError(absl::StatusCode::kUnavailable,
                   v1::ERROR_REASON_BACKEND_UNAVAILABLE,
                   absl::StrCat("no connection to PostgreSQL: ", why),
                   {{"executed", "no"}, {"phase", "connect"}});
}

absl::Status Unsupported(absl::string_view why) {
  return MakeError(absl::StatusCode::kFailedPrecondition,
                   v1::ERROR_REASON_BACKEND_UNSUPPORTED, why,
                   {{"executed", "no"}, {"phase", "connect"}});
}

// Records what libpq reads while it connects. Its public interface tells the
// cancel key in no other way.
class KeyRecorder {
 public:
  explicit KeyRecorder(PGconn* connection)
      : connection_(connection), stream_(open_memstream(&text_, &size_)) {
    if (stream_ == nullptr) return;
    PQtrace(connection_, stream_);
    PQsetTraceFlags(connection_, PQTRACE_SUPPRESS_TIMESTAMPS);
  }
  ~KeyRecorder() { Stop(); }
  KeyRecorder(const KeyRecorder&) = delete;

  // Ends the recording and takes the key out of it. Without a key, cancel
  // requests have no effect.
  void Finish(CancelKey& key) {
    if (stream_ == nullptr) return;
    std::fflush(stream_);
    constexpr char kName[] = "BackendKeyData\t";
    if (const char* found = std::strstr(text_, kName)) {
      std::sscanf(found + sizeof(kName) - 1, "%d %d", &key.process_id,
                  &key.secret);
    }
    Stop();
  }

 private:
  void Stop() {
    if (stream_ == nullptr) return;
    PQuntrace(connection_);
    std::fclose(std::exchange(stream_, nullptr));
    std::memset(text_, 0, size_);
    std::free(text_);
  }

  PGconn* const connection_;
  char* text_ = nullptr;
  size_t size_ = 0;
  FILE* stream_;
};

PgConnPtr StartConnecting(const ConnectionSettings& settings) {
  const std::string port = absl::StrCat(settings.port);
  std::vector<const char*> keys;
  std::vector<const char*> values;
  auto add = [&](const char* key, const std::string& value) {
    keys.push_back(key);
    values.push_back(value.c_str());
  };
  const std::string tls_mode =
      settings.over_unix_socket() ? "disable" : "verify-full";
  const std::string encoding = "UTF8";
  const std::string off = "disable";
  // Only what is said here counts: no password file, no GSSAPI.
  const std::string no_file = "/dev/null";
  add("host", settings.host);
  if (!settings.hostaddr.empty()) add("hostaddr", settings.hostaddr);
  add("port", port);
  add("user", settings.user);
  add("password", settings.password);
  add("dbname", settings.database);
  add("application_name", settings.application_name);
  add("client_encoding", encoding);
  add("gssencmode", off);
  add("passfile", no_file);
  add("sslmode", tls_mode);
  if (!settings.ca_file.empty()) add("sslrootcert", settings.ca_file);
  keys.push_back(nullptr);
  values.push_back(nullptr);
  return PgConnPtr(PQconnectStartParams(keys.data(), values.data(), 0));
}

// A socket that libpq owns, watched by the loop for one wait at a time.
class BorrowedSocket {
 public:
  BorrowedSocket(EventLoop& loop, int descriptor) : socket_(loop.context()) {
    asio::error_code error;
    // The family plays no part in waiting.
    socket_.assign(asio::generic::stream_protocol(AF_UNIX, 0), descriptor,
                   error);
  }
  ~BorrowedSocket() { Release(); }
  BorrowedSocket(const BorrowedSocket&) = delete;

  SocketWait Wait(StreamSocket::wait_type type) {
    return SocketWait(socket_, type);
  }
  // Ends a wait in progress.
  void Release() {
    if (!socket_.is_open()) return;
    asio::error_code ignored;
    socket_.release(ignored);
  }

 private:
  StreamSocket socket_;
};

// Drives PQconnectPoll until it is done or the deadline passes.
Task<absl::Status> Connect(EventLoop& loop, PGconn* connection,
                           Deadline deadline) {
  PostgresPollingStatusType next = PGRES_POLLING_WRITING;
  while (next != PGRES_POLLING_OK) {
    if (next == PGRES_POLLING_FAILED) {
      co_return Unavailable(
          absl::StripAsciiWhitespace(PQerrorMessage(connection)));
    }
    {
      // libpq may close its descriptor and open another at every poll.
      BorrowedSocket socket(loop, PQsocket(connection));
      Timer timer(loop);
      timer.Start(deadline, [&socket] { socket.Release(); });
      const auto type = next == PGRES_POLLING_READING
                            ? StreamSocket::wait_read
                            : StreamSocket::wait_write;
      SocketWait wait = socket.Wait(type);
      co_await wait;
    }
    if (deadline.Expired()) co_return Unavailable("timed out");
    next = PQconnectPoll(connection);
  }
  co_return absl::OkStatus();
}

std::string ParameterOf(const PGconn* connection, const char* name) {
  const char* value = PQparameterStatus(connection, name);
  return value == nullptr ? "" : value;
}

absl::Status CheckServer(PGconn* connection) {
  if (PQserverVersion(connection) < kOldestServerVersion) {
    return Unsupported("PostgreSQL 14 or newer is needed");
  }
  const char* encoding = PQparameterStatus(connection, "server_encoding");
  if (encoding == nullptr || std::strcmp(encoding, "UTF8") != 0) {
    return Unsupported("the database's encoding is not UTF-8");
  }
  return absl::OkStatus();
}

}  // namespace

Task<absl::StatusOr<OpenedConnection>> OpenConnection(
    EventLoop& loop, const ConnectionSettings& settings, Deadline deadline) {
  OpenedConnection opened;
  opened.connection = StartConnecting(settings);
  PGconn* connection = opened.connection.get();
  if (connection == nullptr) co_return Unavailable("out of memory");
  if (PQstatus(connection) == CONNECTION_BAD) {
    co_return Unavailable(
        absl::StripAsciiWhitespace(PQerrorMessage(connection)));
  }
  KeyRecorder recorder(connection);
  Task<absl::Status> connecting = Connect(loop, connection, deadline);
  absl::Status status = co_await std::move(connecting);
  if (status.ok()) status = CheckServer(connection);
  if (!status.ok()) co_return status;

  opened.server_version = ParameterOf(connection, "server_version");
  opened.reported.application_name =
      ParameterOf(connection, "application_name");
  opened.reported.date_style = ParameterOf(connection, "DateStyle");
  opened.reported.time_zone = ParameterOf(connection, "TimeZone");
  recorder.Finish(opened.cancel_key);
  opened.cancel_key.address_size = sizeof(opened.cancel_key.address);
  getpeername(PQsocket(connection),
              reinterpret_cast<sockaddr*>(&opened.cancel_key.address),
              &opened.cancel_key.address_size);
  co_return std::move(opened);
}

}  // namespace sluice::postgres
