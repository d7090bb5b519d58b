#include "server/telemetry/json_line.h"

#include <cstdint>

#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"
#include "nlohmann/json.hpp"

namespace sluice::telemetry {
namespace {

using Json = nlohmann::json;

bool IsPlain(char c) { return c >= 0x20 && c < 0x7f && c != '"' && c != '\\'; }

struct ValueAppender {
  std::string& text;

  void operator()(absl::string_view value) const {
    // Nearly all texts are plain, and nlohmann's writer takes its time.
    if (absl::c_all_of(value, IsPlain)) {
      absl::StrAppend(&text, "\"", value, "\"");
    } else {
      text += Json(std::string(value))
                  .dump(/*indent=*/-1, /*indent_char=*/' ',
                        /*ensure_ascii=*/false, Json::error_handler_t::replace);
    }
  }
  void operator()(bool value) const { text += value ? "true" : "false"; }
  void operator()(double value) const { text += Json(value).dump(); }
  void operator()(int64_t value) const { absl::StrAppend(&text, value); }
  void operator()(uint64_t value) const { absl::StrAppend(&text, value); }
};

}  // namespace

void JsonLine::Add(absl::string_view name, const LogValue& value) {
  absl::StrAppend(&text_, first_ ? "\"" : ",\"", name, "\":");
  first_ = false;
  absl::visit(ValueAppender{text_}, value.value());
}

}  // namespace sluice::telemetry
