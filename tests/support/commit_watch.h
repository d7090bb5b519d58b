// CommitWatch: tells, by the bytes that pass, whether a connection to
// PostgreSQL waits for the reply to a COMMIT.

#ifndef SLUICE_TESTS_SUPPORT_COMMIT_WATCH_H_
#define SLUICE_TESTS_SUPPORT_COMMIT_WATCH_H_

#include <cstdint>
#include <deque>
#include <set>
#include <string>

#include "absl/strings/string_view.h"
#include "tests/support/message_scanner.h"

namespace sluice::testing {

// A connection without TLS, from its first byte on. COMMIT counts however it
// is sent: as a query, or by Parse, Bind and Execute, together or apart.
class CommitWatch {
 public:
  CommitWatch();
  CommitWatch(const CommitWatch&) = delete;

  // What the client has sent.
  void Sent(absl::string_view bytes) { client_.Feed(bytes); }
  // What has reached the client.
  void Delivered(absl::string_view bytes) { server_.Feed(bytes); }

  // COMMITs that the client has sent whole.
  int64_t commit_count() const { return commit_count_; }
  // Whether one of them has no reply yet: neither its completion nor an error
  // has reached the client. One that ends the connection is no reply.
  bool waiting() const;
  // Whether the connection is there for a cancel request alone.
  bool is_cancel_request() const { return is_cancel_request_; }

 private:
  // What is answered up to one ReadyForQuery.
  struct Unit {
    bool ended = false;
    bool waits_for_commit = false;
  };

  void VisitClient(char type, absl::string_view body);
  void VisitServer(char type, absl::string_view body);
  void SendCommit();

  MessageScanner client_;
  MessageScanner server_;
  // Names of prepared statements and of portals that are a COMMIT.
  std::set<std::string> statements_;
  std::set<std::string> portals_;
  // Oldest first; the last one has not ended.
  std::deque<Unit> units_;
  int64_t commit_count_ = 0;
  bool is_cancel_request_ = false;
};

}  // namespace sluice::testing

#endif  // SLUICE_TESTS_SUPPORT_COMMIT_WATCH_H_
