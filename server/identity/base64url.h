// Base64url (RFC 4648, section 5) without padding, in its only valid spelling.

#ifndef SLUICE_SERVER_IDENTITY_BASE64URL_H_
#define SLUICE_SERVER_IDENTITY_BASE64URL_H_

#include <cstddef>
#include <string>

#include "absl/strings/string_view.h"

namespace sluice::identity {

std::string EncodeBase64Url(absl::string_view bytes);

// False, with any content of `bytes`, unless `text` is what EncodeBase64Url
// makes of some bytes: no padding, no white space, no bits to spare that are
// set.
bool DecodeBase64Url(absl::string_view text, std::string* bytes);

// Whether `text` stands for so many bytes.
bool IsBase64Url(absl::string_view text, size_t byte_count);

}  // namespace sluice::identity

#endif  // SLUICE_SERVER_IDENTITY_BASE64URL_H_
