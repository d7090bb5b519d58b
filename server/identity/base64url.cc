#include "server/identity/base64url.h"

#include "absl/strings/escaping.h"

namespace sluice::identity {

std::string EncodeBase64Url(absl::string_view bytes) {
  return absl::WebSafeBase64Escape(bytes);
}

bool DecodeBase64Url(absl::string_view text, std::string* bytes) {
  // Abseil's decoder takes padding, white space and bits to spare.
  return absl::WebSafeBase64Unescape(text, bytes) &&
         absl::WebSafeBase64Escape(*bytes) == text;
}

bool IsBase64Url(absl::string_view text, size_t byte_count) {
  std::string bytes;
  return DecodeBase64Url(text, &bytes) && bytes.size() == byte_count;
}

}  // namespace sluice::identity
