#include "server/provision/connection_string.h"

#include <libpq-fe.h>

#include <cstdlib>
#include <map>
#include <memory>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

namespace sluice::provision {
namespace {

constexpr char kConnectTimeoutSeconds[] = "10";

struct FreeOptions {
  void operator()(PQconninfoOption* options) const { PQconninfoFree(options); }
};

// What `given` sets, by keyword.
absl::StatusOr<std::map<std::string, std::string>> Parse(
    const std::string& given) {
  char* words = nullptr;
  const std::unique_ptr<PQconninfoOption, FreeOptions> options(
      PQconninfoParse(given.c_str(), &words));
  if (options == nullptr) {
    const std::string message = words == nullptr ? "out of memory" : words;
    PQfreemem(words);
    return absl::InvalidArgumentError(
        absl::StrCat("--connect: ", absl::StripAsciiWhitespace(message)));
  }
  std::map<std::string, std::string> values;
  for (const PQconninfoOption* option = options.get();
       option->keyword != nullptr; ++option) {
    if (option->val != nullptr) values[option->keyword] = option->val;
  }
  return values;
}

}  // namespace

absl::StatusOr<std::string> MakeConnectionString(const std::string& given) {
  absl::StatusOr<std::map<std::string, std::string>> values = Parse(given);
  if (!values.ok()) return values.status();
  if (values->count("password") != 0) {
    return absl::InvalidArgumentError(
        "--connect: no password here, where other users see it; put it into "
        "the file that PGPASSFILE names");
  }
  values->emplace("fallback_application_name", "sluice-provision");
  if (std::getenv("PGCONNECT_TIMEOUT") == nullptr) {
    values->emplace("connect_timeout", kConnectTimeoutSeconds);
  }
  std::string text;
  for (const auto& [keyword, value] : *values) {
    absl::StrAppend(&text, text.empty() ? "" : " ", keyword, "='",
                    absl::StrReplaceAll(value, {{"\\", "\\\\"}, {"'", "\\'"}}),
                    "'");
  }
  return text;
}

}  // namespace sluice::provision
