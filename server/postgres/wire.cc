#include "server/postgres/wire.h"

namespace sluice::postgres {

void MessageWriter::Parse(absl::string_view name, absl::string_view sql,
                          const uint32_t* type_oids, size_t type_count) {
  Begin(message::kParse);
  CString(name);
  CString(sql);
  Int16(static_cast<int16_t>(type_count));
  for (size_t i = 0; i < type_count; ++i) {
    Int32(static_cast<int32_t>(type_oids[i]));
  }
  End();
}

void MessageWriter::DescribeStatement(absl::string_view name) {
  Begin(message::kDescribe);
  Byte(kStatementTarget);
  CString(name);
  End();
}

void MessageWriter::CloseStatement(absl::string_view name) {
  Begin(message::kClose);
  Byte(kStatementTarget);
  CString(name);
  End();
}

void MessageWriter::Execute(int32_t max_rows) {
  Begin(message::kExecute);
  CString("");
  Int32(max_rows);
  End();
}

void MessageWriter::Query(absl::string_view sql) {
  Begin(message::kQuery);
  CString(sql);
  End();
}

void MessageWriter::Flush() {
  Begin(message::kFlush);
  End();
}

void MessageWriter::Sync() {
  Begin(message::kSync);
  End();
}

bool MessageReader::Take(size_t size, const char** bytes) {
  if (!ok_ || rest_.size() < size) {
    ok_ = false;
    return false;
  }
  *bytes = rest_.data();
  rest_.remove_prefix(size);
  return true;
}

char MessageReader::Byte() {
  const char* bytes;
  return Take(1, &bytes) ? *bytes : '\0';
}

int16_t MessageReader::Int16() {
  const char* bytes;
  if (!Take(sizeof(int16_t), &bytes)) return 0;
  return static_cast<int16_t>(LoadBig16(bytes));
}

int32_t MessageReader::Int32() {
  const char* bytes;
  if (!Take(sizeof(int32_t), &bytes)) return 0;
  return static_cast<int32_t>(LoadBig32(bytes));
}

absl::string_view MessageReader::CString() {
  const size_t end = rest_.find('\0');
  const char* bytes;
  if (end == absl::string_view::npos || !Take(end + 1, &bytes)) {
    ok_ = false;
    return {};
  }
  return absl::string_view(bytes, end);
}

absl::string_view MessageReader::Bytes() {
  const int32_t size = Int32();
  const char* bytes;
  if (size < 0 || !Take(static_cast<size_t>(size), &bytes)) return {};
  return absl::string_view(bytes, static_cast<size_t>(size));
}

}  // namespace sluice::postgres
