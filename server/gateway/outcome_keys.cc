#include "server/gateway/outcome_keys.h"

#include <algorithm>
#include <fstream>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

namespace sluice::gateway {
namespace {

constexpr size_t kKeyDigits = 2 * identity::Sealer::kKeyBytes;
// A key, a newline, and one more to see that there is more.
constexpr size_t kMostBytes = kKeyDigits + 2;

// The digits that a file holds, without a newline at their end.
std::string ReadDigits(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text(kMostBytes, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<size_t>(file.gcount()));
  if (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

bool IsKey(absl::string_view text) {
  return text.size() == kKeyDigits &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return absl::ascii_isxdigit(static_cast<unsigned char>(c));
         });
}

}  // namespace

absl::StatusOr<identity::Sealer> MakeSealer(
    const config::v1::Outcome& outcome) {
  if (outcome.key_files().empty()) return identity::Sealer::MakeRandom();
  std::vector<std::string> keys;
  for (const std::string& path : outcome.key_files()) {
    const std::string digits = ReadDigits(path);
    if (!IsKey(digits)) {
      return absl::InvalidArgumentError(
          absl::StrCat("outcome.key_files[", keys.size(), "]: ", path,
                       " does not hold ", kKeyDigits, " hexadecimal digits"));
    }
    keys.push_back(absl::HexStringToBytes(digits));
  }
  absl::StatusOr<identity::Sealer> sealer = identity::Sealer::Make(keys);
  if (!sealer.ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat("outcome.key_files: ", sealer.status().message()));
  }
  return sealer;
}

}  // namespace sluice::gateway
