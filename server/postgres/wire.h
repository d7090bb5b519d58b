// Messages of PostgreSQL's frontend/backend protocol 3.0: written into a
// string, read from a bounded view.
// https://www.postgresql.org/docs/15/protocol-message-formats.html

#ifndef SLUICE_SERVER_POSTGRES_WIRE_H_
#define SLUICE_SERVER_POSTGRES_WIRE_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "server/base/endian.h"

namespace sluice::postgres {

// Type bytes of the messages that we send and receive.
namespace message {
inline constexpr char kBind = 'B';
inline constexpr char kClose = 'C';
inline constexpr char kDescribe = 'D';
inline constexpr char kExecute = 'E';
inline constexpr char kFlush = 'H';
inline constexpr char kParse = 'P';
inline constexpr char kQuery = 'Q';
inline constexpr char kSync = 'S';

inline constexpr char kBindComplete = '2';
inline constexpr char kCloseComplete = '3';
inline constexpr char kCommandComplete = 'C';
inline constexpr char kCopyBothResponse = 'W';
inline constexpr char kCopyInResponse = 'G';
inline constexpr char kCopyOutResponse = 'H';
inline constexpr char kDataRow = 'D';
inline constexpr char kEmptyQuery = 'I';
inline constexpr char kErrorResponse = 'E';
inline constexpr char kNoData = 'n';
inline constexpr char kNotice = 'N';
inline constexpr char kNotification = 'A';
inline constexpr char kParameterDescription = 't';
inline constexpr char kParameterStatus = 'S';
inline constexpr char kParseComplete = '1';
inline constexpr char kPortalSuspended = 's';
inline constexpr char kReadyForQuery = 'Z';
inline constexpr char kRowDescription = 'T';
}  // namespace message

// What Describe and Close name.
inline constexpr char kStatementTarget = 'S';

// Appends messages to a buffer. A message is begun, filled and ended.
class MessageWriter {
 public:
  explicit MessageWriter(std::string& out) : out_(out) {}

  void Begin(char type) {
    out_.push_back(type);
    start_ = out_.size();
    Int32(0);
  }
  void End() { PatchInt32(start_, static_cast<int32_t>(out_.size() - start_)); }

  void Byte(char value) { out_.push_back(value); }
  void Int16(int16_t value) {
    char bytes[sizeof(value)];
    StoreBig16(static_cast<uint16_t>(value), bytes);
    out_.append(bytes, sizeof(bytes));
  }
  void Int32(int32_t value) {
    char bytes[sizeof(value)];
    StoreBig32(static_cast<uint32_t>(value), bytes);
    out_.append(bytes, sizeof(bytes));
  }
  // `value` holds no NUL.
  void CString(absl::string_view value) {
    out_.append(value.data(), value.size());
    out_.push_back('\0');
  }

  // Write over what stands at `offset`.
  void PatchInt16(size_t offset, int16_t value) {
    StoreBig16(static_cast<uint16_t>(value), out_.data() + offset);
  }
  void PatchInt32(size_t offset, int32_t value) {
    StoreBig32(static_cast<uint32_t>(value), out_.data() + offset);
  }

  std::string& out() { return out_; }

  // Whole messages.
  void Parse(absl::string_view name, absl::string_view sql,
             const uint32_t* type_oids, size_t type_count);
  void DescribeStatement(absl::string_view name);
  void CloseStatement(absl::string_view name);
  // Execute of the unnamed portal; at most `max_rows` rows, 0 for all.
  void Execute(int32_t max_rows);
  void Query(absl::string_view sql);
  void Flush();
  void Sync();

 private:
  std::string& out_;
  size_t start_ = 0;
};

// Reads a message body. Past the end, and once anything was out of bounds, it
// gives zeros and ok() is false.
class MessageReader {
 public:
  explicit MessageReader(absl::string_view body) : rest_(body) {}

  bool ok() const { return ok_; }
  bool AtEnd() const { return rest_.empty(); }
  char Byte();
  int16_t Int16();
  int32_t Int32();
  // Text up to a NUL.
  absl::string_view CString();
  // A value of a DataRow: a length and so many bytes; empty for NULL.
  absl::string_view Bytes();

 private:
  bool Take(size_t size, const char** bytes);

  absl::string_view rest_;
  bool ok_ = true;
};

}  // namespace sluice::postgres

#endif  // SLUICE_SERVER_POSTGRES_WIRE_H_
