#include "client/cli/shell/name_pattern.h"

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace sluice::cli {
namespace {

void AppendLiteral(char c, std::string& out) {
  if (absl::string_view("\\^$.[]|()*+?{}").find(c) != absl::string_view::npos) {
    out.push_back('\\');
  }
  out.push_back(c);
}

void AppendPlain(char c, std::string& out) {
  if (c == '*') {
    out.append(".*");
  } else if (c == '?') {
    out.push_back('.');
  } else {
    AppendLiteral(absl::ascii_tolower(c), out);
  }
}

std::string Anchor(const std::string& expression) {
  return expression.empty() ? "" : absl::StrCat("^(", expression, ")$");
}

}  // namespace

NamePattern ParseNamePattern(absl::string_view text) {
  std::string schema;
  std::string name;
  bool is_quoted = false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '"') {
      const bool is_doubled = is_quoted && text.substr(i, 2) == "\"\"";
      if (is_doubled) {
        AppendLiteral(c, name);
        ++i;
      } else {
        is_quoted = !is_quoted;
      }
    } else if (is_quoted) {
      AppendLiteral(c, name);
    } else if (c == '.') {
      schema = std::move(name);
      name.clear();
    } else {
      AppendPlain(c, name);
    }
  }
  return {.schema = Anchor(schema), .name = Anchor(name)};
}

}  // namespace sluice::cli
