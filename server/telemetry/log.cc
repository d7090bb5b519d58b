#include "server/telemetry/log.h"

#include <unistd.h>

#include <cerrno>

#include "absl/time/clock.h"
#include "nlohmann/json.hpp"

namespace sluice::telemetry {
namespace {

// Keeps the order of the fields.
using Json = nlohmann::ordered_json;

absl::string_view LevelName(LogLevel level) {
  switch (level) {
    case LogLevel::kInfo:
      return "info";
    case LogLevel::kWarning:
      return "warning";
    case LogLevel::kError:
      return "error";
  }
  return "invalid";
}

struct ToJson {
  Json operator()(absl::string_view text) const { return std::string(text); }
  template <typename T>
  Json operator()(T value) const {
    return value;
  }
};

}  // namespace

std::string FormatLogLine(absl::Time time, LogLevel level,
                          absl::string_view event, LogFields fields) {
  Json line;
  line["time"] =
      absl::FormatTime("%Y-%m-%dT%H:%M:%E6SZ", time, absl::UTCTimeZone());
  line["level"] = std::string(LevelName(level));
  line["event"] = std::string(event);
  for (const LogField& field : fields) {
    line[std::string(field.name)] = absl::visit(ToJson(), field.value.value());
  }
  return line.dump(/*indent=*/-1, /*indent_char=*/' ', /*ensure_ascii=*/false,
                   Json::error_handler_t::replace) +
         "\n";
}

void Log(LogLevel level, absl::string_view event, LogFields fields) {
  const std::string line = FormatLogLine(absl::Now(), level, event, fields);
  ssize_t written;
  do {
    written = write(STDERR_FILENO, line.data(), line.size());
  } while (written < 0 && errno == EINTR);
}

}  // namespace sluice::telemetry
