// Messages of PostgreSQL's protocol, for tests of what watches it.

#ifndef SLUICE_TESTS_SUPPORT_WIRE_MESSAGES_H_
#define SLUICE_TESTS_SUPPORT_WIRE_MESSAGES_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/strings/str_cat.h"

namespace sluice::testing {

inline std::string Length(size_t body_bytes) {
  const auto length = static_cast<uint32_t>(body_bytes + 4);
  return {static_cast<char>(length >> 24), static_cast<char>(length >> 16),
          static_cast<char>(length >> 8), static_cast<char>(length)};
}

inline std::string Message(char type, const std::string& body = "") {
  return absl::StrCat(std::string(1, type), Length(body.size()), body);
}

inline const std::string kNul(1, '\0');

inline std::string Startup() {
  const std::string body = std::string("\0\3\0\0user\0app\0", 14) + kNul;
  return Length(body.size()) + body;
}
inline std::string CancelRequest() {
  const std::string body = "\x04\xd2\x16\x2e" + std::string(8, 'k');
  return Length(body.size()) + body;
}
inline std::string Query(const std::string& sql) {
  return Message('Q', sql + kNul);
}
inline std::string Parse(const std::string& name, const std::string& sql) {
  return Message('P', absl::StrCat(name, kNul, sql, kNul, kNul, kNul));
}
inline std::string BindAndExecute(const std::string& statement) {
  const std::string counts(6, '\0');
  return Message('B', absl::StrCat(kNul, statement, kNul, counts)) +
         Message('E', absl::StrCat(kNul, std::string(4, '\0')));
}
inline std::string Sync() { return Message('S'); }
inline std::string Complete(const std::string& tag) {
  return Message('C', tag + kNul);
}
inline std::string Ready() { return Message('Z', "I"); }
inline std::string LoggedIn() {
  return Message('R', std::string(4, '\0')) + Ready();
}
inline std::string Failure(const std::string& severity = "ERROR") {
  return Message('E', absl::StrCat("S", severity, kNul, kNul));
}

}  // namespace sluice::testing

#endif  // SLUICE_TESTS_SUPPORT_WIRE_MESSAGES_H_
