// JsonLine: a JSON object on one line, written member by member.

#ifndef SLUICE_SERVER_TELEMETRY_JSON_LINE_H_
#define SLUICE_SERVER_TELEMETRY_JSON_LINE_H_

#include <string>

#include "absl/strings/string_view.h"
#include "server/telemetry/log.h"

namespace sluice::telemetry {

// Appends an object to `text`, which outlives it. Bytes that are no UTF-8
// become U+FFFD, a number that JSON has not becomes null.
class JsonLine {
 public:
  explicit JsonLine(std::string& text) : text_(text) { text_ += '{'; }
  JsonLine(const JsonLine&) = delete;

  // Members come in the order of the calls. `name` needs no escapes.
  void Add(absl::string_view name, const LogValue& value);
  // Ends the object; the line gets no newline.
  void Close() { text_ += '}'; }

 private:
  std::string& text_;
  bool first_ = true;
};

}  // namespace sluice::telemetry

#endif  // SLUICE_SERVER_TELEMETRY_JSON_LINE_H_
