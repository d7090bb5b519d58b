#include "sluice/client/types.h"

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

namespace sluice::client {
namespace {

constexpr size_t kTextBytes = 36;

bool IsHyphenPlace(size_t place) {
  return place == 8 || place == 13 || place == 18 || place == 23;
}

}  // namespace

absl::StatusOr<Uuid> Uuid::Parse(absl::string_view text) {
  std::string digits;
  bool is_valid = text.size() == kTextBytes;
  for (size_t i = 0; is_valid && i < text.size(); ++i) {
    if (IsHyphenPlace(i)) {
      is_valid = text[i] == '-';
    } else {
      is_valid = absl::ascii_isxdigit(static_cast<unsigned char>(text[i]));
      digits.push_back(text[i]);
    }
  }
  if (!is_valid) {
    return absl::InvalidArgumentError(
        absl::StrCat("\"", absl::CHexEscape(text), "\" is no UUID"));
  }
  const std::string octets = absl::HexStringToBytes(digits);
  Uuid uuid;
  std::copy(octets.begin(), octets.end(), uuid.octets.begin());
  return uuid;
}

std::string Uuid::ToString() const {
  std::string text = absl::BytesToHexString(absl::string_view(
      reinterpret_cast<const char*>(octets.data()), octets.size()));
  for (const size_t place : {8, 13, 18, 23}) text.insert(place, 1, '-');
  return text;
}

}  // namespace sluice::client
