// MessageScanner: takes the messages of PostgreSQL's protocol out of a stream
// of bytes, however it is split.

#ifndef SLUICE_TESTS_SUPPORT_MESSAGE_SCANNER_H_
#define SLUICE_TESTS_SUPPORT_MESSAGE_SCANNER_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

#include "absl/strings/string_view.h"

namespace sluice::testing {

// One direction of a connection without TLS.
// https://www.postgresql.org/docs/15/protocol-message-formats.html
class MessageScanner {
 public:
  // Whether the first message has no type, as a client's startup packet.
  enum class First { kTyped, kUntyped };
  // Gets the type (0 where there is none) and the body without its length, of
  // which it sees no more than kKeptBytes.
  using Visitor = std::function<void(char type, absl::string_view body)>;
  static constexpr size_t kKeptBytes = 1024;

  MessageScanner(First first, Visitor visitor)
      : untyped_(first == First::kUntyped), visitor_(std::move(visitor)) {}

  // Visits the messages that end within `bytes`.
  void Feed(absl::string_view bytes);

 private:
  size_t header_bytes() const { return untyped_ ? 4 : 5; }
  void ReadHeader();

  bool untyped_;
  const Visitor visitor_;
  // Of the message that has not ended.
  std::string header_;
  std::string body_;
  uint64_t missing_bytes_ = 0;
};

}  // namespace sluice::testing

#endif  // SLUICE_TESTS_SUPPORT_MESSAGE_SCANNER_H_
