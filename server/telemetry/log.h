// Log: the structured log, one JSON object to a line of standard error.
//
//   Log(LogLevel::kInfo, "listening", {{"address", address}, {"port", 7433}});
//   {"time":"2023-01-31T12:00:00.000001Z","level":"info","event":"listening",
//    "address":"127.0.0.1","port":7433}
//
// No secret goes into a log: no password, token, private key, parameter of a
// statement or value of a row. The text of a statement may hold such values.

#ifndef SLUICE_SERVER_TELEMETRY_LOG_H_
#define SLUICE_SERVER_TELEMETRY_LOG_H_

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/variant.h"

namespace sluice::telemetry {

enum class LogLevel {
  kInfo,
  // Something that an operator should look at; the server goes on.
  kWarning,
  // Something that the server can't do as it should.
  kError,
};

// A value of a field. Lifetime: refers to the text that it was made from.
class LogValue {
 public:
  // Implicit, so that a field is written {"port", 7433}.
  // NOLINTBEGIN(google-explicit-constructor)
  LogValue(absl::string_view text) : value_(text) {}
  LogValue(const std::string& text) : value_(absl::string_view(text)) {}
  LogValue(const char* text) : value_(absl::string_view(text)) {}
  LogValue(bool value) : value_(value) {}
  LogValue(double value) : value_(value) {}
  template <std::signed_integral T>
  LogValue(T value) : value_(static_cast<int64_t>(value)) {}
  template <std::unsigned_integral T>
  LogValue(T value) : value_(static_cast<uint64_t>(value)) {}
  // NOLINTEND(google-explicit-constructor)

  using Variant =
      absl::variant<absl::string_view, bool, double, int64_t, uint64_t>;
  const Variant& value() const { return value_; }

 private:
  Variant value_;
};

struct LogField {
  // In snake_case; a unit at its end, where there is one.
  absl::string_view name;
  LogValue value;
};

using LogFields = std::initializer_list<LogField>;

// Writes one line with one write(2), so lines of several threads never mix.
// What can't be written is dropped: a log that is full stops no server.
// `event` says what happened, in snake_case, and never varies.
// Threads: any.
void Log(LogLevel level, absl::string_view event, LogFields fields = {});

// The line that Log writes, with its newline. Bytes that are no UTF-8 become
// U+FFFD.
std::string FormatLogLine(absl::Time time, LogLevel level,
                          absl::string_view event, LogFields fields);

}  // namespace sluice::telemetry

#endif  // SLUICE_SERVER_TELEMETRY_LOG_H_
